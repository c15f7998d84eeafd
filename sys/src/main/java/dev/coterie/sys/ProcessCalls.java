package dev.coterie.sys;

import static dev.coterie.sys.Native.checked;
import static dev.coterie.sys.Native.fault;
import static dev.coterie.sys.Native.function;
import static dev.coterie.sys.Native.state;
import static dev.coterie.sys.Native.variadic;
import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import dev.coterie.api.ErrnoException;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;

/**
 * Programs that are started with a descriptor of ours, or in the place of this one. One method
 * each, with the C prototype as its javadoc.
 */
final class ProcessCalls {
  /** Room for glibc's 80 bytes, and those of other C libraries. */
  static final int FILE_ACTIONS_BYTES = 256;

  private static final MethodHandle FILE_ACTIONS_INIT =
      function("posix_spawn_file_actions_init", JAVA_INT, ADDRESS);
  private static final MethodHandle FILE_ACTIONS_DESTROY =
      function("posix_spawn_file_actions_destroy", JAVA_INT, ADDRESS);
  private static final MethodHandle FILE_ACTIONS_ADDDUP2 =
      function("posix_spawn_file_actions_adddup2", JAVA_INT, ADDRESS, JAVA_INT, JAVA_INT);
  private static final MethodHandle POSIX_SPAWNP =
      function("posix_spawnp", JAVA_INT, ADDRESS, ADDRESS, ADDRESS, ADDRESS, ADDRESS, ADDRESS);
  private static final MethodHandle WAITPID =
      function("waitpid", JAVA_INT, JAVA_INT, ADDRESS, JAVA_INT);
  private static final MethodHandle EXECVP = function("execvp", JAVA_INT, ADDRESS, ADDRESS);
  private static final MethodHandle PIPE2 = function("pipe2", JAVA_INT, ADDRESS, JAVA_INT);
  private static final MethodHandle SOCKETPAIR =
      function("socketpair", JAVA_INT, JAVA_INT, JAVA_INT, JAVA_INT, ADDRESS);
  private static final MethodHandle RECVMSG =
      function("recvmsg", JAVA_LONG, JAVA_INT, ADDRESS, JAVA_INT);
  private static final MethodHandle CAPGET = function("capget", JAVA_INT, ADDRESS, ADDRESS);
  private static final MethodHandle CAPSET = function("capset", JAVA_INT, ADDRESS, ADDRESS);
  private static final MethodHandle PRCTL =
      variadic("prctl", 1, JAVA_INT, JAVA_INT, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG);

  private static final MethodHandle GETEGID = function("getegid", JAVA_INT);

  private ProcessCalls() {}

  /** {@code gid_t getegid(void)}. */
  static int getegid() {
    MemorySegment state = state();
    try {
      return (int) GETEGID.invokeExact(state);
    } catch (Throwable t) {
      throw new AssertionError(t);
    }
  }

  /** {@code int posix_spawn_file_actions_init(posix_spawn_file_actions_t *)}; an error number. */
  static int fileActionsInit(MemorySegment actions) {
    MemorySegment state = state();
    try {
      return (int) FILE_ACTIONS_INIT.invokeExact(state, actions);
    } catch (Throwable t) {
      throw new AssertionError(t);
    }
  }

  /** {@code int posix_spawn_file_actions_destroy(posix_spawn_file_actions_t *)}. */
  static int fileActionsDestroy(MemorySegment actions) {
    MemorySegment state = state();
    try {
      return (int) FILE_ACTIONS_DESTROY.invokeExact(state, actions);
    } catch (Throwable t) {
      throw new AssertionError(t);
    }
  }

  /**
   * {@code int posix_spawn_file_actions_adddup2(posix_spawn_file_actions_t *, int fd, int newfd)};
   * an error number.
   */
  static int fileActionsAddDup2(MemorySegment actions, int fd, int to) {
    MemorySegment state = state();
    try {
      return (int) FILE_ACTIONS_ADDDUP2.invokeExact(state, actions, fd, to);
    } catch (Throwable t) {
      throw new AssertionError(t);
    }
  }

  /**
   * {@code int posix_spawnp(pid_t *pid, const char *file, const posix_spawn_file_actions_t *, const
   * posix_spawnattr_t *, char *const argv[], char *const envp[])}; an error number.
   */
  static int posixSpawnp(
      MemorySegment pid,
      MemorySegment file,
      MemorySegment actions,
      MemorySegment argv,
      MemorySegment envp) {
    MemorySegment state = state();
    MemorySegment usual = MemorySegment.NULL;
    try {
      return (int) POSIX_SPAWNP.invokeExact(state, pid, file, actions, usual, argv, envp);
    } catch (Throwable t) {
      throw new AssertionError(t);
    }
  }

  /** {@code pid_t waitpid(pid_t pid, int *status, int options)}. */
  static int waitpid(int pid, MemorySegment status, int options) throws ErrnoException {
    MemorySegment state = state();
    try {
      return checked(state, (int) WAITPID.invokeExact(state, pid, status, options), "waitpid");
    } catch (Throwable t) {
      throw fault(t);
    }
  }

  /** {@code int execvp(const char *file, char *const argv[])}; comes back only with an error. */
  static void execvp(MemorySegment file, MemorySegment argv) throws ErrnoException {
    MemorySegment state = state();
    try {
      checked(state, (int) EXECVP.invokeExact(state, file, argv), "exec");
    } catch (Throwable t) {
      throw fault(t);
    }
  }

  /** {@code int pipe2(int pipefd[2], int flags)}. */
  static void pipe2(MemorySegment pair, int flags) throws ErrnoException {
    MemorySegment state = state();
    try {
      checked(state, (int) PIPE2.invokeExact(state, pair, flags), "pipe");
    } catch (Throwable t) {
      throw fault(t);
    }
  }

  /** {@code int socketpair(int domain, int type, int protocol, int sv[2])}. */
  static void socketpair(int domain, int type, MemorySegment pair) throws ErrnoException {
    MemorySegment state = state();
    try {
      checked(state, (int) SOCKETPAIR.invokeExact(state, domain, type, 0, pair), "socketpair");
    } catch (Throwable t) {
      throw fault(t);
    }
  }

  /** {@code ssize_t recvmsg(int fd, struct msghdr *msg, int flags)}. */
  static long recvmsg(int fd, MemorySegment message, int flags) throws ErrnoException {
    MemorySegment state = state();
    try {
      return checked(state, (long) RECVMSG.invokeExact(state, fd, message, flags), "recvmsg");
    } catch (Throwable t) {
      throw fault(t);
    }
  }

  /** {@code int capget(cap_user_header_t hdrp, cap_user_data_t datap)}: of this thread. */
  static void capget(MemorySegment header, MemorySegment data) throws ErrnoException {
    MemorySegment state = state();
    try {
      checked(state, (int) CAPGET.invokeExact(state, header, data), "capget");
    } catch (Throwable t) {
      throw fault(t);
    }
  }

  /** {@code int capset(cap_user_header_t hdrp, const cap_user_data_t datap)}: of this thread. */
  static void capset(MemorySegment header, MemorySegment data) throws ErrnoException {
    MemorySegment state = state();
    try {
      checked(state, (int) CAPSET.invokeExact(state, header, data), "capset");
    } catch (Throwable t) {
      throw fault(t);
    }
  }

  /** {@code int prctl(int op, ...)}. */
  static void prctl(int operation, long first) throws ErrnoException {
    MemorySegment state = state();
    try {
      checked(state, (int) PRCTL.invokeExact(state, operation, first, 0L, 0L, 0L), "prctl");
    } catch (Throwable t) {
      throw fault(t);
    }
  }
}
