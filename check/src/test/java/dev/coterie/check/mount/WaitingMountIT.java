package dev.coterie.check.mount;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.coterie.api.Caller;
import dev.coterie.api.FileService;
import dev.coterie.api.InodeId;
import dev.coterie.api.Name;
import dev.coterie.api.OpenFlags;
import dev.coterie.api.Operation;
import dev.coterie.gates.fuse.FuseMount;
import dev.coterie.gates.fuse.kernel.InitFlag;
import dev.coterie.leader.Leader;
import dev.coterie.mounts.tmpfs.TmpFs;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.awaitility.core.ConditionFactory;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Processes that wait in a mount hold up nobody else, and end when they are told to. The gate is in
 * this process, which does not touch the mount.
 */
@Timeout(value = 180, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class WaitingMountIT {
  private static final Duration PATIENCE = Duration.ofSeconds(60);

  /** More than a queue has room for at first. */
  private static final int MANY = 100;

  @TempDir Path folder = Path.of("");
  private final List<AutoCloseable> toClose = new ArrayList<>();
  private final List<Process> processes = new ArrayList<>();
  private @Nullable ParkingService opened;

  @BeforeAll
  static void findTools() {
    MountTools.require();
    MountTools.requireProgram("/usr/bin/taskset");
  }

  @AfterEach
  void endAll() throws Exception {
    if (opened != null) {
      opened.letGo.countDown();
    }
    processes.forEach(Process::destroyForcibly);
    for (AutoCloseable each : toClose.reversed()) {
      each.close();
    }
  }

  private ParkingService mount(boolean uring) throws IOException {
    if (uring) {
      toClose.add(UringSwitch.set(true));
    }
    Path directory = Files.createDirectory(folder.resolve("mount"));
    Leader leader = Leader.builder().mount("/", TmpFs.Options.defaults().factory()).start();
    toClose.add(leader);
    FileService session = leader.openSession();
    InodeId root = session.root(Caller.ROOT).id();
    var file = new Operation.Create(root, Name.of("file"), OpenFlags.O_RDWR, 0644);
    session.call(Caller.ROOT, file);
    ParkingService service = new ParkingService(session);
    toClose.add(service);
    opened = service;
    FuseMount mount =
        FuseMount.mount(service, directory, FuseMount.Options.DEFAULT.withUring(uring));
    toClose.add(mount);
    assertThat(mount.whyNoUring()).isNull();
    assertThat(mount.negotiation().taken().contains(InitFlag.OVER_IO_URING)).isEqualTo(uring);
    return service;
  }

  /** Looks for a name. */
  private Process look(String name) throws IOException {
    return start("test -e \"$1/" + name + "\"");
  }

  /** Has the file open, and will read from it. */
  private Process reader() throws IOException {
    Process process = start("exec 3< \"$1/file\"; echo open; read word; read line <&3");
    assertThat(process.inputReader().readLine()).isEqualTo("open");
    return process;
  }

  private static void read(Process reader) throws IOException {
    reader.outputWriter().append("now\n").flush();
  }

  /** All are on the first processor. */
  private Process start(String script) throws IOException {
    Process process =
        new ProcessBuilder(
                "taskset", "-c", "0", "sh", "-c", script, "sh", folder.resolve("mount").toString())
            .redirectErrorStream(true)
            .start();
    processes.add(process);
    return process;
  }

  private static ConditionFactory soon() {
    return await().atMost(PATIENCE).pollDelay(Duration.ZERO).pollInterval(Duration.ofMillis(5));
  }

  private static void awaitEnd(Process process) throws InterruptedException {
    assertThat(process.waitFor(PATIENCE.toSeconds(), TimeUnit.SECONDS)).as("ends").isTrue();
  }

  /** It has asked, and waits in the kernel for the answer; or has got it already. */
  private static void awaitInKernel(Process process) {
    soon().until(() -> !process.isAlive() || stack(process).contains("request_wait_answer"));
  }

  private static String stack(Process process) {
    try {
      return Files.readString(Path.of("/proc/" + process.pid() + "/stack"));
    } catch (IOException e) {
      return ""; // it has just ended
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void waiting_signalled_ends(boolean uring) throws Exception {
    ParkingService service = mount(uring);
    Process waiting = reader();
    read(waiting);
    soon().until(() -> service.waiting() == 1);
    waiting.destroy();
    awaitEnd(waiting);
    assertThat(service.cancelled).hasValue(1);
  }

  /** The signal comes before anybody has got to the request. */
  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void waiting_signalledBeforeItIsServed_ends(boolean uring) throws Exception {
    ParkingService service = mount(uring);
    Process waiting = reader();
    Process holding = look("hold");
    soon().until(() -> service.holding.get() == 1);
    read(waiting);
    awaitInKernel(waiting);
    waiting.destroy();
    service.letGo.countDown();
    awaitEnd(waiting);
    awaitEnd(holding);
  }

  /** Who would end the waiting comes after all who wait, on the same processor. */
  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void manyWaiting_holdUpNobody(boolean uring) throws Exception {
    ParkingService service = mount(uring);
    List<Process> waiting = new ArrayList<>();
    for (int i = 0; i < MANY; i++) {
      Process reader = reader();
      waiting.add(reader);
      read(reader);
      int so = i + 1;
      soon().until(() -> service.waiting() == so);
    }
    awaitEnd(look("free"));
    for (Process each : waiting) {
      awaitEnd(each);
    }
  }

  /** As before, but all come before anybody has seen that the first of them waits. */
  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void manyWaiting_cameAtOnce_holdUpNobody(boolean uring) throws Exception {
    ParkingService service = mount(uring);
    List<Process> waiting = new ArrayList<>();
    for (int i = 0; i < MANY; i++) {
      waiting.add(reader());
    }
    Process holding = look("hold");
    soon().until(() -> service.holding.get() == 1);
    for (Process each : waiting) {
      read(each);
      awaitInKernel(each);
    }
    Process freeing = look("free");
    awaitInKernel(freeing);
    service.letGo.countDown();
    awaitEnd(freeing);
    awaitEnd(holding);
    for (Process each : waiting) {
      awaitEnd(each);
    }
  }
}
