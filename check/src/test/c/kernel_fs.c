/*
 * Does file operations as plain system calls below a directory, one for each line of its input, and
 * answers each with one line. The language is that of dev.coterie.check.posix.Step.
 *
 * usage: kernel_fs [-h] [-g] [-s] DIRECTORY[:DIRECTORY] [PATH:FLAGS:DATA | PATH@NUMBER ...]
 *
 * -h  stands against a directory of the host: only differences that those have too are looked after
 * -g  shows an inode's handle behind its number where attributes are shown, as numbers are used again
 * -s  gives each step a tick of the clock of its own; so it does, too, when asked for relatime
 *
 * PATH@NUMBER instead: something is mounted there already, on a directory of that inode number
 * directly in DIRECTORY.
 *
 * A second directory is the second process's world: the same tree, seen through another mount.
 *
 * Each further word asks for a tmpfs: where below DIRECTORY ("/" is DIRECTORY itself), its mount
 * flags with commas between them (ro, noatime, relatime, strictatime), and its own options. Without
 * any the calls go to what lies in DIRECTORY already. A private mount name space keeps all this for
 * this program alone, and chroot makes it the whole world, so that absolute symbolic links and ".."
 * mean the same as in a tree. Each user of each process is a thread with credentials, umask and
 * working directory of its own; all of them share one table of descriptors, in which each process
 * has its slots.
 */
#define _GNU_SOURCE
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/falloc.h>
#include <linux/fs.h>
#include <linux/magic.h>
#include <pthread.h>
#include <sched.h>
#include <semaphore.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>
#include <time.h>
#include <unistd.h>

#define PROCESSES 2
#define USERS 4
#define SLOTS 5
#define WORDS_MAX 12
#define TRANSFER_MAX (1 << 21)
#define MOUNTS_MAX 8

/* ---- users ---- */

struct user {
  uid_t uid;
  gid_t gid;
  int groups;
  gid_t group[2];
};

/* As in dev.coterie.check.posix.Users. */
static const struct user USER[USERS] = {
    {0, 0, 0, {0}},
    {1001, 1001, 1, {2000}},
    {1002, 1002, 2, {2000, 1001}},
    {1003, 1003, 0, {0}},
};
static const mode_t UMASK[PROCESSES][USERS] = {{022, 0, 027, 077}, {0, 022, 0, 077}};

struct actor {
  int process;
  const struct user *user;
  mode_t mask;
  sem_t go, done;
};

static struct actor actors[PROCESSES][USERS];

/* ---- one line ---- */

static char *word[WORDS_MAX];
static int words;
static char *answer;
static size_t answered, answer_room;
static int slots[PROCESSES][SLOTS];
static int descriptors = -1; /* /proc/self/fd, from outside the new root */
static int on_ours;          /* the world is a mount of Coterie's */
static int second = -1;      /* the root of the second process, if that is another */
static int host, generations, slow;
static unsigned char bytes[TRANSFER_MAX];

static void fatal(const char *what) {
  fprintf(stderr, "kernel_fs: %s: %s\n", what, strerror(errno));
  _exit(2);
}

static void say(const char *format, ...) {
  va_list arguments;
  for (;;) {
    va_start(arguments, format);
    int n = vsnprintf(answer + answered, answer_room - answered, format, arguments);
    va_end(arguments);
    if (n < (int)(answer_room - answered)) {
      answered += n;
      return;
    }
    answer_room = answer_room * 2 + n + 1;
    answer = realloc(answer, answer_room);
    if (!answer) fatal("realloc");
  }
}

static void say_result(long result) {
  if (result < 0) {
    say("E%d", errno);
  } else {
    say("OK %ld", result);
  }
}

static void say_done(int result) {
  if (result < 0) {
    say("E%d", errno);
  } else {
    say("OK");
  }
}

/* Bytes as they stand in a line: those that are not plain are %XX, and nothing at all is %. */
static void say_bytes(const unsigned char *from, size_t count) {
  if (count == 0) say("%%");
  for (size_t i = 0; i < count; i++) {
    if (isalnum(from[i]) || strchr("._-/", from[i])) {
      say("%c", from[i]);
    } else {
      say("%%%02X", from[i]);
    }
  }
}

static int digit(char c) { return c <= '9' ? c - '0' : c - 'A' + 10; }

/* Turns a word into bytes in place, with a NUL behind them; how many. */
static size_t plain(char *text) {
  char *to = text;
  if (strcmp(text, "%") == 0) {
    *text = 0;
    return 0;
  }
  for (char *from = text; *from; from++) {
    if (*from == '%') {
      *to++ = (char)(digit(from[1]) * 16 + digit(from[2]));
      from += 2;
    } else {
      *to++ = *from;
    }
  }
  *to = 0;
  return to - text;
}

/* Word `i` as bytes. */
static const char *path(int i) {
  plain(word[i]);
  return word[i];
}

static long long number(int i) { return strtoll(word[i], NULL, 10); }

static long octal(int i) { return strtol(word[i], NULL, 8); }

static uint32_t crc32(const unsigned char *data, size_t count) {
  uint32_t crc = ~0u;
  for (size_t i = 0; i < count; i++) {
    crc ^= data[i];
    for (int k = 0; k < 8; k++) crc = crc & 1 ? crc >> 1 ^ 0xEDB88320u : crc >> 1;
  }
  return ~crc;
}

static void say_data(long count) {
  if (count < 0) {
    say("E%d", errno);
  } else {
    say("OK %ld %08x", count, crc32(bytes, count));
  }
}

/* The same bytes as dev.coterie.check.posix.Pattern. */
static void fill(long count, long seed) {
  for (long i = 0; i < count; i++) bytes[i] = (unsigned char)(seed * 31 + i * 7 + (i >> 8));
}

static size_t size_of(int i) {
  long long count = number(i);
  if (count < 0 || count > TRANSFER_MAX) fatal("transfer too large");
  return count;
}

/* ---- mounts ---- */

/* A directory that a mount hides, and the root of the mount. */
struct mount_point {
  dev_t covered_dev, dev;
  ino_t covered_ino, ino;
};

static struct mount_point mount_points[MOUNTS_MAX];
static int mounts;

/* What the second process sees through mounts of its own has the devices of the first's. */
struct alias {
  dev_t dev, instead;
};

static struct alias aliases[MOUNTS_MAX];
static int alias_count;

static dev_t same_device(dev_t dev) {
  for (int i = 0; i < alias_count; i++) {
    if (aliases[i].dev == dev) return aliases[i].instead;
  }
  return dev;
}

/* Numbers of inodes are unique only together with their device. */
static void say_inode(dev_t dev, ino_t ino) {
  dev = same_device(dev);
  say("%llu.%llu", (unsigned long long)dev, (unsigned long long)ino);
}

/* Difference MOUNT_POINT_NUMBER: what is mounted there stands for a directory in a listing. */
static void say_entry(dev_t dev, ino_t ino) {
  dev = same_device(dev);
  for (int i = 0; i < mounts; i++) {
    const struct mount_point *m = &mount_points[i];
    if (m->covered_dev == dev && m->covered_ino == ino) {
      say_inode(m->dev, m->ino);
      return;
    }
  }
  say_inode(dev, ino);
}

/* ---- attributes ---- */

/* Difference TIME_GRAIN: waits until times of this tick of the clock are over. */
static void await_tick(const struct timespec *seen) {
  struct timespec now;
  for (;;) {
    clock_gettime(CLOCK_REALTIME_COARSE, &now);
    long ahead = seen->tv_sec - now.tv_sec;
    if (ahead < 0 || ahead > 3600 || (ahead == 0 && seen->tv_nsec < now.tv_nsec)) return;
    struct timespec pause = {0, 200000};
    nanosleep(&pause, NULL);
  }
}

/* With relatime the order of times decides what a read marks: then each step has its own tick. */
static void await_next_tick(void) {
  struct timespec now;
  clock_gettime(CLOCK_REALTIME, &now);
  await_tick(&now);
}

static void say_handle(int dir, const char *name, int flags) {
  union {
    struct file_handle handle;
    unsigned char room[sizeof(struct file_handle) + MAX_HANDLE_SZ];
  } u;
  int mount_id;
  u.handle.handle_bytes = MAX_HANDLE_SZ;
  if (name_to_handle_at(dir, name, &u.handle, &mount_id, flags) < 0) fatal("name_to_handle_at");
  say(".");
  for (unsigned i = 0; i < u.handle.handle_bytes; i++) say("%02x", u.handle.f_handle[i]);
}

/* Says what a stat call of a descriptor (`name` is empty) or a name has found. */
static void say_stat(int result, const struct stat *s, int dir, const char *name, int flags) {
  if (result < 0) {
    say("E%d", errno);
    return;
  }
  say("S %o %ld %u %u %lld %lld %llu ", s->st_mode, (long)s->st_nlink, s->st_uid, s->st_gid,
      (long long)s->st_size, (long long)s->st_blocks, (unsigned long long)s->st_rdev);
  say_inode(s->st_dev, s->st_ino);
  if (generations) say_handle(dir, name, flags);
  say(" %lld.%ld", (long long)s->st_atim.tv_sec, s->st_atim.tv_nsec);
  say(" %lld.%ld", (long long)s->st_mtim.tv_sec, s->st_mtim.tv_nsec);
  say(" %lld.%ld", (long long)s->st_ctim.tv_sec, s->st_ctim.tv_nsec);
  await_tick(&s->st_atim);
  if (S_ISDIR(s->st_mode)) {
    await_tick(&s->st_mtim);
    await_tick(&s->st_ctim);
  }
}

static void time_of(int i, struct timespec *time) {
  if (strcmp(word[i], "now") == 0) {
    *time = (struct timespec){0, UTIME_NOW};
  } else if (strcmp(word[i], "omit") == 0) {
    *time = (struct timespec){0, UTIME_OMIT};
  } else {
    char *dot;
    time->tv_sec = strtoll(word[i], &dot, 10);
    time->tv_nsec = strtol(dot + 1, NULL, 10);
  }
}

/* ---- directories ---- */

struct entry {
  char *name;
  unsigned char type;
  unsigned long long ino;
};

static int by_name(const void *a, const void *b) {
  return strcmp(((const struct entry *)a)->name, ((const struct entry *)b)->name);
}

/* Says what a directory holds but its dots, by name. */
static void say_entries(int fd) {
  struct stat dir = {0};
  fstat(fd, &dir);
  struct entry *all = NULL;
  size_t count = 0, room = 0;
  for (;;) {
    char buffer[4096] __attribute__((aligned(8)));
    long got = syscall(SYS_getdents64, fd, buffer, sizeof buffer);
    if (got < 0) {
      say("E%d", errno);
      goto out;
    }
    if (got == 0) break;
    for (long at = 0; at < got;) {
      struct dirent64 *d = (struct dirent64 *)(buffer + at);
      at += d->d_reclen;
      if (strcmp(d->d_name, ".") == 0 || strcmp(d->d_name, "..") == 0) continue;
      if (count == room) all = realloc(all, (room = room * 2 + 16) * sizeof *all);
      if (!all) fatal("realloc");
      all[count++] = (struct entry){strdup(d->d_name), d->d_type, d->d_ino};
    }
  }
  qsort(all, count, sizeof *all, by_name);
  say("D %zu", count);
  for (size_t i = 0; i < count; i++) {
    say(" ");
    say_bytes((unsigned char *)all[i].name, strlen(all[i].name));
    say(":%d:", all[i].type);
    say_entry(dir.st_dev, all[i].ino);
  }
out:
  for (size_t i = 0; i < count; i++) free(all[i].name);
  free(all);
}

/* Difference DIRECTORY_OFFSETS: leaves the offset as it was. */
static void list_descriptor(int fd) {
  struct stat s;
  int is_directory = fstat(fd, &s) == 0 && S_ISDIR(s.st_mode);
  off_t before = is_directory ? lseek(fd, 0, SEEK_CUR) : 0;
  if (is_directory) lseek(fd, 0, SEEK_SET);
  say_entries(fd);
  if (is_directory) lseek(fd, before, SEEK_SET);
}

static void list(const char *dir) {
  int fd = open(dir, O_RDONLY | O_DIRECTORY);
  if (fd < 0) {
    say("E%d", errno);
    return;
  }
  say_entries(fd);
  close(fd);
}

/* ---- descriptors ---- */

/* The descriptor in the slot of word `i`; answers EBADF if there is none. */
static int descriptor(int process, int i) {
  int fd = slots[process][number(i)];
  if (fd < 0) say("E%d", EBADF);
  return fd;
}

static void put(int process, int i, int fd) {
  int *slot = &slots[process][number(i)];
  if (*slot >= 0) close(*slot);
  *slot = fd;
}

/* Difference STICKY_NODES: the error without that rule. */
static int refused(const char *name, int flags) {
  if (!(flags & O_CREAT)) return EACCES;
  int fd = open(name, (flags & ~(O_CREAT | O_EXCL)) | O_NONBLOCK);
  if (fd >= 0) close(fd);
  return fd < 0 && (errno == ENXIO || errno == ELOOP) ? errno : EACCES;
}

/* Difference FIFO_OPENS: a FIFO can be opened here; it is said to be like a socket. */
static void open_into(int process) {
  int fd = open(path(2), (int)octal(3) | O_NONBLOCK, (mode_t)octal(4));
  int error = errno;
  struct stat s;
  int is_fifo = fd >= 0 ? fstat(fd, &s) == 0 && S_ISFIFO(s.st_mode)
                        : error == EINVAL && (octal(3) & 3) == 3 && stat(word[2], &s) == 0 &&
                              S_ISFIFO(s.st_mode);
  if (is_fifo) {
    if (fd >= 0) close(fd);
    fd = -1;
    error = ENXIO;
  }
  errno = fd < 0 && error == EACCES ? refused(word[2], (int)octal(3)) : error;
  if (fd >= 0 && !(octal(3) & O_NONBLOCK)) fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) & ~O_NONBLOCK);
  say_done(fd);
  if (fd >= 0) put(process, 1, fd);
}

/* Difference COPY_FILLS_HOLES: not where space may run out before the copy is done. */
static void copy(int fd, int to) {
  struct statfs f;
  if (fstatfs(to, &f) == 0 && (long long)f.f_bfree < number(5) / f.f_bsize + 2) {
    say("E%d", ENOSPC);
    return;
  }
  struct stat a, b;
  if (on_ours && fstat(fd, &a) == 0 && fstat(to, &b) == 0 && S_ISREG(a.st_mode) &&
      S_ISREG(b.st_mode) && same_device(a.st_dev) != same_device(b.st_dev)) {
    /* Difference COPY_BETWEEN_MOUNTS: what is found wrong first stays so. */
    loff_t from_start = 0, to_start = 0;
    say("E%d", copy_file_range(fd, &from_start, to, &to_start, 0, 0) < 0 ? errno : EXDEV);
    return;
  }
  if (on_ours && (fcntl(fd, F_GETFL) & O_NOATIME)) {
    (void)!pread(fd, bytes, 1, 0); /* Difference FLAGS_CHANGED. */
  }
  off64_t from_at = number(2), to_at = number(4);
  ssize_t copied = copy_file_range(fd, &from_at, to, &to_at, size_of(5), 0);
  int error = errno;
  if (on_ours) {
    for (ssize_t done = 0, n; done < copied; done += n) {
      size_t most = copied - done < (ssize_t)sizeof bytes ? (size_t)(copied - done) : sizeof bytes;
      n = pread(fd, bytes, most, number(2) + done);
      if (n <= 0 || pwrite(to, bytes, (size_t)n, number(4) + done) != n) fatal("copy");
    }
  }
  errno = error;
  say_result(copied);
}

/* Difference REFUSED_WRITE_MARKS. */
static void say_written(int fd, ssize_t written) {
  int error = errno;
  if (on_ours && written < 0 && error == ENOSPC) {
    const int punch = FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE;
    if (fallocate(fd, punch, INT64_MAX - 4096, 1) < 0) fatal("punch");
  }
  errno = error;
  say_result(written);
}

/* Difference SHIFTED_RANGES: asks for what no file system has instead. */
static int refused_allocate(int fd, int mode, off_t offset, off_t length) {
  int shifts = mode == FALLOC_FL_COLLAPSE_RANGE || mode == FALLOC_FL_INSERT_RANGE;
  int result = fallocate(fd, shifts ? FALLOC_FL_UNSHARE_RANGE : mode, offset, length);
  off_t end;
  if (errno == EFBIG && !__builtin_add_overflow(offset, length, &end)) errno = EOPNOTSUPP;
  return result;
}

/* Difference PARTLY_ALLOCATED: more than there is. */
static int is_too_much(int fd, int mode, off_t length) {
  struct statfs f;
  return mode <= FALLOC_FL_KEEP_SIZE && length <= 1LL << 43 && fstatfs(fd, &f) == 0 &&
         f.f_type != TMPFS_MAGIC &&
         f.f_type != FUSE_SUPER_MAGIC && length / f.f_bsize > (long long)f.f_bfree;
}

static void allocate(int fd, int mode, off_t offset, off_t length) {
  int refused = FALLOC_FL_COLLAPSE_RANGE | FALLOC_FL_INSERT_RANGE | FALLOC_FL_UNSHARE_RANGE;
  if (host && is_too_much(fd, mode, length)) {
    say("E%d", ENOSPC);
  } else if (host && (mode & refused)) {
    say_done(refused_allocate(fd, mode, offset, length));
  } else {
    say_done(fallocate(fd, mode, offset, length));
  }
}

static void share(int process) {
  int fd = descriptor(process, 1);
  if (fd < 0) return;
  int copy = dup(fd);
  int *slot = &slots[number(2)][number(3)];
  if (*slot >= 0) close(*slot);
  *slot = copy;
  say_done(copy);
}

static void link_descriptor(int fd) {
  char name[16];
  snprintf(name, sizeof name, "%d", fd);
  size_t length = plain(word[2]);
  char *whole = malloc(length + 2 + strlen(word[3]));
  if (!whole) fatal("malloc");
  sprintf(whole, "%s/%s", word[2], path(3));
  say_done(linkat(descriptors, name, AT_FDCWD, whole, AT_SYMLINK_FOLLOW));
  free(whole);
}

/* Differences DIRECTORY_ENDS and FAR_DATA. */
static void seek(int fd, off_t offset, int whence) {
  struct stat s;
  errno = 0;
  if (whence >= SEEK_END && fstat(fd, &s) == 0) {
    if ((host || on_ours) && S_ISDIR(s.st_mode)) errno = EINVAL;
    if (whence > SEEK_END && s.st_size > INT64_MAX - 4096) errno = EOVERFLOW;
  }
  say_result(errno ? -1 : lseek(fd, offset, whence));
}

/* Operations on an open file; false if this is none. */
static int on_descriptor(int process, const char *op) {
  static const char *const OPS[] = {
      "close",   "read",   "pread",    "write",  "pwrite", "lseek",  "ftruncate", "fallocate",
      "copy",    "fchmod", "fchown",   "futimens", "fstat", "fdlist", "fcntl",    "fsync",
      "linkfd",  NULL};
  int known = 0;
  for (int i = 0; OPS[i]; i++) known |= strcmp(op, OPS[i]) == 0;
  if (!known) return 0;
  int fd = descriptor(process, 1);
  if (fd < 0) return 1;
  struct stat s;
  struct timespec times[2];
  if (on_ours && second >= 0) (void)!fstat(fd, &s); /* Difference SEEN_LAST. */
  if (strcmp(op, "close") == 0) {
    put(process, 1, -1);
    say("OK");
  } else if (strcmp(op, "read") == 0) {
    say_data(read(fd, bytes, size_of(2)));
  } else if (strcmp(op, "pread") == 0) {
    say_data(pread(fd, bytes, size_of(2), number(3)));
  } else if (strcmp(op, "write") == 0) {
    fill(size_of(2), number(3));
    say_written(fd, write(fd, bytes, size_of(2)));
  } else if (strcmp(op, "pwrite") == 0) {
    fill(size_of(2), number(3));
    say_written(fd, pwrite(fd, bytes, size_of(2), number(4)));
  } else if (strcmp(op, "lseek") == 0) {
    seek(fd, number(3), (int)number(2));
  } else if (strcmp(op, "ftruncate") == 0) {
    say_done(ftruncate(fd, number(2)));
  } else if (strcmp(op, "fallocate") == 0) {
    allocate(fd, (int)number(2), number(3), number(4));
  } else if (strcmp(op, "copy") == 0) {
    int to = descriptor(process, 3);
    if (to >= 0) copy(fd, to);
  } else if (strcmp(op, "fchmod") == 0) {
    say_done(fchmod(fd, (mode_t)octal(2)));
  } else if (strcmp(op, "fchown") == 0) {
    say_done(fchown(fd, (uid_t)number(2), (gid_t)number(3)));
  } else if (strcmp(op, "futimens") == 0) {
    time_of(2, &times[0]);
    time_of(3, &times[1]);
    say_done(futimens(fd, times));
  } else if (strcmp(op, "fstat") == 0) {
    say_stat(fstat(fd, &s), &s, fd, "", AT_EMPTY_PATH);
  } else if (strcmp(op, "fdlist") == 0) {
    list_descriptor(fd);
  } else if (strcmp(op, "fcntl") == 0) {
    say_done(fcntl(fd, F_SETFL, (int)octal(2)));
  } else if (strcmp(op, "fsync") == 0) {
    say_done(fsync(fd));
  } else {
    link_descriptor(fd);
  }
  return 1;
}

/* ---- names ---- */

static void xattr(const char *op) {
  int follow = (int)number(words - 1);
  const char *of = path(1);
  long got;
  if (strcmp(op, "listxattr") == 0) {
    got = follow ? listxattr(of, (char *)bytes, sizeof bytes) : llistxattr(of, (char *)bytes, sizeof bytes);
    if (got < 0) {
      say("E%d", errno);
      return;
    }
    say("X");
    for (long at = 0; at < got; at += strlen((char *)bytes + at) + 1) {
      say(" ");
      say_bytes(bytes + at, strlen((char *)bytes + at));
    }
    return;
  }
  const char *name = path(2);
  if (strcmp(op, "getxattr") == 0) {
    say_data(follow ? getxattr(of, name, bytes, sizeof bytes) : lgetxattr(of, name, bytes, sizeof bytes));
  } else if (strcmp(op, "removexattr") == 0) {
    say_done(follow ? removexattr(of, name) : lremovexattr(of, name));
  } else if (strcmp(op, "valuexattr") == 0) {
    size_t count = plain(word[3]);
    say_done(follow ? setxattr(of, name, word[3], count, 0) : lsetxattr(of, name, word[3], count, 0));
  } else {
    size_t count = size_of(3);
    int flags = (int)number(5);
    fill(count, number(4));
    say_done(follow ? setxattr(of, name, bytes, count, flags) : lsetxattr(of, name, bytes, count, flags));
  }
}

static void rename_flags(void) {
  const char *from = path(1);
  const char *to = path(2);
  int result = (int)syscall(SYS_renameat2, AT_FDCWD, from, AT_FDCWD, to, (int)number(3));
  struct stat s;
  if (second >= 0 && result < 0 && errno == ESTALE) {
    /* Difference MOVED_ELSEWHERE. */
    (void)!(lstat(from, &s) + lstat(to, &s));
    result = (int)syscall(SYS_renameat2, AT_FDCWD, from, AT_FDCWD, to, (int)number(3));
  }
  say_done(result);
}

static void link_names(void) {
  const char *from = path(1);
  const char *to = path(2);
  say_done(linkat(AT_FDCWD, from, AT_FDCWD, to, number(3) ? AT_SYMLINK_FOLLOW : 0));
}

static void make_symlink(void) {
  const char *target = path(1);
  say_done(symlink(target, path(2)));
}

static void read_link(void) {
  long got = readlink(path(1), (char *)bytes, sizeof bytes);
  if (got < 0) {
    say("E%d", errno);
    return;
  }
  say("L ");
  say_bytes(bytes, got);
}

/* Difference UNMARKED_MODE: a change of the mode alone marks the change time here too. */
static void truncate_name(void) {
  struct stat before = {0}, after = {0};
  const char *name = path(1);
  if (host || number(2) < 0) { /* which is refused before the name is looked at */
    say_done(truncate(name, number(2)));
    return;
  }
  stat(name, &before);
  say_done(truncate(name, number(2)));
  stat(name, &after);
  int mode_alone = before.st_size == after.st_size && before.st_mode != after.st_mode;
  if (mode_alone && chown(name, -1, -1) < 0) fatal("chown");
}

static void set_times(void) {
  struct timespec times[2];
  time_of(2, &times[0]);
  time_of(3, &times[1]);
  int flags = number(4) ? 0 : AT_SYMLINK_NOFOLLOW;
  say_done(utimensat(AT_FDCWD, path(1), times, flags));
}

/* Difference FORGOTTEN_LATER: looks until several looks show the same. */
static int settled_statfs(const char *of, struct statfs *f) {
  struct statfs before;
  int same = 0, result = statfs(of, f);
  while (on_ours && result == 0 && same < 4) {
    struct timespec pause = {0, 500000};
    nanosleep(&pause, NULL);
    before = *f;
    result = statfs(of, f);
    same = before.f_bfree == f->f_bfree && before.f_ffree == f->f_ffree ? same + 1 : 0;
  }
  return result;
}

/* Difference DIRECTORIES_LINGER: free inodes only with `all`. */
static void file_system(int all) {
  struct statfs f;
  if (settled_statfs(path(1), &f) < 0) {
    say("E%d", errno);
    return;
  }
  if (on_ours) f.f_type = TMPFS_MAGIC; /* Difference FILE_SYSTEM_TYPE. */
  say("F %ld %ld %ld %ld %ld", (long)f.f_type, (long)f.f_bsize, (long)f.f_blocks, (long)f.f_bfree,
      (long)f.f_files);
  if (all) say(" %ld", (long)f.f_ffree);
}

static void on_name(const char *op) {
  struct stat s;
  if (strcmp(op, "mkdir") == 0) {
    say_done(mkdir(path(1), (mode_t)octal(2)));
  } else if (strcmp(op, "mknod") == 0) {
    say_done(mknod(path(1), (mode_t)octal(2), (dev_t)number(3)));
  } else if (strcmp(op, "symlink") == 0) {
    make_symlink();
  } else if (strcmp(op, "readlink") == 0) {
    read_link();
  } else if (strcmp(op, "link") == 0) {
    link_names();
  } else if (strcmp(op, "unlink") == 0) {
    say_done(unlink(path(1)));
  } else if (strcmp(op, "rmdir") == 0) {
    say_done(rmdir(path(1)));
  } else if (strcmp(op, "rename") == 0) {
    rename_flags();
  } else if (strcmp(op, "chdir") == 0) {
    say_done(chdir(path(1)));
  } else if (strcmp(op, "umask") == 0) {
    umask((mode_t)octal(1));
    say("OK");
  } else if (strcmp(op, "truncate") == 0) {
    truncate_name();
  } else if (strcmp(op, "chmod") == 0) {
    say_done(chmod(path(1), (mode_t)octal(2)));
  } else if (strcmp(op, "chown") == 0) {
    say_done(chown(path(1), (uid_t)number(2), (gid_t)number(3)));
  } else if (strcmp(op, "lchown") == 0) {
    say_done(lchown(path(1), (uid_t)number(2), (gid_t)number(3)));
  } else if (strcmp(op, "utimens") == 0) {
    set_times();
  } else if (strcmp(op, "access") == 0) {
    say_done(access(path(1), (int)number(2)));
  } else if (strcmp(op, "stat") == 0) {
    say_stat(stat(path(1), &s), &s, AT_FDCWD, word[1], AT_SYMLINK_FOLLOW);
  } else if (strcmp(op, "lstat") == 0) {
    say_stat(lstat(path(1), &s), &s, AT_FDCWD, word[1], 0);
  } else if (strcmp(op, "statfs") == 0 || strcmp(op, "usage") == 0) {
    file_system(*op == 'u');
  } else if (strcmp(op, "list") == 0) {
    list(path(1));
  } else if (strstr(op, "xattr")) {
    xattr(op);
  } else {
    errno = EINVAL;
    fatal(op);
  }
}

/* ---- threads ---- */

/* The C library would set the identity of all threads; the system calls set that of this one. */
static void become(const struct actor *actor) {
  const struct user *u = actor->user;
  if (unshare(CLONE_FS) < 0) fatal("unshare");
  if (actor->process == 1 && second >= 0 && (fchdir(second) < 0 || chroot(".") < 0)) fatal("chroot");
  umask(actor->mask);
  if (u->uid == 0) return;
  if (syscall(SYS_setgroups, (size_t)u->groups, u->group) < 0) fatal("setgroups");
  if (syscall(SYS_setresgid, u->gid, u->gid, u->gid) < 0) fatal("setresgid");
  if (syscall(SYS_setresuid, u->uid, u->uid, u->uid) < 0) fatal("setresuid");
}

static void *act(void *argument) {
  struct actor *actor = argument;
  become(actor);
  sem_post(&actor->done);
  for (;;) {
    sem_wait(&actor->go);
    const char *op = word[0];
    if (strcmp(op, "open") == 0) {
      open_into(actor->process);
    } else if (strcmp(op, "share") == 0) {
      share(actor->process);
    } else if (!on_descriptor(actor->process, op)) {
      on_name(op);
    }
    sem_post(&actor->done);
  }
  return NULL;
}

static void start_actors(void) {
  for (int p = 0; p < PROCESSES; p++) {
    for (int s = 0; s < SLOTS; s++) slots[p][s] = -1;
    for (int u = 0; u < USERS; u++) {
      struct actor *actor = &actors[p][u];
      *actor = (struct actor){.process = p, .user = &USER[u], .mask = UMASK[p][u]};
      sem_init(&actor->go, 0, 0);
      sem_init(&actor->done, 0, 0);
      pthread_t thread;
      if (pthread_create(&thread, NULL, act, actor) != 0) fatal("pthread_create");
      sem_wait(&actor->done);
    }
  }
}

static void note_mount(dev_t covered_dev, ino_t covered_ino, const struct stat *root) {
  if (mounts == MOUNTS_MAX) fatal("mounts");
  mount_points[mounts++] =
      (struct mount_point){covered_dev, root->st_dev, covered_ino, root->st_ino};
}

/* The same place in the second process's world has another device. */
static void note_alias(const char *path, dev_t dev) {
  struct stat there;
  if (second < 0) return;
  if (fstatat(second, path, &there, 0) < 0 || alias_count == MOUNTS_MAX) fatal(path);
  aliases[alias_count++] = (struct alias){there.st_dev, dev};
}

/* Takes notice of what a word PATH@NUMBER says is mounted on a directory of that number. */
static void find_mount(char *known) {
  char *save = NULL;
  const char *where = strtok_r(known, "@", &save);
  const char *number = strtok_r(NULL, "", &save);
  char path[256];
  snprintf(path, sizeof path, ".%s", where);
  struct stat above, root;
  if (!number || stat(".", &above) < 0 || stat(path, &root) < 0) fatal(path);
  note_mount(above.st_dev, strtoull(number, NULL, 10), &root);
  note_alias(path, root.st_dev);
}

/* Mounts what a word PATH:FLAGS:DATA asks for, below the working directory. */
static void mount_tmpfs(char *wanted) {
  char *save = NULL;
  const char *where = strtok_r(wanted, ":", &save);
  const char *flags = strtok_r(NULL, ":", &save);
  const char *data = strtok_r(NULL, "", &save);
  if (!flags || !data) fatal("PATH:FLAGS:DATA");
  unsigned long bits = strstr(flags, "strictatime") ? MS_STRICTATIME : 0;
  bits |= strstr(flags, "noatime") ? MS_NOATIME : 0;
  bits |= strstr(flags, "ro") ? MS_RDONLY : 0;
  char path[256];
  snprintf(path, sizeof path, ".%s", where);
  struct stat covered = {0}, root = {0};
  if (strcmp(where, "/") != 0 && mkdir(path, 0755) < 0 && errno != EEXIST) fatal(path);
  if (stat(path, &covered) < 0) fatal(path);
  if (mount("coterie-check", path, "tmpfs", bits, data) < 0) fatal("mount");
  /* A relative path would still lead to what is hidden now. */
  if (strcmp(where, "/") == 0 && chdir(getcwd(path, sizeof path)) < 0) fatal("chdir");
  if (stat(strcmp(where, "/") == 0 ? "." : path, &root) < 0) fatal(path);
  note_mount(covered.st_dev, covered.st_ino, &root);
}

static void enter(char *dir, char **wanted, int count) {
  char *other = strchr(dir, ':');
  if (other) *other++ = 0;
  if (setgroups(0, NULL) < 0) fatal("setgroups");
  descriptors = open("/proc/self/fd", O_PATH | O_DIRECTORY);
  if (descriptors < 0) fatal("/proc/self/fd");
  if (unshare(CLONE_NEWNS) < 0) fatal("unshare");
  if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0) fatal("mount --make-private");
  if (other && (second = open(other, O_PATH | O_DIRECTORY)) < 0) fatal(other);
  if (chdir(dir) < 0) fatal(dir);
  struct statfs f;
  if (statfs(".", &f) < 0) fatal(dir);
  on_ours = f.f_type == FUSE_SUPER_MAGIC;
  struct stat root;
  if (stat(".", &root) < 0) fatal(dir);
  note_alias(".", root.st_dev);
  for (int i = 0; i < count; i++) {
    if (strchr(wanted[i], '@')) {
      find_mount(wanted[i]);
    } else {
      mount_tmpfs(wanted[i]);
    }
  }
  if (chroot(".") < 0) fatal("chroot");
}

int main(int count, char **arguments) {
  for (int option; (option = getopt(count, arguments, "+hgs")) != -1;) {
    host |= option == 'h';
    generations |= option == 'g';
    slow |= option == 's';
  }
  if (optind >= count) {
    fprintf(stderr, "usage: kernel_fs [-h] [-g] [-s] DIRECTORY[:DIRECTORY] [PATH...]\n");
    return 2;
  }
  char *directory = arguments[optind++];
  for (int i = optind; i < count; i++) slow |= strstr(arguments[i], "relatime") != NULL;
  enter(directory, arguments + optind, count - optind);
  start_actors();
  char *line = NULL;
  size_t room = 0;
  printf("ready\n");
  fflush(stdout);
  while (getline(&line, &room, stdin) > 0) {
    char *save = NULL;
    int process = atoi(strtok_r(line, " \n", &save));
    int user = atoi(strtok_r(NULL, " \n", &save));
    words = 0;
    for (char *w = strtok_r(NULL, " \n", &save); w && words < WORDS_MAX; w = strtok_r(NULL, " \n", &save)) {
      word[words++] = w;
    }
    answered = 0;
    sem_post(&actors[process][user].go);
    sem_wait(&actors[process][user].done);
    if (slow) await_next_tick();
    puts(answer);
    fflush(stdout);
  }
  return 0;
}
