package dev.coterie.sys;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import dev.coterie.api.Errno;
import dev.coterie.api.ErrnoException;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * fusermount3(1), the program that mounts and unmounts FUSE file systems for those who are not
 * root. It is started with one end of a pair of sockets, whose number it finds in its environment,
 * and sends the descriptor of the mount through it.
 *
 * <p>Not by {@link ProcessBuilder}, which closes every descriptor of a program that it starts.
 */
final class Fusermount {
  private static final String PROGRAM = "fusermount3";
  private static final int AF_UNIX = 1;
  private static final int SOCK_STREAM = 1;
  private static final int CLOEXEC = 02000000; // of sockets and pipes alike
  private static final int MSG_CMSG_CLOEXEC = 0x40000000;
  private static final int STDERR = 2;

  /** Where the program finds its socket: the first number that is no standard stream's. */
  private static final int COMMFD = 3;

  // struct msghdr:   name[8] namelen[4] pad[4] iov[8] iovlen[8] control[8] controllen[8] flags[4]
  // struct iovec:    base[8] len[8]
  // struct cmsghdr:  len[8] level[4] type[4] data: the descriptor[4] pad[4]
  private static final int MSGHDR_BYTES = 56;
  private static final int IOV = 16;
  private static final int IOVLEN = 24;
  private static final int CONTROL = 32;
  private static final int CONTROLLEN = 40;
  private static final int CMSG_BYTES = 24;
  private static final int CMSG_TYPE = 12;
  private static final int CMSG_DATA = 16;
  private static final int SCM_RIGHTS = 1;

  private static final int SAID_BYTES = 4096;

  private Fusermount() {}

  /**
   * Mounts a FUSE file system for this process's user.
   *
   * @param options after {@code -o}
   * @return the descriptor by which it is served
   * @throws IOException why there is no mount, in one line
   */
  static int mount(Path directory, String options) throws IOException {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment pair = arena.allocate(JAVA_INT, 2);
      ProcessCalls.socketpair(AF_UNIX, SOCK_STREAM | CLOEXEC, pair);
      int ours = pair.getAtIndex(JAVA_INT, 0);
      int theirs = pair.getAtIndex(JAVA_INT, 1);
      int device = -1;
      try {
        Run run = start(arena, List.of("-o", options, "--", directory.toString()), theirs);
        // Only the program holds it now: its end, however it comes, is the end of the stream.
        Libc.close(theirs);
        theirs = -1;
        device = receive(arena, ours);
        String said = run.finish(arena);
        if (device < 0) {
          throw new IOException(said.isEmpty() ? PROGRAM + " has not mounted it" : said);
        }
        return device;
      } finally {
        Libc.close(ours);
        if (theirs >= 0) {
          Libc.close(theirs);
        }
      }
    }
  }

  /**
   * Ends a mount of this process's user.
   *
   * @param lazily though it is in use
   * @throws IOException why it is not, in one line
   */
  static void unmount(Path directory, boolean lazily) throws IOException {
    List<String> words =
        lazily
            ? List.of("-u", "-z", "--", directory.toString())
            : List.of("-u", "--", directory.toString());
    try (Arena arena = Arena.ofConfined()) {
      Run run = start(arena, words, -1);
      String said = run.finish(arena);
      if (run.status != 0) {
        throw new IOException(said.isEmpty() ? PROGRAM + " has not unmounted it" : said);
      }
    }
  }

  /** The program at work, and what it says on stderr. */
  private static final class Run {
    private final int pid;
    private final int stderr;
    int status = -1;

    Run(int pid, int stderr) {
      this.pid = pid;
      this.stderr = stderr;
    }

    /** Waits for its end; the last line it said, without its name. */
    String finish(Arena arena) throws ErrnoException {
      MemorySegment buffer = arena.allocate(SAID_BYTES);
      StringBuilder said = new StringBuilder();
      try {
        for (long count = read(buffer); count > 0; count = read(buffer)) {
          byte[] bytes = buffer.asSlice(0, count).toArray(java.lang.foreign.ValueLayout.JAVA_BYTE);
          said.append(new String(bytes, StandardCharsets.UTF_8));
        }
      } finally {
        Libc.close(stderr);
        status = awaitEnd(arena);
      }
      List<String> lines = said.toString().lines().toList();
      String prefix = PROGRAM + ": ";
      String last = lines.isEmpty() ? "" : lines.getLast();
      int name = last.indexOf(prefix); // perhaps with its folder
      return name < 0 ? last : last.substring(name + prefix.length());
    }

    private long read(MemorySegment buffer) throws ErrnoException {
      while (true) {
        try {
          return MountCalls.read(stderr, buffer, buffer.byteSize());
        } catch (ErrnoException e) {
          if (e.errno() != Errno.EINTR) {
            throw e;
          }
        }
      }
    }

    private int awaitEnd(Arena arena) throws ErrnoException {
      MemorySegment word = arena.allocate(JAVA_INT);
      while (true) {
        try {
          ProcessCalls.waitpid(pid, word, 0);
          return word.get(JAVA_INT, 0);
        } catch (ErrnoException e) {
          if (e.errno() != Errno.EINTR) {
            throw e;
          }
        }
      }
    }
  }

  private static Run start(Arena arena, List<String> arguments, int socket) throws IOException {
    MemorySegment pipe = arena.allocate(JAVA_INT, 2);
    ProcessCalls.pipe2(pipe, CLOEXEC);
    int from = pipe.getAtIndex(JAVA_INT, 0);
    int to = pipe.getAtIndex(JAVA_INT, 1);
    MemorySegment actions = arena.allocate(ProcessCalls.FILE_ACTIONS_BYTES, Long.BYTES);
    MemorySegment pid = arena.allocate(JAVA_INT);
    List<String> line = new ArrayList<>(List.of(PROGRAM));
    line.addAll(arguments);
    int error = ProcessCalls.fileActionsInit(actions);
    // Its stderr first: the other's number may be the one that is put over.
    error = error != 0 ? error : ProcessCalls.fileActionsAddDup2(actions, to, STDERR);
    if (socket >= 0) {
      error = error != 0 ? error : ProcessCalls.fileActionsAddDup2(actions, socket, COMMFD);
    }
    if (error == 0) {
      MemorySegment environment = strings(arena, List.of("_FUSE_COMMFD=" + COMMFD, "LC_ALL=C"));
      error =
          ProcessCalls.posixSpawnp(
              pid, arena.allocateFrom(PROGRAM), actions, strings(arena, line), environment);
    }
    ProcessCalls.fileActionsDestroy(actions);
    Libc.close(to);
    if (error != 0) {
      Libc.close(from);
      Errno errno = Errno.of(error);
      throw new IOException(
          errno == Errno.ENOENT
              ? PROGRAM + " is not installed (package fuse3)"
              : PROGRAM + ": " + errno.text());
    }
    return new Run(pid.get(JAVA_INT, 0), from);
  }

  /** An array of C strings, ended by NULL. */
  static MemorySegment strings(Arena arena, List<String> words) {
    MemorySegment array = arena.allocate(ADDRESS, words.size() + 1L);
    for (int i = 0; i < words.size(); i++) {
      array.setAtIndex(ADDRESS, i, arena.allocateFrom(words.get(i)));
    }
    return array;
  }

  /** The descriptor that comes through a socket, or -1 when the other end is gone. unix(7). */
  private static int receive(Arena arena, int socket) throws ErrnoException {
    MemorySegment message = arena.allocate(MSGHDR_BYTES, Long.BYTES);
    MemorySegment vector = arena.allocate(2L * Long.BYTES, Long.BYTES);
    MemorySegment control = arena.allocate(CMSG_BYTES, Long.BYTES);
    vector.set(ADDRESS, 0, arena.allocate(1));
    vector.set(JAVA_LONG, Long.BYTES, 1);
    message.set(ADDRESS, IOV, vector);
    message.set(JAVA_LONG, IOVLEN, 1);
    message.set(ADDRESS, CONTROL, control);
    while (true) {
      message.set(JAVA_LONG, CONTROLLEN, CMSG_BYTES);
      try {
        long count = ProcessCalls.recvmsg(socket, message, MSG_CMSG_CLOEXEC);
        boolean passed =
            count > 0
                && message.get(JAVA_LONG, CONTROLLEN) > CMSG_DATA
                && control.get(JAVA_INT, CMSG_TYPE) == SCM_RIGHTS;
        return passed ? control.get(JAVA_INT, CMSG_DATA) : -1;
      } catch (ErrnoException e) {
        if (e.errno() == Errno.ECONNRESET) {
          return -1;
        }
        if (e.errno() != Errno.EINTR) {
          throw e;
        }
      }
    }
  }
}
