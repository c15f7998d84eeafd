package dev.coterie.console;

import dev.coterie.api.Limits;
import dev.coterie.leader.Leader;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import org.jspecify.annotations.Nullable;

/** {@code coterie up}: the leader as a process. */
final class UpCommand implements Command {
  private static final Option MOUNT =
      Option.values(
          "--mount",
          "PATH=KIND[:SOURCE][,option=value...]",
          "graft a file system of this kind onto a path; may be repeated; kinds: "
              + MountSpec.KINDS);
  private static final Option CONFIG =
      Option.value("--config", "FILE.toml", "read all this from a file; options given here win");
  private static final Option LISTEN =
      Option.value(
          "--socket",
          "PATH",
          "unix socket to listen on (default: $XDG_RUNTIME_DIR/coterie/socket, else"
              + " /tmp/coterie-UID/socket)");
  private static final Option TCP =
      Option.value("--tcp", "PORT", "listen on 127.0.0.1 too; 0 is any free port");
  private static final Option TCP_TRUST =
      Option.flag("--tcp-trust", "believe who TCP clients say they are; else they are nobody");
  private static final Option LOCK_HOLD =
      Option.value(
          "--lock-hold",
          "MS",
          "hold a 9P client that waits for a lock so long before it is told to ask again; -1: until"
              + " it has it (default: 1000)");
  private static final Option UNTIL_UNUSED =
      Option.flag("--until-unused", "end when no client is connected any more");
  private static final int PORT_MAX = 0xFFFF;

  @Override
  public Synopsis synopsis() {
    return new Synopsis(
        "up",
        "Starts the leader; serves until it is stopped.",
        "",
        0,
        0,
        List.of(
            MOUNT,
            CONFIG,
            LISTEN,
            TCP,
            TCP_TRUST,
            LOCK_HOLD,
            UNTIL_UNUSED,
            Synopsis.JSON,
            Synopsis.HELP),
        List.of(
            "",
            "Without a mount at / an empty tmpfs stands there. One line on stdout says how to",
            "connect; SIGTERM and SIGINT end the leader, with exit status 0.",
            "",
            "Examples:",
            "  coterie up",
            "  coterie up --mount /=tmpfs,size=1g,mode=755 --socket /run/tree.sock",
            "  coterie up --mount /h=host:/srv/data,ro",
            "  coterie up --config tree.toml --json",
            "",
            "A file for --config:",
            "  socket = \"/run/tree.sock\"",
            "  tcp = 5640",
            "  [[mount]]",
            "  path = \"/\"",
            "  kind = \"tmpfs\"",
            "  options = { size = \"1g\", noatime = true }"));
  }

  /** What was asked for, the file and the options put together. */
  private record Plan(
      Path socket, @Nullable Integer tcp, boolean tcpTrust, int lockHold, List<MountSpec> mounts) {}

  @Override
  public int run(Arguments arguments, Console console) throws IOException, Failure {
    Plan plan = plan(arguments, console);
    Leader leader = start(plan);
    Thread ending = Thread.ofPlatform().name("coterie-end").unstarted(() -> end(leader));
    Runtime.getRuntime().addShutdownHook(ending);
    announce(plan, leader, arguments.has(Synopsis.JSON), console);
    try {
      if (arguments.has(UNTIL_UNUSED)) {
        endUnused(leader, ByteText.local(plan.socket()));
      } else {
        new CountDownLatch(1).await();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    return 0;
  }

  private static Plan plan(Arguments arguments, Console console) throws Failure {
    String file = arguments.value(CONFIG);
    UpConfig config =
        file == null
            ? new UpConfig(null, null, null, null, null)
            : UpConfig.read(ByteText.local(file));
    List<MountSpec> mounts = new ArrayList<>(config.mounts());
    if (!arguments.values(MOUNT).isEmpty()) {
      mounts.clear();
      for (String text : arguments.values(MOUNT)) {
        mounts.add(MountSpec.parse(ByteText.decoded(text)));
      }
    }
    requireDistinct(mounts);
    Integer tcp = config.tcp();
    if (arguments.has(TCP)) {
      tcp = arguments.number(TCP, 0, 0, PORT_MAX);
    } else if (tcp != null && (tcp < 0 || tcp > PORT_MAX)) {
      throw Failure.usage("tcp: not a port: " + tcp);
    }
    boolean trust = arguments.has(TCP_TRUST) || Boolean.TRUE.equals(config.tcpTrust());
    return new Plan(
        socket(arguments, config, console), tcp, trust, lockHold(arguments, config), mounts);
  }

  private static int lockHold(Arguments arguments, UpConfig config) throws Failure {
    Integer given = config.lockHold();
    if (given != null && given < -1) {
      throw Failure.usage("lock-hold: not a time: " + given);
    }
    int otherwise = given == null ? Math.toIntExact(Limits.LOCK_HOLD_MS) : given;
    return arguments.number(LOCK_HOLD, otherwise, -1, Integer.MAX_VALUE);
  }

  private static Path socket(Arguments arguments, UpConfig config, Console console) throws Failure {
    String socket = arguments.value(LISTEN);
    if (socket == null && config.socket() != null) {
      socket = ByteText.encoded(config.socket());
    }
    if (socket == null) {
      socket = SocketPath.usualToListen(console);
    }
    if (socket.startsWith("unix:")) {
      socket = socket.substring("unix:".length());
    }
    if (socket.isEmpty() || socket.indexOf('\0') >= 0 || socket.length() > SocketPath.BYTES_MAX) {
      throw Failure.usage(
          "--socket " + socket + ": a path of 1 to " + SocketPath.BYTES_MAX + " bytes");
    }
    return ByteText.local(socket).toAbsolutePath();
  }

  static void requireDistinct(List<MountSpec> mounts) throws Failure {
    Set<String> paths = new HashSet<>();
    for (MountSpec mount : mounts) {
      if (!paths.add(mount.path())) {
        throw Failure.usage("mount " + mount.path() + ": given twice");
      }
    }
    if (!paths.contains("/")) {
      mounts.addFirst(MountSpec.ROOT);
    }
  }

  private static Leader start(Plan plan) throws Failure {
    Leader.Builder builder = Leader.builder().listen(plan.socket());
    builder.lockHoldMs(plan.lockHold() < 0 ? Leader.LOCK_HOLD_FOREVER_MS : plan.lockHold());
    for (MountSpec mount : plan.mounts()) {
      builder.mount(mount.path(), mount.factory());
    }
    Integer tcp = plan.tcp();
    if (tcp != null) {
      builder.tcp(tcp, plan.tcpTrust());
    }
    try {
      return builder.start();
    } catch (IOException e) {
      throw Failure.of("cannot start: " + Failure.reason(e));
    }
  }

  /** The lock is free when nobody is about to connect, also in the beginning. */
  private static void endUnused(Leader leader, String socket)
      throws IOException, InterruptedException {
    while (true) {
      leader.awaitUnused();
      try (FileChannel lock = PrivateLeader.lock(socket)) {
        if (lock.isOpen() && leader.counts().connections() == 0) {
          leader.close();
          return;
        }
      }
    }
  }

  /** On SIGTERM and SIGINT: they are how a leader is meant to end, so the status is 0. */
  private static void end(Leader leader) {
    leader.close();
    Runtime.getRuntime().halt(0);
  }

  private static void announce(Plan plan, Leader leader, boolean json, Console console)
      throws IOException {
    String socket = ByteText.local(plan.socket());
    if (json) {
      try (Json document = new Json(console)) {
        document.beginObject().bytes("socket", socket).field("pid", ProcessHandle.current().pid());
        if (leader.tcpPort() != 0) {
          document.field("tcp", "127.0.0.1:" + leader.tcpPort());
        }
        document.beginArray("mounts");
        for (MountSpec mount : plan.mounts()) {
          document
              .beginObject()
              .field("path", mount.path())
              .field("kind", mount.kind())
              .endObject();
        }
        document.endArray().endObject();
      }
    } else {
      PrintStream out = console.out();
      out.print("coterie: serving; connect with COTERIE_SOCKET=" + socket);
      out.println(leader.tcpPort() == 0 ? "" : " or --socket tcp:127.0.0.1:" + leader.tcpPort());
    }
    console.finish();
  }
}
