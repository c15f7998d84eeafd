package dev.coterie.sys;

import static dev.coterie.sys.Native.checked;
import static dev.coterie.sys.Native.fault;
import static dev.coterie.sys.Native.function;
import static dev.coterie.sys.Native.state;
import static dev.coterie.sys.Native.variadic;
import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import dev.coterie.api.Caller;
import dev.coterie.api.Errno;
import dev.coterie.api.ErrnoException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.util.Arrays;

/**
 * In whose name this thread, and no other, works on files: user, group, supplementary groups,
 * capabilities, umask. Each is the kernel's and belongs to the thread; what the C library offers
 * for all threads at once is gone round.
 *
 * <p>What was taken on is laid down again before the call returns, whatever came of it. In between
 * nothing may be done that lets a virtual thread change its carrier; so it is for platform threads.
 */
public final class ThreadIdentity {
  /** What is done in another's name. */
  public interface Action<R> {
    R run() throws ErrnoException;
  }

  private static final boolean ARM = System.getProperty("os.arch", "").equals("aarch64");
  private static final long SYS_SETGROUPS = ARM ? 159 : 116;
  private static final int CLONE_FS = 0x200;
  private static final int NOBODY = -1; // no user has it; setfsuid(2) takes it as "tell me only"

  /** _LINUX_CAPABILITY_VERSION_3. */
  private static final int CAPABILITY_VERSION = 0x20080522;

  private static final int CAP_SETGID = 6;
  private static final int CAP_SETUID = 7;

  private static final MethodHandle SETFSUID = function("setfsuid", JAVA_INT, JAVA_INT);
  private static final MethodHandle SETFSGID = function("setfsgid", JAVA_INT, JAVA_INT);
  private static final MethodHandle SETGROUPS =
      variadic("syscall", 1, JAVA_LONG, JAVA_LONG, JAVA_LONG, ADDRESS);
  private static final MethodHandle GETGROUPS = function("getgroups", JAVA_INT, JAVA_INT, ADDRESS);
  private static final MethodHandle CAPGET = function("capget", JAVA_INT, ADDRESS, ADDRESS);
  private static final MethodHandle CAPSET = function("capset", JAVA_INT, ADDRESS, ADDRESS);
  private static final MethodHandle UMASK = function("umask", JAVA_INT, JAVA_INT);
  private static final MethodHandle UNSHARE = function("unshare", JAVA_INT, JAVA_INT);
  private static final MethodHandle GETEGID = function("getegid", JAVA_INT);

  /** The process's own, before any thread took on others. */
  private static final int UID = Accounts.effectiveUid();

  private static final int GID = egid();
  private static final MemorySegment GROUPS = ownGroups();
  private static final int[] GROUP_LIST = GROUPS.toArray(JAVA_INT);

  /** struct __user_cap_header_struct: version[4] pid[4]. */
  private static final MemorySegment CAP_HEADER = capHeader();

  /** struct __user_cap_data_struct, twice: effective[4] permitted[4] inheritable[4]. */
  private static final MemorySegment OWN_CAPABILITIES = ownCapabilities();

  private static final MemorySegment NO_CAPABILITIES = withoutEffective(OWN_CAPABILITIES);
  private static final boolean CAN_CHANGE = canChange();
  private static final ThreadLocal<Boolean> OWN_UMASK = ThreadLocal.withInitial(() -> false);

  private ThreadIdentity() {}

  /** Whether threads of this process can act as any user. */
  public static boolean canActAsAnyone() {
    return CAN_CHANGE;
  }

  // ---- acting ----

  /**
   * Does something as the caller: with its user, groups and, unless it is root, no capability, so
   * that the kernel allows what it would allow a process of the caller's.
   *
   * @throws ErrnoException the action's; EPERM the kernel knows no such user, or this process may
   *     not act as another
   */
  public static <R> R as(Caller caller, Action<R> action) throws ErrnoException {
    int[] groups = caller.groups();
    boolean self = caller.uid() == UID && caller.gid() == GID && Arrays.equals(groups, GROUP_LIST);
    // Root's rights come from its capabilities; only what it makes shows its group.
    boolean selfButGroups = caller.isRoot() && caller.gid() == GID && UID == 0;
    if (self || selfButGroups) {
      return action.run();
    }
    requirePlatformThread();
    try {
      become(caller, groups);
      return action.run();
    } finally {
      becomeSelf();
    }
  }

  /** Does something with a umask of this thread alone. */
  public static <R> R withUmask(int mask, Action<R> action) throws ErrnoException {
    requirePlatformThread();
    ownUmask();
    int before = umask(mask);
    try {
      return action.run();
    } finally {
      umask(before);
    }
  }

  /** The thread gets a umask of its own, which the process's other threads do not see. */
  private static void ownUmask() throws ErrnoException {
    if (!OWN_UMASK.get()) {
      unshare(CLONE_FS);
      OWN_UMASK.set(true);
    }
  }

  private static void requirePlatformThread() {
    if (Thread.currentThread().isVirtual()) {
      throw new IllegalStateException("a virtual thread has no identity of its own");
    }
  }

  private static void become(Caller caller, int[] groups) throws ErrnoException {
    if (!CAN_CHANGE) {
      throw new ErrnoException(Errno.EPERM, "act as " + caller);
    }
    setgroups(groups);
    setfsgid(caller.gid());
    // setfsuid(2) reports no error: a second call tells what holds now.
    if (setfsgid(caller.gid()) != caller.gid() || caller.gid() == NOBODY) {
      throw new ErrnoException(Errno.EPERM, "act as " + caller);
    }
    setfsuid(caller.uid());
    if (setfsuid(caller.uid()) != caller.uid() || caller.uid() == NOBODY) {
      throw new ErrnoException(Errno.EPERM, "act as " + caller);
    }
    if (!caller.isRoot()) {
      // Leaving user 0 took those that concern files; the rest would still allow trusted.*, quota
      // overruns and more (capabilities(7)).
      capset(NO_CAPABILITIES);
    }
  }

  /** In an order in which each step is allowed by what those before it gave back. */
  private static void becomeSelf() {
    try {
      setfsuid(UID);
      capset(OWN_CAPABILITIES);
      setfsgid(GID);
      setgroups(GROUPS, GROUP_LIST.length);
    } catch (ErrnoException e) {
      throw new AssertionError("this thread is left with another's identity", e);
    }
    if (setfsuid(NOBODY) != UID || setfsgid(NOBODY) != GID) {
      throw new AssertionError("this thread is left with another's identity");
    }
  }

  private static void setgroups(int[] groups) throws ErrnoException {
    if (Arrays.equals(groups, GROUP_LIST)) {
      return;
    }
    MemorySegment list = Scratch.own().transfer();
    MemorySegment.copy(groups, 0, list, JAVA_INT, 0, groups.length);
    setgroups(list, groups.length);
  }

  // ---- the process's own ----

  private static int egid() {
    MemorySegment state = state();
    try {
      return (int) GETEGID.invokeExact(state);
    } catch (Throwable t) {
      throw new AssertionError(t);
    }
  }

  private static MemorySegment ownGroups() {
    try {
      int count = getgroups(0, MemorySegment.NULL);
      MemorySegment list = Arena.global().allocate(JAVA_INT, Math.max(count, 1));
      int got = getgroups(count, list);
      int[] sorted = list.asSlice(0, (long) got * Integer.BYTES).toArray(JAVA_INT);
      Arrays.sort(sorted);
      MemorySegment result = list.asSlice(0, (long) got * Integer.BYTES);
      MemorySegment.copy(sorted, 0, result, JAVA_INT, 0, sorted.length);
      return result;
    } catch (ErrnoException e) {
      throw new AssertionError(e);
    }
  }

  private static MemorySegment capHeader() {
    MemorySegment header = Arena.global().allocate(8, Integer.BYTES);
    header.set(JAVA_INT, 0, CAPABILITY_VERSION);
    return header;
  }

  private static MemorySegment ownCapabilities() {
    MemorySegment data = Arena.global().allocate(24, Integer.BYTES);
    MemorySegment state = state();
    try {
      checked(state, (int) CAPGET.invokeExact(state, CAP_HEADER, data), "capget");
      return data;
    } catch (Throwable t) {
      throw new AssertionError(t);
    }
  }

  private static MemorySegment withoutEffective(MemorySegment capabilities) {
    MemorySegment none = Arena.global().allocate(24, Integer.BYTES).copyFrom(capabilities);
    none.set(JAVA_INT, 0, 0);
    none.set(JAVA_INT, 12, 0);
    return none;
  }

  private static boolean canChange() {
    int effective = OWN_CAPABILITIES.get(JAVA_INT, 0);
    int needed = 1 << CAP_SETUID | 1 << CAP_SETGID;
    return UID == 0 && (effective & needed) == needed;
  }

  // ---- bindings ----

  /** {@code int setfsuid(uid_t fsuid)}: what was before, also when nothing changes. */
  private static int setfsuid(int uid) {
    MemorySegment state = state();
    try {
      return (int) SETFSUID.invokeExact(state, uid);
    } catch (Throwable t) {
      throw new AssertionError(t);
    }
  }

  /** {@code int setfsgid(gid_t fsgid)}: what was before, also when nothing changes. */
  private static int setfsgid(int gid) {
    MemorySegment state = state();
    try {
      return (int) SETFSGID.invokeExact(state, gid);
    } catch (Throwable t) {
      throw new AssertionError(t);
    }
  }

  /**
   * {@code long syscall(SYS_setgroups, int size, const gid_t *list)}: of this thread alone, where
   * setgroups(3) of the C library goes through all (setgroups(2), NOTES).
   */
  private static void setgroups(MemorySegment list, int count) throws ErrnoException {
    MemorySegment state = state();
    try {
      checked(
          state,
          (long) SETGROUPS.invokeExact(state, SYS_SETGROUPS, (long) count, list),
          "setgroups");
    } catch (Throwable t) {
      throw fault(t);
    }
  }

  /** {@code int getgroups(int size, gid_t *list)}. */
  private static int getgroups(int size, MemorySegment list) throws ErrnoException {
    MemorySegment state = state();
    try {
      return checked(state, (int) GETGROUPS.invokeExact(state, size, list), "getgroups");
    } catch (Throwable t) {
      throw fault(t);
    }
  }

  /** {@code int capset(cap_user_header_t hdrp, const cap_user_data_t datap)}: of this thread. */
  private static void capset(MemorySegment data) throws ErrnoException {
    MemorySegment state = state();
    try {
      checked(state, (int) CAPSET.invokeExact(state, CAP_HEADER, data), "capset");
    } catch (Throwable t) {
      throw fault(t);
    }
  }

  /** {@code mode_t umask(mode_t mask)}: what was before. */
  private static int umask(int mask) {
    MemorySegment state = state();
    try {
      return (int) UMASK.invokeExact(state, mask);
    } catch (Throwable t) {
      throw new AssertionError(t);
    }
  }

  /** {@code int unshare(int flags)}. */
  private static void unshare(int flags) throws ErrnoException {
    MemorySegment state = state();
    try {
      checked(state, (int) UNSHARE.invokeExact(state, flags), "unshare");
    } catch (Throwable t) {
      throw fault(t);
    }
  }
}
