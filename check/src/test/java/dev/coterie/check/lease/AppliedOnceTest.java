package dev.coterie.check.lease;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.coterie.api.Caller;
import dev.coterie.api.FileService;
import dev.coterie.api.InodeId;
import dev.coterie.api.Name;
import dev.coterie.api.OpenFlags;
import dev.coterie.api.Operation;
import dev.coterie.api.Stat;
import dev.coterie.client.Address;
import dev.coterie.client.Client;
import dev.coterie.client.ClientOptions;
import dev.coterie.leader.Leader;
import dev.coterie.leader.PatientLeader;
import dev.coterie.mounts.tmpfs.TmpFs;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A client whose connections are cut all the time makes changes: each is made once. */
@Timeout(value = 360, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class AppliedOnceTest {
  private static final int THREADS = 4;
  private static final int ROUNDS = 40; // of each thread
  private static final int CUTS = 40; // at the least, in one run
  private static final int BYTES = 1200;
  private static final Caller ME = Caller.ROOT;

  @TempDir private Path folder;

  @Test
  void changes_overUnixSocketsThatAreCut_areMadeOnce() throws Exception {
    for (long seed = 1; seed <= 3; seed++) {
      run(folder, seed, false);
    }
  }

  @Test
  void changes_overTcpThatIsCut_areMadeOnce() throws Exception {
    for (long seed = 4; seed <= 6; seed++) {
      run(folder, seed, true);
    }
  }

  /** AppliedOnce: without a look at the slot a change that is sent again is made again. */
  @Test
  void leaderThatDoesNotLookAtTheSlot_isFound() throws Exception {
    Mutant mutant = new Mutant("dev.coterie.leader.Slots", "begin", "isNext", true);
    assertThatThrownBy(() -> runIn(mutant, 1)).isInstanceOf(InvocationTargetException.class);
    assertThat(mutant.isChanged()).isTrue();
    Mutant same = new Mutant("dev.coterie.leader.Slots", "no such", "isNext", true);
    runIn(same, 2);
    assertThat(same.isChanged()).isFalse();
  }

  private void runIn(Mutant mutant, long seed) throws Exception {
    Class<?> other = mutant.loadClass(AppliedOnceTest.class.getName());
    Method run = other.getDeclaredMethod("run", Path.class, long.class, boolean.class);
    run.setAccessible(true);
    run.invoke(null, folder, seed, false);
  }

  /** Called in the mutant's own classes too. */
  static void run(Path folder, long seed, boolean tcp) throws Exception {
    Path socket = folder.resolve("s" + seed);
    Path relayed = folder.resolve("r" + seed);
    try (Leader leader =
            PatientLeader.builder()
                .mount("/", TmpFs.Options.defaults().factory())
                .listen(socket)
                .tcp(0, true)
                .start();
        Relay relay = tcp ? overTcp(leader, seed) : overUnix(socket, relayed, seed)) {
      try (Client client = Client.connectLasting(addressOf(relay), ClientOptions.DEFAULT)) {
        change(client);
        relay.cutNoMore();
      }
      assertThat(relay.cuts()).as("cuts, seed %s", seed).isGreaterThanOrEqualTo(CUTS);
      try (FileService tree = leader.openSession()) {
        check(tree);
      }
      assertThat(leader.counts().faults()).isZero();
    }
    Files.deleteIfExists(relayed);
  }

  private static Relay overUnix(Path socket, Path relayed, long seed) throws Exception {
    return new Relay(
        UnixDomainSocketAddress.of(relayed), UnixDomainSocketAddress.of(socket), seed, BYTES);
  }

  private static Relay overTcp(Leader leader, long seed) throws Exception {
    SocketAddress there = new InetSocketAddress(InetAddress.getLoopbackAddress(), leader.tcpPort());
    return new Relay(Relay.anyPort(), there, seed, BYTES);
  }

  static Address addressOf(Relay relay) throws Exception {
    SocketAddress address = relay.address();
    return address instanceof InetSocketAddress tcp
        ? new Address.Tcp("127.0.0.1", tcp.getPort())
        : new Address.Unix(address.toString());
  }

  // ---- the changes ----

  private static void change(FileService tree) throws Exception {
    InodeId root = tree.root(ME).id();
    int flags = OpenFlags.O_RDWR | OpenFlags.O_CREAT | OpenFlags.O_EXCL;
    long log = tree.create(ME, root, Name.of("log"), flags, 0644).handle();
    List<Future<?>> all = new ArrayList<>();
    try (ExecutorService threads = Executors.newFixedThreadPool(THREADS)) {
      for (int thread = 0; thread < THREADS; thread++) {
        int number = thread;
        all.add(
            threads.submit(() -> {
              for (int round = 0; round < ROUNDS; round++) {
                change(tree, root, log, number, round);
              }
              return null;
            }));
      }
      for (Future<?> one : all) {
        one.get();
      }
    }
    tree.close(ME, log);
  }

  /** None of these can be made twice without that being seen. */
  private static void change(FileService tree, InodeId root, long log, int thread, int round)
      throws Exception {
    byte[] record = (thread + "." + round + ";").getBytes(StandardCharsets.US_ASCII);
    ByteBuffer source = ByteBuffer.wrap(record);
    tree.append(ME, log, source);
    assertThat(source.hasRemaining()).isFalse();
    String name = "t" + thread + ".";
    Stat made = tree.mkdir(ME, root, Name.of(name + "d"), 0755);
    tree.rmdir(ME, root, Name.of(name + "d"));
    tree.forget(ME, made.id(), 1);
    if (round == 0) {
      tree.forget(ME, tree.mknod(ME, root, Name.of(name + 0), 0100644, 0).id(), 1);
    }
    tree.rename(ME, root, Name.of(name + round), root, Name.of(name + (round + 1)), 1);
    Stat found = tree.lookup(ME, root, Name.of(name + (round + 1)));
    long handle = tree.open(ME, found.id(), OpenFlags.O_RDWR).handle();
    tree.writeNext(ME, handle, ByteBuffer.wrap(record));
    assertThat(tree.seek(ME, handle, Operation.Whence.CUR, 0)).isEqualTo(record.length);
    tree.close(ME, handle);
    tree.forget(ME, found.id(), 1);
  }

  // ---- what came of it ----

  private static void check(FileService tree) throws Exception {
    InodeId root = tree.root(ME).id();
    Stat log = tree.lookup(ME, root, Name.of("log"));
    long handle = tree.open(ME, log.id(), OpenFlags.O_RDONLY).handle();
    ByteBuffer all = ByteBuffer.allocate((int) log.size() + 1);
    tree.read(ME, handle, 0, all);
    String[] records =
        new String(all.array(), 0, all.position(), StandardCharsets.US_ASCII).split(";");
    assertThat(records).hasSize(THREADS * ROUNDS).doesNotHaveDuplicates();
    for (int thread = 0; thread < THREADS; thread++) {
      String of = thread + ".";
      List<String> mine = new ArrayList<>();
      for (String record : records) {
        if (record.startsWith(of)) {
          mine.add(record);
        }
      }
      for (int round = 0; round < ROUNDS; round++) {
        assertThat(mine.get(round)).isEqualTo(of + round);
      }
      assertThat(tree.lookup(ME, root, Name.of("t" + thread + "." + ROUNDS)).nlink()).isEqualTo(1);
    }
  }
}
