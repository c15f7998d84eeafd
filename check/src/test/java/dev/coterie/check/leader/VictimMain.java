package dev.coterie.check.leader;

import dev.coterie.api.Completion;
import dev.coterie.api.Errno;
import dev.coterie.api.ErrnoException;
import dev.coterie.api.Name;
import dev.coterie.api.OpenFile;
import dev.coterie.api.OpenFlags;
import dev.coterie.api.Operation;
import dev.coterie.api.Token;
import dev.coterie.api.Tree;
import dev.coterie.client.Address;
import dev.coterie.client.Client;
import dev.coterie.client.ClientOptions;
import dev.coterie.client.ProcessIdentity;
import dev.coterie.wire.P9;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;

/**
 * A client that is going to be killed. It takes hold of as much as it can, in three connections:
 * says {@code connected}, hears a token, says {@code token TOKEN} and {@code holding}, hears {@code
 * go}. Then it works, and says of each thing what it was told, after it was told:
 *
 * <pre>
 *  log NUMBER OFFSET      an entry was appended to "log"
 *  theirs NUMBER OFFSET   an entry was written at the offset of the handle it was given
 *  counter NUMBER         this was written over the last one in "counter"
 *  name NAME              a directory was made
 * </pre>
 */
final class VictimMain {
  /** Number of an entry of which the last byte was not sent. */
  static final long NEVER = 1_000_000_000;

  /** From this number on an entry is one that the leader was asked to keep. */
  static final long KEPT = NEVER + 1;

  static final int WRITER = 7;
  static final String LOG = "log";
  static final String OURS = "ours";
  static final String COUNTER = "counter";
  static final Name PARKED = Name.of("parked");

  /** Entries in the file of the handle it gives away. */
  static final int OURS_ENTRIES = 10;

  static final int UNLINKED = 60;
  static final int UNLINKED_BYTES = 20_000;
  static final int TOKENS = 20;

  /** Requests that the leader is asked to keep. */
  static final int PARKED_REQUESTS = 40;

  private static final int NAMED = 30;
  private static final int PLAIN_FIDS = 50;
  private static final int UNREAD = 64;
  private static final int PLAIN_BYTES = 60_000;
  private static final int LARGE_BYTES = 512 << 10;
  private static final int LARGE_RANGE = 8 << 20;
  private static final int DIRECTORIES = 10;

  private final Client client;
  private final Tree tree;
  private final SplittableRandom random;
  private final List<OpenFile> unlinked = new ArrayList<>();

  private VictimMain(Client client, Tree tree, long seed) {
    this.client = client;
    this.tree = tree;
    this.random = new SplittableRandom(seed);
  }

  /** Arguments: socket, directory, seed. */
  public static void main(String[] args) throws IOException {
    BufferedReader in =
        new BufferedReader(new InputStreamReader(System.in, StandardCharsets.US_ASCII));
    Client client = Client.connect(Address.parse(args[0]), ClientOptions.DEFAULT);
    Tree tree = Tree.of(client, ProcessIdentity.self()).at(args[1]);
    System.out.println("connected");
    VictimMain victim = new VictimMain(client, tree, Long.parseLong(args[2]));
    OpenFile theirs = tree.take(Token.ofSecret(in.readLine()));
    OpenFile log = victim.hold();
    victim.holdPlainly(Path.of(args[0]), args[1].substring(1));
    System.out.println("holding");
    in.readLine();
    victim.work(log, theirs);
    in.readLine();
  }

  private OpenFile open(String name, int flags) throws ErrnoException {
    return tree.open(name, flags | OpenFlags.O_CREAT, 0644);
  }

  private OpenFile hold() throws IOException {
    for (int i = 0; i < UNLINKED; i++) {
      boolean nameless = i % 3 == 0;
      OpenFile file = nameless ? tree.open(".", OpenFlags.O_TMPFILE | 2, 0600) : open("u" + i, 2);
      file.pwrite(ByteBuffer.allocate(UNLINKED_BYTES), 0);
      if (!nameless) {
        tree.unlink("u" + i);
      }
      unlinked.add(file);
    }
    for (int i = 0; i < NAMED; i++) {
      open("f" + i, 2).pwrite(ByteBuffer.allocate(100), 0);
      client.lookup(tree.caller(), tree.stat(".").id(), Name.of("f" + i));
    }
    for (int i = 0; i < TOKENS; i++) {
      unlinked.get(i).share();
    }
    OpenFile ours = open(OURS, 2);
    for (int number = 1; number <= OURS_ENTRIES; number++) {
      ours.write(new Entry(WRITER, number).toBytes());
    }
    System.out.println("token " + ours.share().toSecret());
    OpenFile log = open(LOG, 2);
    for (int i = 0; i < PARKED_REQUESTS / 2; i++) {
      ByteBuffer kept = new Entry(WRITER, KEPT + i).toBytes();
      client.submit(tree.caller(), new Operation.Append(log.handle(), kept), new Ignored<>());
      client.submit(tree.caller(), new Operation.Mkdir(log.id(), PARKED, 0700), new Ignored<>());
    }
    return log;
  }

  private record Ignored<R>() implements Completion<R> {
    @Override
    public void done(R result) {}

    @Override
    public void failed(Errno errno) {}
  }

  /** As a kernel would: fids, an attribute half written, replies not read, half a write. */
  private void holdPlainly(Path socket, String directory) throws IOException {
    RawClient plain = RawClient.attached(socket, RawClient.PLAIN);
    String[] names = directory.split("/");
    for (int fid = 1; fid <= PLAIN_FIDS; fid++) {
      plain.walk(RawClient.ROOT, fid, names);
    }
    plain.ok(RawClient.createFrame(1, "plain", 2, 0644));
    plain.write(1, 0, new byte[PLAIN_BYTES]);
    plain.ok(RawClient.unlinkFrame(2, "plain", 0));
    plain.ok(Frame.of(P9.TXATTRCREATE).u4(3).name("user.x").u8(100).u4(0));
    plain.write(3, 0, new byte[50]);
    for (int tag = 1; tag <= UNREAD; tag++) {
      plain.send(tag, RawClient.readFrame(1, 0, PLAIN_BYTES));
    }

    RawClient writing = RawClient.attached(socket, RawClient.PLAIN);
    writing.walk(RawClient.ROOT, 1, names);
    writing.walk(1, 2, LOG);
    writing.ok(RawClient.openFrame(2, OpenFlags.O_RDWR | OpenFlags.O_APPEND));
    byte[] never = new Entry(WRITER, NEVER).toBytes().array();
    byte[] frame = RawClient.writeFrame(2, 0, never).toBytes(1);
    writing.sendBytes(Arrays.copyOf(frame, frame.length - 1));
  }

  // ---- work, until it is killed ----

  private interface Step {
    void take(long number) throws IOException;
  }

  private static void start(Step step) {
    Thread.ofPlatform()
        .start(() -> {
          try {
            for (long number = 1; ; number++) {
              step.take(number);
            }
          } catch (IOException | RuntimeException e) {
            System.out.println("failed " + e);
          }
        });
  }

  private void work(OpenFile log, OpenFile theirs) throws ErrnoException {
    start(number -> {
      long offset = log.append(new Entry(WRITER, number).toBytes()).offset();
      System.out.println("log " + number + " " + offset);
    });
    start(number -> {
      ByteBuffer entry = new Entry(WRITER, number).toBytes();
      long offset = client.writeNext(tree.caller(), theirs.handle(), entry).offset();
      System.out.println("theirs " + number + " " + offset);
    });
    OpenFile counter = open(COUNTER, 2);
    start(number -> {
      counter.pwrite(ByteBuffer.allocate(Long.BYTES).putLong(0, number), 0);
      System.out.println("counter " + number);
    });
    start(number -> {
      ByteBuffer large = ByteBuffer.allocate(LARGE_BYTES);
      unlinked.get(random.nextInt(10)).pwrite(large, random.nextInt(LARGE_RANGE));
    });
    start(number -> {
      tree.mkdir("d" + number, 0700);
      System.out.println("name d" + number);
      tree.rename("d" + number, "e" + number, 0);
      if (number > DIRECTORIES) {
        tree.rmdir("e" + (number - DIRECTORIES));
      }
    });
    start(number -> {
      unlinked.get(11).fsync();
      client.copyRange(
          tree.caller(), unlinked.get(1).handle(), 0, unlinked.get(12).handle(), 0, 1 << 20);
    });
    start(number -> {
      OpenFile passing = open("passing", 2);
      passing.share();
      tree.unlink("passing");
      passing.close();
    });
  }
}
