package dev.coterie.check.host;

import dev.coterie.api.Caller;
import dev.coterie.api.DirEntry;
import dev.coterie.api.Errno;
import dev.coterie.api.ErrnoException;
import dev.coterie.api.FileService;
import dev.coterie.api.InodeId;
import dev.coterie.api.Name;
import dev.coterie.api.OpenFlags;
import dev.coterie.api.Operation.Opened;
import dev.coterie.api.SetAttr;
import dev.coterie.api.Stat;
import dev.coterie.client.Address;
import dev.coterie.client.Client;
import dev.coterie.client.ClientOptions;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.EnumMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Random;
import java.util.Set;

/**
 * A client that tries to get out through names that others swap: walks, reads, makes, removes and
 * moves whatever it finds. Says {@code connected} and, when it hears {@code try N}, does N rounds
 * and answers how often it reached directories, links and files, or {@code failed} with what it
 * should not have seen.
 */
final class IntruderMain {
  static final String SECRET = "the secret of the outside";
  static final String INSIDE = "inside";
  static final String ONLY_OUTSIDE = "only-outside";

  /** Of inode numbers at the host, below the mount's tag. */
  private static final long INO_MASK = (1L << 48) - 1;

  private static final String[] DIRECTORIES = {"x", "y", "v", "w"};
  private static final String[] FILES = {"f", "g"};
  private static final Caller USER = new Caller(1001, 1001, new int[0], 1, 022);

  private final FileService service;
  private final Random random;
  private final Set<Long> outside = new HashSet<>();
  private final Map<Errno, Integer> refused = new EnumMap<>(Errno.class);
  private InodeId root;
  private Caller caller = Caller.ROOT;
  private int directories;
  private int links;
  private int files;
  private int parents;
  private int made;

  private IntruderMain(FileService service, String[] args) throws ErrnoException {
    this.service = service;
    this.root = service.root(caller).id();
    this.random = new Random(Long.parseLong(args[1]));
    for (int i = 2; i < args.length; i++) {
      outside.add(Long.parseLong(args[i]));
    }
  }

  /** Arguments: socket, seed, inode numbers of the outside. */
  public static void main(String[] args) throws IOException {
    BufferedReader in =
        new BufferedReader(new InputStreamReader(System.in, StandardCharsets.US_ASCII));
    try (Client client = Client.connect(Address.parse(args[0]), ClientOptions.DEFAULT)) {
      IntruderMain intruder = new IntruderMain(client, args);
      System.out.println("connected");
      for (String line = in.readLine(); line != null; line = in.readLine()) {
        for (int i = Integer.parseInt(line.split(" ")[1]); i > 0; i--) {
          intruder.round();
        }
        System.out.println("try " + intruder.report());
      }
    } catch (IOException | RuntimeException e) {
      System.out.println("failed " + e);
      System.exit(1);
    }
  }

  private String report() {
    System.err.println(refused);
    return directories + " " + links + " " + files + " " + parents + " " + made;
  }

  /** Something that may be refused: names are swapped all the time. */
  private interface Attempt {
    void run() throws ErrnoException;
  }

  private void attempt(Attempt attempt) {
    try {
      attempt.run();
    } catch (ErrnoException e) {
      refused.merge(e.errno(), 1, Integer::sum);
    }
  }

  private void round() {
    caller = random.nextInt(4) == 0 ? USER : Caller.ROOT;
    attempt(() -> {
      root = service.root(caller).id();
      InodeId dir = random.nextInt(3) == 0 ? lookup(root, "deep").id() : root;
      switch (random.nextInt(4)) {
        case 0, 1 -> enter(lookup(dir, any(DIRECTORIES)));
        case 2 -> file(dir, any(FILES));
        default -> upwards();
      }
    });
  }

  private String any(String[] names) {
    return names[random.nextInt(names.length)];
  }

  private Stat lookup(InodeId dir, String name) throws ErrnoException {
    Stat stat = service.lookup(caller, dir, Name.of(name));
    require(stat.id(), name);
    return stat;
  }

  private void require(InodeId id, String where) {
    if (outside.contains(id.number() & INO_MASK)) {
      throw new IllegalStateException("reached the outside: " + id + " by " + where);
    }
  }

  /** Works in what was a directory a moment ago. */
  private void enter(Stat found) {
    InodeId dir = found.id();
    if (found.isSymlink()) {
      links++;
      attempt(() -> require(service.lookup(caller, dir, Name.of("canary")).id(), "a link"));
      attempt(() -> service.close(caller, service.open(caller, dir, OpenFlags.O_RDONLY).handle()));
      return;
    }
    directories++;
    attempt(() -> list(dir));
    attempt(() -> readAndWrite(lookup(dir, "canary").id()));
    attempt(() -> require(lookup(dir, "..").id(), ".."));
    String name = "new" + random.nextInt(4);
    attempt(() -> {
      int flags = OpenFlags.O_CREAT | OpenFlags.O_RDWR;
      Opened opened = service.create(caller, dir, Name.of(name), flags, 0666);
      require(opened.stat().id(), "create");
      service.close(caller, opened.handle());
      made++;
    });
    attempt(() -> service.rename(caller, dir, Name.of(name), root, Name.of("moved"), 0));
    attempt(() -> service.rename(caller, root, Name.of("moved"), dir, Name.of(name), 0));
    attempt(() -> service.unlink(caller, dir, Name.of(name)));
    attempt(() -> {
      require(service.mkdir(caller, dir, Name.of("sub"), 0777).id(), "mkdir");
      service.rmdir(caller, dir, Name.of("sub"));
    });
    // What only the outside has can be neither seen nor removed.
    attempt(() -> require(service.lookup(caller, dir, Name.of(ONLY_OUTSIDE)).id(), "lookup"));
    attempt(() -> service.unlink(caller, dir, Name.of(ONLY_OUTSIDE)));
    attempt(() -> service.setattr(caller, dir, 0, SetAttr.ofMode(0777)));
  }

  private void list(InodeId dir) throws ErrnoException {
    Opened opened = service.open(caller, dir, OpenFlags.O_RDONLY | OpenFlags.O_DIRECTORY);
    try {
      for (DirEntry entry : service.readdir(caller, opened.handle(), 0, 8192, true)) {
        require(entry.id(), "readdir");
        if (entry.name().toString().equals(ONLY_OUTSIDE)) {
          throw new IllegalStateException("listed the outside");
        }
      }
    } finally {
      service.close(caller, opened.handle());
    }
  }

  private void readAndWrite(InodeId file) throws ErrnoException {
    Opened opened = service.open(caller, file, OpenFlags.O_RDWR);
    try {
      use(opened);
    } finally {
      service.close(caller, opened.handle());
    }
  }

  private void use(Opened opened) throws ErrnoException {
    require(opened.stat().id(), "open");
    files++;
    ByteBuffer bytes = ByteBuffer.allocate(100);
    service.read(caller, opened.handle(), 0, bytes);
    String content = new String(bytes.array(), 0, bytes.position(), StandardCharsets.US_ASCII);
    if (content.contains(SECRET)) {
      throw new IllegalStateException("read the secret");
    }
    ByteBuffer inside = ByteBuffer.wrap(INSIDE.getBytes(StandardCharsets.US_ASCII));
    service.write(caller, opened.handle(), 0, inside);
  }

  private void file(InodeId dir, String name) throws ErrnoException {
    Stat found = lookup(dir, name);
    links += found.isSymlink() ? 1 : 0;
    attempt(() -> readAndWrite(found.id()));
    attempt(() -> service.setattr(caller, found.id(), 0, SetAttr.ofSize(INSIDE.length())));
    attempt(() -> service.setattr(caller, found.id(), 0, SetAttr.ofMode(0666)));
    attempt(() -> service.setxattr(caller, found.id(), Name.of("user.a"), new byte[1], 0));
    attempt(() -> {
      int flags = OpenFlags.O_CREAT | OpenFlags.O_RDWR | OpenFlags.O_TRUNC;
      Opened opened = service.create(caller, dir, Name.of(name), flags, 0666);
      use(opened);
      service.close(caller, opened.handle());
    });
  }

  /** From a directory that is carried out of the root and back, up. */
  private void upwards() throws ErrnoException {
    Stat carried = service.lookup(caller, root, Name.of("m"));
    Stat sub = service.lookup(caller, carried.id(), Name.of("sub"));
    for (int i = 0; i < 4; i++) {
      attempt(() -> {
        require(lookup(carried.id(), "..").id(), "..");
        parents++;
      });
      attempt(() -> {
        Stat above = service.lookup(caller, sub.id(), Name.of(".."));
        require(lookup(above.id(), "..").id(), "../..");
        parents++;
      });
    }
    Opened opened = service.open(caller, carried.id(), OpenFlags.O_RDONLY | OpenFlags.O_DIRECTORY);
    try {
      service
          .readdir(caller, opened.handle(), 0, 8192, false)
          .forEach(entry -> require(entry.id(), "readdir"));
    } finally {
      service.close(caller, opened.handle());
    }
  }
}
