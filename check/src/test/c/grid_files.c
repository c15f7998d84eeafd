/* Open files: every call on every kind of descriptor; files that are executed, removed or attributed. */
#include "grid.h"

#include <sys/inotify.h>
#include <sys/statvfs.h>

/* ---- calls on a descriptor ---- */

static char room[8192];
static void *volatile nowhere; /* no address at all */

static long map_it(int fd, int prot, int flags) {
  char *mapped = mmap(NULL, 4096, prot, flags, fd, 0);
  return mapped == MAP_FAILED ? -1 : munmap(mapped, 4096);
}

static long lock_it(int fd, int command, short type) {
  struct flock lock = {.l_type = type, .l_whence = SEEK_SET, .l_len = 5};
  return fcntl(fd, command, &lock);
}

static long splice_to(int fd, loff_t at) {
  int ends[2];
  if (pipe(ends) < 0 || write(ends[1], "splice", 6) != 6) fatal("pipe");
  long result = splice(ends[0], NULL, fd, &at, 6, SPLICE_F_NONBLOCK);
  int error = errno;
  close(ends[0]);
  close(ends[1]);
  errno = error;
  return result;
}

static long self_link(int fd, int how) {
  char path[32];
  snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
  if (how == 0) return linkat(AT_FDCWD, path, AT_FDCWD, "new", AT_SYMLINK_FOLLOW);
  if (how == 1) return linkat(fd, "", AT_FDCWD, "new", AT_EMPTY_PATH);
  int again = open(path, O_RDWR | O_NONBLOCK);
  return again < 0 ? -1 : close(again);
}

static long at_directory(int fd, int what) {
  int other;
  struct stat s;
  switch (what) {
    case 0: return mkdirat(fd, "new", 0755);
    case 1: return fstatat(fd, "x", &s, 0);
    case 2: return (other = openat(fd, "new", O_CREAT | O_WRONLY, 0644)) < 0 ? -1 : close(other);
    case 3: return symlinkat("target", fd, "new");
    case 4: return (other = openat(fd, "..", O_RDONLY | O_DIRECTORY)) < 0 ? -1 : close(other);
    case 5: return renameat(AT_FDCWD, "src", fd, "new");
    default: return unlinkat(fd, "x", 0);
  }
}

struct descriptor_call {
  const char *name;
  long (*call)(int fd);
};

#define CALL(name, expression) \
  static long name##_call(int fd) { return expression; }
CALL(read, read(fd, room, 4))
CALL(read_none, read(fd, room, 0))
CALL(pread, pread(fd, room, 4, 3))
CALL(pread_minus, pread(fd, room, 4, -1))
CALL(pread_bad, pread(fd, nowhere, 4, 0))
CALL(readv_nowait, preadv2(fd, &(struct iovec){room, 4}, 1, 0, RWF_NOWAIT) * 0)
CALL(write, write(fd, "abcd", 4))
CALL(write_none, write(fd, "", 0))
CALL(write_bad, write(fd, nowhere, 4))
CALL(pwrite_minus, pwrite(fd, "a", 1, -1))
CALL(pwrite_far, pwrite(fd, "a", 1, LLONG_MAX))
CALL(pwritev_append, pwritev2(fd, &(struct iovec){"abcd", 4}, 1, 2, RWF_APPEND))
CALL(pwritev_dsync, pwritev2(fd, &(struct iovec){"abcd", 4}, 1, 2, RWF_DSYNC))
CALL(pwritev_none, pwritev2(fd, &(struct iovec){"abcd", 4}, 0, 2, 0))
CALL(seek_set, lseek(fd, 5, SEEK_SET))
CALL(seek_minus, lseek(fd, -1, SEEK_SET))
CALL(seek_cur, lseek(fd, -1, SEEK_CUR))
CALL(seek_far, lseek(fd, LLONG_MAX, SEEK_SET))
CALL(seek_bad, lseek(fd, 0, 9))
CALL(ftruncate, ftruncate(fd, 3))
CALL(ftruncate_minus, ftruncate(fd, -1))
CALL(allocate, fallocate(fd, 0, 0, 100))
CALL(allocate_none, fallocate(fd, 0, 0, 0))
CALL(allocate_minus, fallocate(fd, 0, -1, 10))
CALL(allocate_far, fallocate(fd, 0, LLONG_MAX, 10))
CALL(allocate_more, fallocate(fd, 0, 1LL << 62, 1LL << 62))
CALL(allocate_punch, fallocate(fd, FALLOC_FL_PUNCH_HOLE, 0, 10))
CALL(allocate_collapse, fallocate(fd, FALLOC_FL_COLLAPSE_RANGE, 0, 4096))
CALL(allocate_insert, fallocate(fd, FALLOC_FL_INSERT_RANGE, 0, 4096))
CALL(allocate_unshare, fallocate(fd, FALLOC_FL_UNSHARE_RANGE, 0, 4096))
CALL(allocate_strange, fallocate(fd, 0x1000, 0, 4096))
CALL(posix_fallocate, posix_fallocate(fd, 5, 20))
CALL(posix_fallocate_none, posix_fallocate(fd, 5, 0))
CALL(fsync, fsync(fd))
CALL(fdatasync, fdatasync(fd))
CALL(syncfs, syncfs(fd))
CALL(sync_range, sync_file_range(fd, 0, 10, SYNC_FILE_RANGE_WRITE))
CALL(fadvise, posix_fadvise(fd, 0, 10, POSIX_FADV_DONTNEED))
CALL(readahead, readahead(fd, 0, 10))
CALL(fchmod, fchmod(fd, 0611))
CALL(fchown, fchown(fd, ANN_ID, BOB_ID))
CALL(futimens, futimens(fd, (struct timespec[]){{9, 9}, {8, 8}}))
CALL(futimens_null, futimens(fd, NULL))
CALL(fstatfs, fstatfs(fd, (struct statfs *)room))
CALL(fsetxattr, fsetxattr(fd, "user.grid", "v", 1, 0))
CALL(fsettrusted, fsetxattr(fd, "trusted.grid", "v", 1, 0))
CALL(fgetxattr, fgetxattr(fd, "user.grid", room, 10))
CALL(flistxattr, flistxattr(fd, room, 100))
CALL(getdents, syscall(SYS_getdents64, fd, room, 8192) > 0 ? 1 : -(errno != 0))
CALL(getdents_small, syscall(SYS_getdents64, fd, room, 8))
CALL(fchdir, fchdir(fd) < 0 ? -1 : fchdir(case_directory()))
CALL(map_read, map_it(fd, PROT_READ, MAP_SHARED))
CALL(map_write, map_it(fd, PROT_READ | PROT_WRITE, MAP_SHARED))
CALL(map_private, map_it(fd, PROT_READ | PROT_WRITE, MAP_PRIVATE))
CALL(map_execute, map_it(fd, PROT_READ | PROT_EXEC, MAP_PRIVATE))
CALL(lock_read, lock_it(fd, F_SETLK, F_RDLCK))
CALL(lock_write, lock_it(fd, F_SETLK, F_WRLCK))
CALL(lock_get, lock_it(fd, F_GETLK, F_WRLCK))
CALL(lock_open, lock_it(fd, F_OFD_SETLK, F_WRLCK))
CALL(flock, flock(fd, LOCK_EX | LOCK_NB))
CALL(lease, fcntl(fd, F_SETLEASE, F_RDLCK))
CALL(copy_self, copy_file_range(fd, &(loff_t){0}, fd, &(loff_t){6}, 3, 0))
CALL(copy_overlap, copy_file_range(fd, &(loff_t){0}, fd, &(loff_t){2}, 5, 0))
CALL(copy_flags, copy_file_range(fd, &(loff_t){0}, fd, &(loff_t){6}, 3, 1))
CALL(clone_self, ioctl(fd, FICLONE, fd))
CALL(sendfile_self, sendfile(fd, fd, &(off_t){0}, 3))
CALL(splice_in, splice_to(fd, 1))
CALL(pending, ioctl(fd, FIONREAD, room) * 0)
CALL(block_size, ioctl(fd, FIGETBSZ, room))
CALL(strange_ioctl, ioctl(fd, _IO('Z', 9), room))
CALL(flags_append, fcntl(fd, F_SETFL, O_APPEND))
CALL(flags_noatime, fcntl(fd, F_SETFL, O_NOATIME))
CALL(flags_get, fcntl(fd, F_GETFL))
CALL(link_self, self_link(fd, 0))
CALL(link_empty, self_link(fd, 1))
CALL(open_again, self_link(fd, 2))
CALL(at_mkdir, at_directory(fd, 0))
CALL(at_stat, at_directory(fd, 1))
CALL(at_create, at_directory(fd, 2))
CALL(at_symlink, at_directory(fd, 3))
CALL(at_parent, at_directory(fd, 4))
CALL(at_rename, at_directory(fd, 5))
CALL(at_unlink, at_directory(fd, 6))

#define ENTRY(name) {#name, name##_call}
static const struct descriptor_call CALLS[] = {
    ENTRY(read), ENTRY(read_none), ENTRY(pread), ENTRY(pread_minus), ENTRY(pread_bad), ENTRY(readv_nowait), ENTRY(write),
    ENTRY(write_none), ENTRY(write_bad), ENTRY(pwrite_minus), ENTRY(pwrite_far), ENTRY(pwritev_append),
    ENTRY(pwritev_dsync), ENTRY(pwritev_none), ENTRY(seek_set), ENTRY(seek_minus), ENTRY(seek_cur), ENTRY(seek_far),
    ENTRY(seek_bad), ENTRY(ftruncate), ENTRY(ftruncate_minus), ENTRY(allocate), ENTRY(allocate_none),
    ENTRY(allocate_minus), ENTRY(allocate_far), ENTRY(allocate_more), ENTRY(allocate_punch), ENTRY(allocate_collapse),
    ENTRY(allocate_insert), ENTRY(allocate_unshare), ENTRY(allocate_strange), ENTRY(posix_fallocate),
    ENTRY(posix_fallocate_none), ENTRY(fsync), ENTRY(fdatasync), ENTRY(syncfs), ENTRY(sync_range), ENTRY(fadvise),
    ENTRY(readahead), ENTRY(fchmod), ENTRY(fchown), ENTRY(futimens), ENTRY(futimens_null), ENTRY(fstatfs),
    ENTRY(fsetxattr), ENTRY(fsettrusted), ENTRY(fgetxattr), ENTRY(flistxattr), ENTRY(getdents), ENTRY(getdents_small),
    ENTRY(fchdir), ENTRY(map_read), ENTRY(map_write), ENTRY(map_private), ENTRY(map_execute), ENTRY(lock_read),
    ENTRY(lock_write), ENTRY(lock_get), ENTRY(lock_open), ENTRY(flock), ENTRY(lease), ENTRY(copy_self),
    ENTRY(copy_overlap), ENTRY(copy_flags), ENTRY(clone_self), ENTRY(sendfile_self), ENTRY(splice_in), ENTRY(pending),
    ENTRY(block_size), ENTRY(strange_ioctl), ENTRY(flags_append), ENTRY(flags_noatime), ENTRY(flags_get),
    ENTRY(link_self), ENTRY(link_empty), ENTRY(open_again), ENTRY(at_mkdir), ENTRY(at_stat), ENTRY(at_create),
    ENTRY(at_symlink), ENTRY(at_parent), ENTRY(at_rename), ENTRY(at_unlink)};

/* How a descriptor came about. */
struct opening {
  const char *name, *path;
  int flags;
  int removed;
};

static const struct opening OPENINGS[] = {
    {"r", "o", O_RDONLY, 0},           {"w", "o", O_WRONLY, 0},
    {"rw", "o", O_RDWR, 0},            {"append", "o", O_RDWR | O_APPEND, 0},
    {"path", "o", O_PATH, 0},          {"sync", "o", O_RDWR | O_SYNC, 0},
    {"removed-r", "o", O_RDONLY, 1},   {"removed-rw", "o", O_RDWR, 1},
    {"removed-path", "o", O_PATH, 1},  {"tmpfile", ".", O_TMPFILE | O_RDWR, 0},
    {"dir", "d", O_RDONLY, 0},         {"dir-path", "d", O_PATH, 0},
    {"removed-dir", "e", O_RDONLY, 1}, {"link", "l", O_PATH | O_NOFOLLOW, 0},
    {"removed-dir-path", "e", O_PATH, 1},
    {"fifo", "p", O_RDWR, 0},          {"fifo-r", "p", O_RDONLY, 0},
    {"tmpfile-excl", ".", O_TMPFILE | O_RDWR | O_EXCL, 0},
    {"replaced", "o", O_RDWR, 2}};

static void on_descriptor(const struct opening *opening, const struct descriptor_call *call, enum who who) {
  if (!is_wanted()) return;
  begin();
  node("o", 'f', 0666, 0, 0, NULL);
  node("d", 'd', 0777, 0, 0, NULL);
  node("d/x", 'f', 0644, 0, 0, NULL);
  node("e", 'd', 0777, 0, 0, NULL);
  node("l", 'l', 0, 0, 0, "o");
  node("p", 'p', 0666, 0, 0, NULL);
  node("src", 'f', 0644, ANN_ID, ANN_ID, NULL);
  watch("new");
  watch("d/new");
  int fd = open(opening->path, opening->flags | O_NONBLOCK, 0666);
  if (fd < 0) fatal(opening->name);
  if (opening->removed == 1 && remove(opening->path) < 0) fatal(opening->path);
  if (opening->removed == 2 && rename("src", opening->path) < 0) fatal(opening->path);
  settle();
  struct stat before = {0}, after = {0};
  fstat(fd, &before);
  become(who);
  errno = 0;
  long result = call->call(fd);
  int error = errno;
  become_root();
  fstat(fd, &after);
  off_t at = opening->flags & O_PATH ? 0 : lseek(fd, 0, SEEK_CUR);
  if (S_ISDIR(after.st_mode)) at = 0;
  tell(result, error, "%s of %s by %s (%o n%ld %lld at %lld %s%s%s)", call->name, opening->name, WHO_NAME[who], after.st_mode,
       (long)after.st_nlink, (long long)after.st_size, (long long)at,
       memcmp(&before.st_atim, &after.st_atim, sizeof after.st_atim) ? "a" : "",
       memcmp(&before.st_mtim, &after.st_mtim, sizeof after.st_mtim) ? "m" : "",
       memcmp(&before.st_ctim, &after.st_ctim, sizeof after.st_ctim) ? "c" : "");
  close(fd);
}

static void all_descriptors(void) {
  for (unsigned o = 0; o < sizeof OPENINGS / sizeof *OPENINGS; o++)
    for (unsigned c = 0; c < sizeof CALLS / sizeof *CALLS; c++)
      for (enum who who = ROOT; who <= ANN; who++) on_descriptor(&OPENINGS[o], &CALLS[c], who);
}

/* ---- a file that is being executed, or is open for writing ---- */

static void copy_program(const char *to) {
  char buffer[65536];
  int from = open("/bin/sleep", O_RDONLY), fd = open(to, O_WRONLY | O_CREAT, 0755);
  long got;
  if (from < 0 || fd < 0) fatal(to);
  while ((got = read(from, buffer, sizeof buffer)) > 0) {
    if (write(fd, buffer, (size_t)got) != got) fatal(to);
  }
  close(from);
  close(fd);
}

static pid_t start_program(void) {
  int ends[2];
  char byte;
  if (pipe2(ends, O_CLOEXEC) < 0) fatal("pipe");
  pid_t child = fork();
  if (child == 0) {
    char *words[] = {"busy", "600", NULL};
    execve("busy", words, words + 2);
    (void)!write(ends[1], "x", 1);
    _exit(127);
  }
  close(ends[1]);
  if (read(ends[0], &byte, 1) != 0) fatal("execve"); /* closed by the execution itself */
  close(ends[0]);
  return child;
}

static void all_busy(void) {
  for (int op = 0; op < PATH_OPS; op++) {
    /* To execute it once more would go well. */
    if (strcmp(path_op_name(op), "execute") == 0 || !is_wanted()) continue;
    begin();
    copy_program("busy");
    node("src", 'f', 0644, 0, 0, NULL);
    node("srcdir", 'd', 0755, 0, 0, NULL);
    pid_t child = start_program();
    watch("busy");
    watch("new");
    settle();
    long result = path_op(op, "busy");
    tell(result, errno, "busy %s", path_op_name(op));
    kill(child, SIGKILL);
    waitpid(child, NULL, 0);
  }
  static const int FLAGS[] = {O_RDONLY, O_WRONLY, O_RDWR, O_PATH};
  for (int i = 0; i < 4; i++) {
    if (!is_wanted()) continue;
    begin();
    copy_program("busy");
    int fd = open("busy", FLAGS[i] | O_CLOEXEC);
    settle();
    pid_t child = fork();
    if (child == 0) {
      char *words[] = {"busy", "0", NULL};
      execve("busy", words, words + 2);
      _exit(errno);
    }
    int status;
    waitpid(child, &status, 0);
    tell(WEXITSTATUS(status) ? -1 : 0, WEXITSTATUS(status), "execute while open %o", FLAGS[i]);
    close(fd);
  }
}

/* ---- extended attributes ---- */

static void attribute(char type, mode_t mode, enum who owner, const char *name, size_t size, int flags, enum who who) {
  if (!is_wanted()) return;
  begin();
  node("o", type, mode, WHO_UID[owner], WHO_UID[owner], "nowhere");
  settle();
  static char value[70000];
  become(who);
  errno = 0;
  long result = lsetxattr("o", name, value, size, flags);
  tell(result, errno, "set %.20s of %c %o of %s %zu flags %d by %s", name, type, mode, WHO_NAME[owner], size, flags, WHO_NAME[who]);
  become(who);
  errno = 0;
  result = lgetxattr("o", name, value, 3);
  tell(result, errno, "get %.20s by %s", name, WHO_NAME[who]);
  become(who);
  errno = 0;
  result = llistxattr("o", value, sizeof value);
  tell(result, errno, "list by %s", WHO_NAME[who]);
  become(who);
  errno = 0;
  result = lremovexattr("o", name);
  tell(result, errno, "remove %.20s by %s", name, WHO_NAME[who]);
}

static void all_attributes(void) {
  static char longest[257] = "user.", longer[258] = "user.";
  memset(longest + 5, 'x', 250);
  memset(longer + 5, 'x', 251);
  static const mode_t MODES[] = {0644, 0666, 01777, 0444, 0222};
  const char *const NAMES[] = {"user.a", "trusted.a", "user.", "strange.a", "a", "", "user", longest, longer, "system.a", "security.a"};
  static const size_t SIZES[] = {1, 0, 65536, 65537};
  for (const char *type = "fdlpsc"; *type; type++)
    for (int m = 0; m < 5; m++)
      for (enum who owner = ROOT; owner <= ANN; owner++)
        for (int n = 0; n < 11; n++)
          for (int s = 0; s < (n ? 1 : 4); s++)
            for (int flags = 0; flags < 4; flags++)
              for (enum who who = ROOT; who <= BOB; who++) {
                if ((m + n + s + flags + (int)who) % 5 != 0) continue;
                attribute(*type, MODES[m], owner, NAMES[n], SIZES[s], flags, who);
              }
}

/* ---- in a directory that is gone, and what one can count ---- */

static void all_gone(void) {
  for (int op = 0; op < PATH_OPS; op++)
    for (int p = 0; p < 5; p++) {
      static const char *const PATHS[] = {"x", ".", "..", "../o", "./"};
      if (!is_wanted()) continue;
      begin();
      node("o", 'f', 0644, 0, 0, NULL);
      if (mkdir("gone", 0777) < 0) fatal("gone");
      settle();
      if (chdir("gone") < 0 || rmdir("../gone") < 0) fatal("gone");
      long result = strcmp(path_op_name(op), "chdir") == 0 ? 0 : path_op(op, PATHS[p]);
      int error = errno;
      char name[PATH_MAX];
      int lost = !getcwd(name, sizeof name);
      if (fchdir(case_directory()) < 0) fatal("fchdir");
      tell(result, error, "gone %s %s %d", path_op_name(op), PATHS[p], lost);
    }
}

static void links(int many) {
  if (!is_wanted()) return;
  begin();
  node("o", 'f', 0644, 0, 0, NULL);
  char name[16];
  long made = 0;
  int error = 0;
  for (int i = 0; i < many && !error; i++) {
    snprintf(name, sizeof name, "l%d", i);
    if (link("o", name) < 0) error = errno;
    made += !error;
  }
  settle();
  tell(made, 0, "links of %d, then %d", many, error);
  begin();
  for (int i = 0; i < 100; i++) {
    snprintf(name, sizeof name, "d%d", i);
    if (mkdir(name, 0755) < 0) error = errno;
  }
  struct stat s;
  stat(".", &s);
  tell(s.st_nlink, 0, "directories %d", error);
}

static void limits(void) {
  if (!is_wanted()) return;
  begin();
  static const int NAMES[] = {_PC_LINK_MAX, _PC_NAME_MAX, _PC_PATH_MAX, _PC_CHOWN_RESTRICTED, _PC_NO_TRUNC, _PC_FILESIZEBITS, _PC_SYMLINK_MAX, _PC_2_SYMLINKS};
  for (int i = 1; i < 8; i++) tell(pathconf(".", NAMES[i]), 0, "pathconf %d", NAMES[i]);
  struct statvfs f;
  if (statvfs(".", &f) < 0) fatal("statvfs");
  tell((long)f.f_bsize, 0, "statvfs %lu %lu %lu", f.f_frsize, f.f_namemax, f.f_flag);
}

void part_files(void) {
  all_descriptors();
  all_busy();
  all_attributes();
  all_gone();
  links(1000);
  limits();
}
