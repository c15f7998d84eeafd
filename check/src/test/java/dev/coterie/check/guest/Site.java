package dev.coterie.check.guest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.coterie.api.Caller;
import dev.coterie.api.Errno;
import dev.coterie.api.Tree;
import dev.coterie.client.Address;
import dev.coterie.client.Client;
import dev.coterie.client.ClientOptions;
import dev.coterie.leader.Leader;
import dev.coterie.mounts.tmpfs.TmpFs;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.regex.Pattern;

/**
 * One leader with all its clients: two guests with several mounts each, and a Java client. Each
 * item has a directory of its own in the tree.
 */
final class Site implements AutoCloseable {
  static final String NONE = "none";
  static final String MMAP = "mmap";
  static final String LOOSE = "loose";
  static final String READAHEAD = "readahead";

  /** A second mount of the first guest, without a cache too. */
  static final String SECOND = "second";

  /** Where an item mounts for itself. */
  static final String HERE = "/mnt/here";

  private static final int MNT_DETACH = 2;

  /** A mount that each user of the guest attaches to on his own. */
  static final String USERS = "users";

  private static final Pattern COMPLAINT =
      Pattern.compile("BUG|WARNING|Oops|blocked for more|Call Trace|9p.*(error|fail)");

  private static final Duration SOON = Duration.ofMinutes(1);

  final String kernel;
  final Watch watch = new Watch();
  final Leader leader;
  final Leader.Counts idle;
  final Guest a;
  final Guest b;
  final Tree java;
  final Random random;
  final Path folder;

  private final GuestTools tools;
  private final Client client;
  private final ScheduledExecutorService watchdog = Executors.newScheduledThreadPool(1);
  private int connections; // when all is mounted
  private int items;
  private String item = "";

  private Site(GuestTools tools, String kernel, long seed) throws IOException {
    this.tools = tools;
    this.kernel = kernel;
    this.random = new Random(seed);
    folder = Files.createTempDirectory("coterie-guest-");
    leader =
        Leader.builder()
            .mount("/", TmpFs.Options.defaults().factory())
            .listen(folder.resolve("socket"))
            .tcp(0, true)
            .decorate(watch)
            .start();
    idle = leader.counts();
    client = connect();
    java = Tree.of(client, Caller.ROOT);
    a = resume("a");
    b = resume("b");
  }

  /** Starts all, and waits until it is there. */
  static Site open(GuestTools tools, String kernel, long seed) throws IOException {
    Site site = new Site(tools, kernel, seed);
    try {
      site.mountAll();
      return site;
    } catch (IOException | RuntimeException | Error e) {
      site.close();
      throw e;
    }
  }

  private void mountAll() throws IOException {
    a.greet();
    b.greet();
    for (String mode : modes()) {
      mount(a, "/mnt/" + mode, "access=any,cache=" + mode);
      mount(b, "/mnt/" + mode, "access=any,cache=" + mode);
    }
    mount(a, "/mnt/" + SECOND, "access=any,cache=none");
    mount(a, "/mnt/" + USERS, "access=user,cache=none");
    connections = leader.counts().connections();
  }

  /** One more guest, which the caller is to {@link Guest#greet}. */
  Guest resume(String name) throws IOException {
    Path console = tools.folder.resolve("console-" + kernel + "-" + name + ".log");
    Files.deleteIfExists(console);
    return Guest.resume(tools, kernel, name, console, watchdog);
  }

  /** A further client in Java. */
  Client connect() throws IOException {
    return Client.connect(
        new Address.Unix(folder.resolve("socket").toString()), ClientOptions.DEFAULT);
  }

  boolean is(String series) {
    return kernel.equals(series);
  }

  /** The cache modes that both kernels call by the same names, and those of this one. */
  List<String> modes() {
    return is("6.1") ? List.of(NONE, MMAP, LOOSE) : List.of(NONE, READAHEAD, MMAP, LOOSE);
  }

  // ---- mounts ----

  /** The options of a mount of this site's leader. */
  String options(String more) {
    return options(leader.tcpPort(), more);
  }

  static String options(int port, String more) {
    return "trans=tcp,port=" + port + ",version=9p2000.L,uname=root," + more;
  }

  void mount(Guest guest, String directory, String more) throws IOException {
    guest.sh("mkdir -p " + directory);
    guest.ok("mount", HOST, directory, options(more));
  }

  /** The host's own address as guests have it. */
  static final String HOST = "10.0.2.2";

  /** Makes sure that the kernel has no such cache mode; how it says so. */
  String refuseMode(String mode) throws IOException {
    a.sh("mkdir -p " + HERE);
    a.fails(Errno.EINVAL, "mount", HOST, HERE, options("cache=" + mode));
    return "there is no such cache mode";
  }

  void umount(Guest guest, String directory) throws IOException {
    guest.ok("umount", directory, 0);
  }

  /** Waits until the leader has no connection of an item before; how many there are then. */
  int awaitNoOtherConnection() {
    awaitConnections(connections);
    return connections;
  }

  /** Waits until the leader has so many connections: a guest's end is seen a little later. */
  void awaitConnections(int count) {
    await().atMost(SOON).until(() -> leader.counts().connections() == count);
  }

  // ---- an item's directory ----

  void beginItem() throws IOException {
    item = "/i" + ++items;
    java.mkdir(item, 0755);
    java.chmod(item, 0777);
  }

  /** A path of the item's directory as the leader's tree has it. */
  String path(String name) {
    return item + "/" + name;
  }

  /** The item's directory in the leader's tree. */
  String path() {
    return item;
  }

  /** A path of the item's directory below a mount. */
  String in(String mount, String name) {
    return "/mnt/" + mount + item + "/" + name;
  }

  String in(String mount) {
    return "/mnt/" + mount + item;
  }

  /** After an item that may have failed half way: what waits, who acts, what is mounted. */
  void endItem() throws IOException {
    watch.release();
    for (Guest guest : List.of(a, b)) {
      guest.ok("as", 0, 0);
      while (guest.ask("umount", HERE, MNT_DETACH).isOk()) {}
    }
  }

  // ---- the end ----

  /** Unmounts all; then nothing is alive in the leader that was not when it was new. */
  void leave() throws IOException {
    for (Guest guest : List.of(a, b)) {
      guest.sh(
          "cd /; for m in $(sed -n 's/^[^ ]* \\(.mnt.[^ ]*\\) 9p .*/\\1/p' /proc/mounts); do umount"
              + " $m || exit 1; done");
    }
    java.close();
    client.close();
    await()
        .atMost(SOON)
        .untilAsserted(() -> {
          Leader.Counts now = leader.counts();
          assertThat(now.connections()).isEqualTo(idle.connections());
          assertThat(now.fids()).isEqualTo(idle.fids());
          assertThat(now.tree().sessions()).isEqualTo(idle.tree().sessions());
        });
  }

  /** What the kernels of the guests complained about. */
  List<String> complaints() throws IOException {
    List<String> lines = new ArrayList<>();
    for (Guest guest : List.of(a, b)) {
      guest.sh("dmesg").lines().filter(line -> COMPLAINT.matcher(line).find()).forEach(lines::add);
    }
    return lines;
  }

  @Override
  public void close() throws IOException {
    watchdog.shutdownNow();
    a.close();
    b.close();
    client.close();
    leader.close();
    for (String left : List.of("socket.lock", "other", "other.lock", "")) {
      Files.deleteIfExists(folder.resolve(left));
    }
  }
}
