package dev.coterie.check.suite;

import static org.assertj.core.api.Assertions.assertThat;

import dev.coterie.api.Caller;
import dev.coterie.api.ErrnoException;
import dev.coterie.api.FileService;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInfo;
import org.junit.jupiter.api.Timeout;

/** All checks, each on a fresh tree of one target. */
@Timeout(180)
abstract class ConformanceSuite
    implements LookupChecks,
        ReferenceChecks,
        AttributeChecks,
        NodeChecks,
        LinkChecks,
        RemoveChecks,
        RenameChecks,
        OpenChecks,
        DataChecks,
        SpaceChecks,
        SharingChecks,
        LockChecks,
        HandleLockChecks,
        EventChecks,
        FifoChecks,
        CounterFileChecks,
        LockSourceChecks,
        NotificationChecks,
        FifoNotificationChecks,
        WatchChecks,
        LeaseChecks,
        KeyChecks,
        LockLeaseChecks,
        ReaddirChecks,
        XattrChecks,
        AclChecks,
        CapabilityChecks,
        TimeChecks,
        MountChecks,
        TreeChecks {
  private static Covered covered = new Covered();
  private static int checksRun; // or excepted
  private static Set<String> unseen = Set.of();

  private @Nullable Target target;
  private final List<FileService> sessions = new ArrayList<>(); // guarded by itself

  /** A fresh tree. */
  abstract Target open() throws IOException;

  /** Checks that do not hold for this target, by method, each with the reason. */
  Map<String, String> exceptions() {
    return Map.of();
  }

  /** Outcomes that the exceptions alone would show, as {@link Covered} has them. */
  Set<String> unseen() {
    return Set.of();
  }

  @BeforeAll
  static void startWatching() {
    covered = new Covered();
    checksRun = 0;
    unseen = Set.of();
  }

  /** Only when all checks ran can something be missing. */
  @AfterAll
  static void requireAllSeen(TestInfo info) {
    long checks =
        Arrays.stream(info.getTestClass().orElseThrow().getMethods())
            .filter(method -> method.isAnnotationPresent(Test.class))
            .count();
    if (checksRun == checks) {
      assertThat(covered.missing()).as("outcomes that no check has seen").isEqualTo(unseen);
    }
  }

  @BeforeEach
  void openTarget(TestInfo info) throws IOException {
    String check = info.getTestMethod().orElseThrow().getName();
    String reason = exceptions().get(check);
    unseen = unseen();
    checksRun++;
    Assumptions.assumeTrue(reason == null, () -> "not as in memory: " + reason);
    target = open();
  }

  @AfterEach
  void closeTarget() {
    if (target == null) {
      return;
    }
    synchronized (sessions) {
      sessions.forEach(FileService::close);
      sessions.clear();
    }
    target.close();
    target = null;
  }

  @Override
  public Target target() {
    return Objects.requireNonNull(target);
  }

  @Override
  public Actor process(Caller caller) throws ErrnoException {
    FileService session;
    try {
      session = covered.watch(target().openSession());
    } catch (IOException e) {
      throw new AssertionError("no session", e);
    }
    synchronized (sessions) {
      sessions.add(session);
    }
    return new Actor(session, caller);
  }
}
