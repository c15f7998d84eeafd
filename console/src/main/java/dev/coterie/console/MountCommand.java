package dev.coterie.console;

import dev.coterie.api.Errno;
import dev.coterie.api.ErrnoException;
import dev.coterie.gates.fuse.FuseMount;
import dev.coterie.gates.fuse.Negotiation;
import dev.coterie.gates.fuse.kernel.InitFlag;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/** {@code coterie mount}: a leader's tree as a kernel mount, by a process that stays. */
final class MountCommand implements Command {
  private static final Option SHOW =
      Option.flag("--show", "say what the kernel offers and what is taken of it");

  private static final Option BACKGROUND =
      Option.flag('b', "--background", "leave the mount to a process of its own and end");

  private static final Option READDIRPLUS =
      Option.flag(
          "--readdirplus", "listings carry attributes, which the kernel then asks for anew");

  private static final Option COPIES =
      Option.value(
          "--copies",
          "SIZE",
          "keep copies under leases, at most SIZE (as 64m) of content: what is used again asks"
              + " nobody");

  @Override
  public Synopsis synopsis() {
    return new Synopsis(
        "mount",
        "Mounts a leader's tree in the kernel, for programs as they are.",
        "[SOURCE] DIR",
        1,
        2,
        List.of(
            Synopsis.SOCKET,
            MountFlags.OPTIONS,
            MountFlags.URING,
            BACKGROUND,
            READDIRPLUS,
            COPIES,
            SHOW,
            Synopsis.JSON,
            Synopsis.HELP),
        List.of(
            "",
            "SOURCE is a leader's socket; or host:DIR, or tmpfs:NAME, for which a leader of its own"
                + " is",
            "started with the first mount, serves all mounts of that source and ends after the"
                + " last.",
            "",
            "Serves the mount until it is unmounted (coterie unmount DIR, or umount) or this process",
            "is ended by SIGTERM or SIGINT, which unmounts it. One line on stdout says that programs",
            "can use it. Root mounts for everybody. Other users mount by fusermount3, for themselves",
            "alone (--options allow_other: for all, where /etc/fuse.conf has user_allow_other), and",
            "without suid and dev. The leader must be root's or this user's own.",
            "",
            "Every call asks the leader, so any number of mounts of one tree agree at any time. With",
            "--copies they agree as well: the leader has copies dropped before anything changes. Only",
            "access times may lag, and strictatime is not kept; directories of the host are not copied.",
            "So do file locks: they exclude processes on all mounts of the tree, and its other clients.",
            "This process must not touch its own mount; nor must the leader.",
            "",
            "Examples:",
            "  coterie mount /run/tree.sock /mnt",
            "  coterie mount --background host:/srv/data /mnt",
            "  coterie mount --options ro,noatime /mnt",
            "  coterie mount --copies 256m /run/tree.sock /mnt",
            "  coterie mount --show /mnt"));
  }

  @Override
  public int run(Arguments arguments, Console console) throws IOException, Failure {
    List<String> operands = arguments.operands();
    Path directory = ByteText.local(operands.getLast()).toAbsolutePath();
    MountFlags flags = MountFlags.parse(arguments.values(MountFlags.OPTIONS));
    FuseMount.Options options =
        new FuseMount.Options(
            operands.size() == 2 ? ByteText.decoded(operands.getFirst()) : "coterie",
            flags.bits(),
            flags.othersToo(),
            arguments.has(MountFlags.URING));
    flags.requireAllowed();
    if (arguments.has(BACKGROUND)) {
      startInBackground(arguments, directory, console);
      return 0;
    }
    try (LeaderLink link = link(arguments, console)) {
      Set<InitFlag> more = arguments.has(READDIRPLUS) ? Set.of(InitFlag.DO_READDIRPLUS) : Set.of();
      FuseMount mount = mount(link, directory, options, more);
      Thread ending = Thread.ofPlatform().name("coterie-end").unstarted(() -> end(mount));
      Runtime.getRuntime().addShutdownHook(ending);
      MountFlags.tell(mount, console);
      announce(arguments, mount, console);
      mount.awaitEnd();
      mount.close();
      return 0;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return Failure.FAILED;
    }
  }

  private static LeaderLink link(Arguments arguments, Console console) throws IOException, Failure {
    List<String> operands = arguments.operands();
    String size = arguments.value(COPIES);
    long copies = size == null ? 0 : bytes(size);
    if (operands.size() < 2) {
      return LeaderLink.openToStay(arguments, copies, console);
    }
    String source = operands.getFirst();
    if (!PrivateLeader.isFor(source)) {
      return LeaderLink.open(source, copies);
    }
    try (PrivateLeader leader = PrivateLeader.open(source, console)) {
      return LeaderLink.open(leader.socket(), copies);
    }
  }

  /** A size as tmpfs(5) has it: a number, perhaps with k, m or g. */
  private static long bytes(String text) throws Failure {
    if (!text.matches("[0-9]{1,9}[kKmMgG]?")) {
      throw Failure.usage("--copies: no size: " + text + " (as 64m, 1g)");
    }
    int last = text.length() - 1;
    int shift =
        switch (Character.toLowerCase(text.charAt(last))) {
          case 'k' -> 10;
          case 'm' -> 20;
          case 'g' -> 30;
          default -> 0;
        };
    return Long.parseLong(shift == 0 ? text : text.substring(0, last)) << shift;
  }

  /** A source by which a process with another working directory finds the same. */
  private static String absolute(String source) {
    boolean path = !PrivateLeader.isFor(source) && !source.matches("(tcp|unix):.*");
    return path ? ByteText.local(ByteText.local(source).toAbsolutePath()) : source;
  }

  private static void startInBackground(Arguments arguments, Path directory, Console console)
      throws IOException, Failure {
    List<String> words = new ArrayList<>(List.of("mount"));
    for (String list : arguments.values(MountFlags.OPTIONS)) {
      words.add(MountFlags.OPTIONS.name());
      words.add(list);
    }
    if (arguments.has(READDIRPLUS)) {
      words.add(READDIRPLUS.name());
    }
    if (arguments.has(MountFlags.URING)) {
      words.add(MountFlags.URING.name());
    }
    String copies = arguments.value(COPIES);
    if (copies != null) {
      words.add(COPIES.name());
      words.add(Long.toString(bytes(copies))); // here, so that a mistake is told here
    }
    String socket = arguments.value(Synopsis.SOCKET);
    if (socket != null) {
      words.add(Synopsis.SOCKET.name());
      words.add(absolute(socket));
    }
    words.add("--");
    List<String> operands = arguments.operands();
    if (operands.size() == 2) {
      words.add(absolute(operands.getFirst()));
    }
    words.add(ByteText.local(directory));
    String usual = SocketPath.usualToListen(console);
    Detached.start(
        words.stream().map(ByteText::decoded).toList(),
        ByteText.local(
            usual.substring(0, usual.lastIndexOf('/') + 1)
                + "mount"
                + ByteText.local(directory).replace('/', '-')
                + ".log"));
  }

  private static FuseMount mount(
      LeaderLink link, Path directory, FuseMount.Options options, Set<InitFlag> more)
      throws Failure {
    try {
      return FuseMount.mount(link.service(), directory, options, more);
    } catch (ErrnoException e) {
      throw failure(ByteText.local(directory), e);
    } catch (IOException e) {
      throw Failure.of(ByteText.local(directory), e);
    }
  }

  /** Why there is no mount, with what would help. */
  static Failure failure(String directory, ErrnoException e) {
    if (e.errno() == Errno.EPERM || e.errno() == Errno.EACCES) {
      return Failure.of(directory + ": mounting needs root");
    }
    if (e.errno() == Errno.ENODEV) {
      return Failure.of(directory + ": this kernel has no FUSE (modprobe fuse)");
    }
    return Failure.of(directory + ": " + e.errno().text());
  }

  /** On SIGTERM and SIGINT: they are how a mount is meant to end, so the status is 0. */
  private static void end(FuseMount mount) {
    mount.close();
    Runtime.getRuntime().halt(0);
  }

  private static void announce(Arguments arguments, FuseMount mount, Console console)
      throws IOException {
    String directory = ByteText.local(mount.directory());
    Negotiation agreed = mount.negotiation();
    if (arguments.has(Synopsis.JSON)) {
      try (Json document = new Json(console)) {
        document.beginObject().bytes("directory", directory);
        document.field("way", way(mount));
        document.field("pid", ProcessHandle.current().pid());
        if (arguments.has(SHOW)) {
          document.field("protocol", agreed.major() + "." + agreed.minor());
          list(document, "taken", agreed.taken());
          list(document, "offered", agreed.offered());
        }
        document.endObject();
      }
    } else {
      String how = mount.isByFusermount() ? " by fusermount3" : "";
      console.out().println("coterie: mounted on " + directory + how);
      if (arguments.has(SHOW)) {
        console.out().println("way: " + way(mount));
        console.out().println("kernel: FUSE " + agreed.major() + "." + agreed.minor());
        console.out().println("taken: " + String.join(" ", words(agreed.taken())));
        Set<String> rest = words(agreed.offered());
        rest.removeAll(words(agreed.taken()));
        console.out().println("offered besides: " + String.join(" ", rest));
      }
    }
    console.finish();
  }

  private static String way(FuseMount mount) {
    return mount.isByFusermount() ? "fusermount3" : "mount(2)";
  }

  private static void list(Json document, String name, Set<InitFlag> flags) {
    document.beginArray(name);
    for (String word : words(flags)) {
      document.element(word);
    }
    document.endArray();
  }

  private static Set<String> words(Set<InitFlag> flags) {
    Set<String> words = new TreeSet<>();
    for (InitFlag flag : flags) {
      words.add(flag.label());
    }
    return words;
  }
}
