package dev.coterie.check.suite;

import dev.coterie.api.FileService;
import dev.coterie.check.host.Protections;
import dev.coterie.client.ClientOptions;
import dev.coterie.client.copies.Copies;
import java.io.IOException;
import java.lang.reflect.Method;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/** All checks over directories of the host, as root. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
abstract class HostConformanceSuite extends ConformanceSuite {
  /** What no file system of the host does as ours in memory. */
  private static final Map<String, String> EVERYWHERE =
      Map.of(
          "relatime_marksAReadADayLater", "the host's clock cannot be moved",
          "hardLinks_areToldUnderEachName", "the kernel tells the name it was opened by",
          "recursive_tellsWithPaths_wherever", "the kernel's watches are of one directory",
          "recursive_tellsNothingOfWhatMayNotBeRead", "the kernel's watches are of one directory",
          "recursive_deeperThanAPathMayBe_isCounted", "the kernel's watches are of one directory");

  /** What the kernel's tmpfs does not. */
  static final Map<String, String> ON_TMPFS =
      Map.of("zeroRange_givesZerosAndGrowsUnlessTold", "tmpfs has no FALLOC_FL_ZERO_RANGE");

  private @Nullable HostMounts mounts;
  private @Nullable Protections protections;

  /** Where the directory at "/" is made. */
  abstract Path place() throws IOException;

  /** Whether nobody but the tree changes them, so that leases are granted. */
  boolean isAlone() {
    return false;
  }

  @BeforeAll
  void makeDirectories() throws IOException {
    mounts = new HostMounts(place(), isAlone());
    protections = Protections.off();
  }

  @AfterAll
  void removeDirectories() {
    if (protections != null) {
      protections.close();
      protections = null;
    }
    if (mounts != null) {
      mounts.close();
      mounts = null;
    }
  }

  HostMounts mounts() {
    return Objects.requireNonNull(mounts);
  }

  /** What ext4 does not, or otherwise. */
  static final Map<String, String> ON_EXT4 =
      Map.of(
          "truncate_toTheLargestSize_isTaken", "a file on ext4 has at most 16 TiB",
          "transfers_upToTheLargestOffset_andNotBehind", "a file on ext4 has at most 16 TiB",
          "seek_toTheLargestOffset_isTaken", "a file on ext4 has at most 16 TiB",
          "xattrValues_atTheirLimits", "a value on ext4 has at most a block",
          "truncate_marksContentWhenTheSizeChanges", "ext4 marks also a size that stays",
          "truncate_toThePresentSize_marksContentWhereThereAreBlocks",
              "ext4 marks also where there are none");

  /** Of the file system the directory at "/" is made on. */
  abstract Map<String, String> exceptionsThere();

  @Override
  Map<String, String> exceptions() {
    Map<String, String> all = new TreeMap<>(EVERYWHERE);
    all.putAll(exceptionsThere());
    for (Class<?> checks : List.of(FifoChecks.class, FifoNotificationChecks.class)) {
      for (Method check : checks.getDeclaredMethods()) {
        if (check.isAnnotationPresent(Test.class)) {
          all.put(check.getName(), "a FIFO of a host directory has its life in the host's kernel");
        }
      }
    }
    for (Method check : LeaseChecks.class.getDeclaredMethods()) {
      String name = check.getName();
      if (check.isAnnotationPresent(Test.class)
          && !isAlone()
          && !name.startsWith("lease_")
          && !name.startsWith("recalls_of")
          && !name.startsWith("recalls_giving")) {
        all.put(name, "a host directory is changed by others too, so nothing of it is leased");
      }
    }
    if (isAlone()) {
      all.put("changesThatAreRefused_recallNothing", "the host says so after the leases came back");
      all.put("setattr_ofSeveralWithOneRefused_changesNothing", "it counts as a change");
      String names = "names of a host directory are not leased as such";
      all.put("eachChangeOfADirectory_waitsForTheLeaseOnItsNames", names);
      all.put("eachChangeOfAnEntry_waitsForTheLeaseOnNames", names);
      String alone = "nobody has a host's file alone";
      all.put("look_atWhatAnotherHasAlone_leavesItSharedLease", alone);
    }
    for (Method check : CounterFileChecks.class.getDeclaredMethods()) {
      if (check.isAnnotationPresent(Test.class)) {
        all.put(check.getName(), "a file of the host is nothing but a file");
      }
    }
    return all;
  }

  @Override
  Set<String> unseen() {
    Set<String> unseen = new TreeSet<>(Set.of("open EINTR", "writenext EPIPE"));
    if (exceptionsThere().equals(ON_EXT4)) {
      // By the checks of the largest offset and of the largest value alone.
      unseen.addAll(Set.of("append EFBIG", "setxattr E2BIG"));
    }
    return unseen;
  }

  /** Over the core itself. */
  final class Direct extends CoreTarget {
    private final boolean copies;

    Direct() throws IOException {
      this(false);
    }

    /**
     * @param copies whether before each session there are the copies of a client
     */
    Direct(boolean copies) throws IOException {
      super(mounts().fresh());
      this.copies = copies;
    }

    @Override
    public FileService openSession() {
      FileService session = super.openSession();
      return copies ? new Copies(session, 1 << 20, System::nanoTime) : session;
    }

    @Override
    public Moment tick() {
      return mounts().tick();
    }
  }

  /** Through a leader's socket. */
  final class Wire extends WireTarget {
    Wire() throws IOException {
      this(ClientOptions.DEFAULT);
    }

    Wire(ClientOptions options) throws IOException {
      super(mounts().fresh(), options);
    }

    @Override
    public Moment tick() {
      return mounts().tick();
    }
  }
}
