/*
 * Runs in a guest and does what the test on the host asks for: one line in, one line out, over a
 * virtio serial port. Almost every command is one system call, so that a check knows what the
 * kernel was asked. The Java side is dev.coterie.check.guest.Guest.
 *
 * usage: guest_agent PORT
 *
 * Words are separated by one space; bytes that are not plain are %XX and an empty word is %. A path
 * may begin with @SLOT: and is then relative to that open directory. Answers: "OK", perhaps with
 * values, or E and the number of the error.
 */
#define _GNU_SOURCE
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <unistd.h>

#define SLOTS 64
#define JOBS 16
#define WORDS_MAX 24
#define TRANSFER_MAX (4 << 20)
#define LINE_MAX_BYTES (1 << 20)

static char *word[WORDS_MAX];
static size_t length[WORDS_MAX]; /* of a word, which may hold NUL */
static int words;
static char *answer;
static size_t answered, answer_room;
static int slot[SLOTS];
static char *map[SLOTS];
static size_t map_length[SLOTS];
static unsigned char bytes[TRANSFER_MAX];

struct job {
  char name[32]; /* empty: free */
  pid_t pid;
  int out; /* the reading end of a pipe */
};

static struct job jobs[JOBS];

static void fatal(const char *what) {
  fprintf(stderr, "guest_agent: %s: %s\n", what, strerror(errno));
  _exit(2);
}

/* ---- lines ---- */

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

static void say_bytes(const void *data, size_t count) {
  const unsigned char *from = data;
  say(count == 0 ? " %%" : " ");
  for (size_t i = 0; i < count; i++) {
    if (isalnum(from[i]) || (from[i] && strchr("._-/", from[i]))) {
      say("%c", from[i]);
    } else {
      say("%%%02X", from[i]);
    }
  }
}

static int digit(char c) { return c <= '9' ? c - '0' : c - 'A' + 10; }

static size_t plain(char *text) {
  char *to = text;
  if (strcmp(text, "%") != 0) {
    for (char *from = text; *from; from++) {
      if (*from == '%') {
        *to++ = (char)(digit(from[1]) * 16 + digit(from[2]));
        from += 2;
      } else {
        *to++ = *from;
      }
    }
  }
  *to = 0;
  return to - text;
}

static char *text(int i) {
  if (i >= words) {
    fprintf(stderr, "guest_agent: %s: word %d is missing\n", word[0], i);
    _exit(2);
  }
  return word[i];
}

static long number(int i) { return strtol(text(i), NULL, 10); }

static int octal(int i) { return (int)strtol(text(i), NULL, 8); }

static int index_of(int i) {
  long n = number(i);
  if (n < 0 || n >= SLOTS) {
    fprintf(stderr, "guest_agent: no slot %ld\n", n);
    _exit(2);
  }
  return (int)n;
}

static int fd(int i) { return slot[index_of(i)]; }

/* What a path is relative to, and the rest of it. */
static int place(int i, const char **path) {
  char *from = text(i);
  char *colon = from[0] == '@' ? strchr(from, ':') : NULL;
  *path = colon ? colon + 1 : from;
  return colon ? slot[atoi(from + 1) % SLOTS] : AT_FDCWD;
}

/* ---- content that both sides know without sending it ---- */

/* As dev.coterie.check.guest.Content: byte i of the content with this seed. */
static unsigned char content(uint64_t seed, uint64_t i) {
  uint64_t x = (seed + 1) * 0x9E3779B97F4A7C15u + (i >> 3) * 0xBF58476D1CE4E5B9u;
  x ^= x >> 31;
  x *= 0x94D049BB133111EBu;
  x ^= x >> 29;
  return (unsigned char)(x >> (i & 7) * 8);
}

static uint64_t fnv(uint64_t sum, const unsigned char *from, size_t count) {
  for (size_t i = 0; i < count; i++) sum = (sum ^ from[i]) * 0x100000001B3u;
  return sum;
}

#define FNV_START 0xCBF29CE484222325u

/* fill SLOT OFFSET LENGTH SEED UNIT: writes content at its own offsets, so much at a time. */
static void do_fill(void) {
  long at = number(2), end = at + number(3), unit = number(5);
  while (at < end) {
    long n = end - at < unit ? end - at : unit;
    for (long i = 0; i < n; i++) bytes[i] = content(number(4), at + i);
    long done = pwrite(fd(1), bytes, n, at);
    if (done <= 0) {
      say_result(done);
      return;
    }
    at += done;
  }
  say("OK");
}

/* sum SLOT UNIT: length and checksum of all from the offset to the end, read so much at a time. */
static void do_sum(void) {
  uint64_t sum = FNV_START;
  long total = 0, n;
  while ((n = read(fd(1), bytes, number(2))) > 0) {
    sum = fnv(sum, bytes, n);
    total += n;
  }
  if (n < 0) {
    say_result(n);
  } else {
    say("OK %ld %016lx", total, (unsigned long)sum);
  }
}

/* ---- open files ---- */

static void do_open(void) {
  const char *path;
  int dir = place(2, &path);
  int opened = openat(dir, path, octal(3), octal(4));
  slot[index_of(1)] = opened;
  say_result(opened < 0 ? -1 : 0);
}

static void do_close(void) {
  int result = close(fd(1));
  slot[index_of(1)] = -1;
  say_result(result);
}

static void say_read(long count) {
  say_result(count);
  if (count >= 0) say_bytes(bytes, count);
}

static void do_read(void) { say_read(read(fd(1), bytes, number(2))); }

static void do_pread(void) { say_read(pread(fd(1), bytes, number(2), number(3))); }

static void do_write(void) { say_result(write(fd(1), text(2), length[2])); }

static void do_pwrite(void) { say_result(pwrite(fd(1), text(2), length[2], number(3))); }

static void do_lseek(void) { say_result(lseek(fd(1), number(2), (int)number(3))); }

static void do_ftruncate(void) { say_result(ftruncate(fd(1), number(2))); }

static void do_fallocate(void) {
  say_result(fallocate(fd(1), (int)number(2), number(3), number(4)));
}

static void do_fsync(void) { say_result(fsync(fd(1))); }

static void do_fchmod(void) { say_result(fchmod(fd(1), octal(2))); }

/* getdents SLOT BYTES: one call; names with their offsets and types. */
static void do_getdents(void) {
  struct entry {
    uint64_t ino;
    int64_t off;
    unsigned short reclen;
    unsigned char type;
    char name[];
  };
  long n = syscall(SYS_getdents64, fd(1), bytes, (size_t)number(2));
  if (n < 0) {
    say_result(n);
    return;
  }
  say("OK");
  for (long at = 0; at < n;) {
    struct entry *e = (struct entry *)(bytes + at);
    say_bytes(e->name, strlen(e->name));
    at += e->reclen;
  }
}

/* count PATH: entries by readdir(3) but for the dots, and the sum of the checksums of their names. */
static void do_count(void) {
  DIR *dir = opendir(text(1));
  if (!dir) {
    say_result(-1);
    return;
  }
  long count = 0;
  uint64_t sum = 0;
  struct dirent *e;
  while ((errno = 0, e = readdir(dir))) {
    if (strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0) continue;
    count++;
    sum += fnv(FNV_START, (unsigned char *)e->d_name, strlen(e->d_name));
  }
  int error = errno;
  closedir(dir);
  errno = error;
  if (error) {
    say_result(-1);
  } else {
    say("OK %ld %016lx", count, (unsigned long)sum);
  }
}

/* ---- maps ---- */

/* map SLOT OF LENGTH: maps the file open as OF, shared and writable. */
static void do_map(void) {
  int at = index_of(1);
  char *address = mmap(NULL, number(3), PROT_READ | PROT_WRITE, MAP_SHARED, fd(2), 0);
  if (address == MAP_FAILED) {
    say_result(-1);
    return;
  }
  map[at] = address;
  map_length[at] = number(3);
  say("OK");
}

static void do_mapread(void) {
  say("OK");
  say_bytes(map[index_of(1)] + number(2), number(3));
}

static void do_mapwrite(void) {
  memcpy(map[index_of(1)] + number(2), text(3), length[3]);
  say("OK");
}

static void do_msync(void) {
  int at = index_of(1);
  say_result(msync(map[at], map_length[at], MS_SYNC));
}

static void do_unmap(void) {
  int at = index_of(1);
  say_result(munmap(map[at], map_length[at]));
}

/* ---- names ---- */

static void say_stat(int result, const struct stat *s) {
  if (result < 0) {
    say_result(-1);
    return;
  }
  say("OK %o %lu %u %u %ld %ld %lu %lu %ld.%09ld %ld.%09ld %ld.%09ld", s->st_mode,
      (unsigned long)s->st_nlink, s->st_uid, s->st_gid, (long)s->st_size, (long)s->st_blocks,
      (unsigned long)s->st_rdev, (unsigned long)s->st_ino, (long)s->st_atim.tv_sec,
      s->st_atim.tv_nsec, (long)s->st_mtim.tv_sec, s->st_mtim.tv_nsec, (long)s->st_ctim.tv_sec,
      s->st_ctim.tv_nsec);
}

static void do_stat(void) {
  struct stat s;
  const char *path;
  int dir = place(1, &path);
  say_stat(fstatat(dir, path, &s, AT_SYMLINK_NOFOLLOW), &s);
}

static void do_fstat(void) {
  struct stat s;
  say_stat(fstat(fd(1), &s), &s);
}

static void do_mkdir(void) {
  const char *path;
  int dir = place(1, &path);
  say_result(mkdirat(dir, path, octal(2)));
}

static void do_mknod(void) {
  const char *path;
  int dir = place(1, &path);
  say_result(mknodat(dir, path, octal(2), (dev_t)number(3)));
}

static void do_unlink(void) {
  const char *path;
  int dir = place(1, &path);
  say_result(unlinkat(dir, path, 0));
}

static void do_rmdir(void) {
  const char *path;
  int dir = place(1, &path);
  say_result(unlinkat(dir, path, AT_REMOVEDIR));
}

static void do_rename(void) {
  const char *from, *to;
  int from_dir = place(1, &from), to_dir = place(2, &to);
  say_result(renameat2(from_dir, from, to_dir, to, words > 3 ? (unsigned)number(3) : 0));
}

static void do_link(void) {
  const char *from, *to;
  int from_dir = place(1, &from), to_dir = place(2, &to);
  say_result(linkat(from_dir, from, to_dir, to, 0));
}

static void do_symlink(void) {
  const char *path;
  int dir = place(2, &path);
  say_result(symlinkat(text(1), dir, path));
}

static void do_readlink(void) {
  const char *path;
  int dir = place(1, &path);
  say_read(readlinkat(dir, path, (char *)bytes, 8192));
}

static void do_chmod(void) { say_result(chmod(text(1), octal(2))); }

static void do_chown(void) { say_result(lchown(text(1), (uid_t)number(2), (gid_t)number(3))); }

static void do_truncate(void) { say_result(truncate(text(1), number(2))); }

static void do_access(void) { say_result(faccessat(AT_FDCWD, text(1), (int)number(2), AT_EACCESS)); }

static void do_chdir(void) { say_result(chdir(text(1))); }

/* utimens PATH ATIME-SECONDS ATIME-NANOS MTIME-SECONDS MTIME-NANOS */
static void do_utimens(void) {
  struct timespec t[2] = {{number(2), number(3)}, {number(4), number(5)}};
  say_result(utimensat(AT_FDCWD, text(1), t, AT_SYMLINK_NOFOLLOW));
}

static void do_statfs(void) {
  struct statfs f;
  if (statfs(text(1), &f) < 0) {
    say_result(-1);
  } else {
    say("OK %ld %ld %ld %ld %ld %ld %ld %ld", (long)f.f_type, (long)f.f_bsize, (long)f.f_blocks,
        (long)f.f_bfree, (long)f.f_bavail, (long)f.f_files, (long)f.f_ffree, (long)f.f_namelen);
  }
}

/* ---- extended attributes ---- */

static void do_xset(void) {
  say_result(lsetxattr(text(1), text(2), text(3), length[3], (int)number(4)));
}

static void do_xget(void) { say_read(lgetxattr(text(1), text(2), bytes, number(3))); }

static void do_xlist(void) { say_read(llistxattr(text(1), (char *)bytes, number(2))); }

static void do_xremove(void) { say_result(lremovexattr(text(1), text(2))); }

static void do_fxset(void) {
  say_result(fsetxattr(fd(1), text(2), text(3), length[3], (int)number(4)));
}

/* ---- mounts and identity ---- */

static void do_mount(void) { say_result(mount(text(1), text(2), "9p", 0, text(3))); }

static void do_umount(void) { say_result(umount2(text(1), (int)number(2))); }

/* as UID GID GROUP...: who asks the kernel from now on. */
static void do_as(void) {
  gid_t group[WORDS_MAX];
  int count = 0;
  for (int i = 3; i < words; i++) group[count++] = (gid_t)number(i);
  int result = setresuid(-1, 0, -1);
  if (result == 0) result = setgroups(count, group);
  if (result == 0) result = setresgid(-1, (gid_t)number(2), -1);
  if (result == 0) result = setresuid(-1, (uid_t)number(1), -1);
  say_result(result);
}

static void do_umask(void) { say("OK %o", umask(octal(1))); }

/* hello NAME SECONDS: the guest was saved long ago, and knows neither its name nor the time. */
static void do_hello(void) {
  struct timeval now = {number(2), 0};
  if (sethostname(text(1), strlen(text(1))) < 0 || settimeofday(&now, NULL) < 0) fatal("hello");
  say("OK");
}

/* ---- locks ---- */

/* lock SLOT HOW TYPE START LENGTH: of the process or (o...) of the open file; HOW set, wait, get, oset, owait. */
static void do_lock(void) {
  const char *how = text(2);
  const char *type = text(3);
  struct flock lock = {.l_type = type[0] == 'r' ? F_RDLCK : type[0] == 'w' ? F_WRLCK : F_UNLCK,
      .l_whence = SEEK_SET, .l_start = number(4), .l_len = number(5)};
  int command = how[0] == 'g' ? F_GETLK : how[0] == 's' ? F_SETLK : how[0] == 'w' ? F_SETLKW
      : how[1] == 's' ? F_OFD_SETLK : F_OFD_SETLKW;
  if (fcntl(fd(1), command, &lock) < 0) {
    say_result(-1);
  } else if (how[0] != 'g') {
    say("OK");
  } else if (lock.l_type == F_UNLCK) {
    say("OK free");
  } else {
    say("OK %s %ld %ld %d", lock.l_type == F_RDLCK ? "r" : "w", (long)lock.l_start, (long)lock.l_len, lock.l_pid);
  }
}

/* hold SLOT HOW TYPE START LENGTH: as lock, and keeps it until killed. */
static void do_hold(void) {
  do_lock();
  for (;;) pause();
}

/* flock SLOT sh|ex|un: without waiting. */
static void do_flock(void) {
  int how = text(2)[0] == 's' ? LOCK_SH : text(2)[0] == 'e' ? LOCK_EX : LOCK_UN;
  say_result(flock(fd(1), how | LOCK_NB));
}

static void do_pid(void) { say("OK %d", (int)getpid()); }

/* ---- loops, for what two guests do at a time ---- */

/* append PATH TAG COUNT: lines that say who and how long they are, each written at once. */
static void do_append(void) {
  int out = open(text(1), O_WRONLY | O_APPEND);
  if (out < 0) {
    say_result(-1);
    return;
  }
  for (int i = 0; i < number(3); i++) {
    int filling = i * 37 % 300;
    int n = snprintf((char *)bytes, 512, "%s %d %d %.*s\n", text(2), i, filling, filling,
        "................................................................................"
        "................................................................................"
        "................................................................................"
        "................................................................................");
    long done = write(out, bytes, n);
    if (done != n) {
      if (done >= 0) errno = EIO;
      say_result(-1);
      return;
    }
  }
  close(out);
  say("OK");
}

/* claim DIR COUNT HOW: tries to be the first at each of so many names; 1 for those it got. */
static void do_claim(void) {
  char path[4096];
  say("OK ");
  for (int i = 0; i < number(2); i++) {
    snprintf(path, sizeof path, "%s/%d", text(1), i);
    int got = -1;
    if (strcmp(text(3), "create") == 0) {
      got = open(path, O_WRONLY | O_CREAT | O_EXCL, 0644);
      if (got >= 0) close(got);
    } else if (strcmp(text(3), "mkdir") == 0) {
      got = mkdir(path, 0755);
    } else if (strcmp(text(3), "link") == 0) {
      got = link(text(4), path);
    } else if (strcmp(text(3), "unlink") == 0) {
      got = unlink(path);
    } else if (strcmp(text(3), "rename") == 0) {
      char to[4096];
      snprintf(to, sizeof to, "%s/%s%d", text(1), text(4), i);
      got = rename(path, to);
    }
    if (got < 0 && errno != EEXIST && errno != ENOENT) {
      answered = 0;
      say("E%d", errno);
      return;
    }
    say("%d", got >= 0);
  }
}

/* make DIR COUNT SEED: as many files with content in subdirectories of so many. */
static void do_make(void) {
  char path[4096];
  for (long i = 0; i < number(2); i++) {
    snprintf(path, sizeof path, "%s/d%ld", text(1), i / 40);
    if (i % 40 == 0 && mkdir(path, 0755) < 0 && errno != EEXIST) break;
    snprintf(path, sizeof path, "%s/d%ld/f%ld", text(1), i / 40, i);
    uint64_t seed = (uint64_t)number(3) + (uint64_t)i;
    int out = open(path, O_WRONLY | O_CREAT | O_EXCL, i % 7 == 0 ? 0755 : 0640);
    if (out < 0) break;
    size_t size = (content(seed, 1 << 20) << 8 | content(seed, 1 << 21)) >> (i % 5 + 1);
    for (size_t k = 0; k < size; k++) bytes[k] = content(seed, k);
    errno = EIO;
    struct timespec t[2] = {{1000000000 + i, i}, {1000000000 + i, i}};
    if (write(out, bytes, size) != (long)size || futimens(out, t) < 0) break;
    close(out);
    errno = 0;
  }
  if (errno && errno != EEXIST) {
    say_result(-1);
  } else {
    say("OK");
  }
}

/* populate DIR COUNT PREFIX: makes as many empty files. */
static void do_populate(void) {
  char path[4096];
  for (long i = 0; i < number(2); i++) {
    snprintf(path, sizeof path, "%s/%s%ld", text(1), text(3), i);
    int out = open(path, O_WRONLY | O_CREAT | O_EXCL, 0644);
    if (out < 0) {
      say_result(-1);
      return;
    }
    close(out);
  }
  say("OK");
}

/* ---- other processes ---- */

static void act(void);

/* sh SCRIPT: its exit status, and what it wrote to both of its streams. */
static void do_sh(void) {
  int out[2];
  if (pipe(out) < 0) fatal("pipe");
  uid_t uid = geteuid();
  gid_t gid = getegid();
  pid_t child = fork();
  if (child < 0) fatal("fork");
  if (child == 0) {
    int null = open("/dev/null", O_RDONLY);
    dup2(null, 0);
    dup2(out[1], 1);
    dup2(out[1], 2);
    closefrom(3);
    if (uid != 0 && setresuid(-1, 0, -1) < 0) _exit(126);
    if (setresgid(gid, gid, gid) < 0 || setresuid(uid, uid, uid) < 0) _exit(126);
    execl("/bin/busybox", "sh", "-c", text(1), NULL);
    _exit(127);
  }
  close(out[1]);
  size_t got = 0;
  long n;
  while (got < TRANSFER_MAX && (n = read(out[0], bytes + got, TRANSFER_MAX - got)) > 0) got += n;
  close(out[0]);
  int status;
  while (waitpid(child, &status, 0) < 0 && errno == EINTR) {}
  say("OK %d", WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status));
  say_bytes(bytes, got);
}

static struct job *job(const char *name) {
  for (int i = 0; i < JOBS; i++) {
    if (strcmp(jobs[i].name, name) == 0) return &jobs[i];
  }
  fprintf(stderr, "guest_agent: no job %s\n", name);
  _exit(2);
}

/* spawn NAME COMMAND...: does a command in a process of its own. */
static void do_spawn(void) {
  struct job *j = job("");
  int out[2];
  if (pipe(out) < 0) fatal("pipe");
  snprintf(j->name, sizeof j->name, "%s", text(1));
  j->pid = fork();
  if (j->pid < 0) fatal("fork");
  if (j->pid == 0) {
    close(out[0]);
    words -= 2;
    memmove(word, word + 2, words * sizeof *word);
    memmove(length, length + 2, words * sizeof *length);
    act();
    for (size_t at = 0; at < answered;) {
      long n = write(out[1], answer + at, answered - at);
      if (n < 0) _exit(1);
      at += n;
    }
    _exit(0);
  }
  close(out[1]);
  j->out = out[0];
  say("OK");
}

/* await NAME: waits for its end; its answer, or by which signal it was killed. */
static void do_await(void) {
  struct job *j = job(text(1));
  char part[4096];
  long n;
  while ((n = read(j->out, part, sizeof part)) > 0) say("%.*s", (int)n, part);
  close(j->out);
  int status;
  while (waitpid(j->pid, &status, 0) < 0 && errno == EINTR) {}
  if (WIFSIGNALED(status)) say("KILLED %d", WTERMSIG(status));
  j->name[0] = 0;
}

static void do_kill(void) { say_result(kill(job(text(1))->pid, (int)number(2))); }

/* ---- dispatch ---- */

static const struct command {
  const char *name;
  void (*act)(void);
} COMMANDS[] = {
    {"access", do_access},     {"append", do_append},   {"as", do_as},
    {"await", do_await},       {"chdir", do_chdir},     {"chmod", do_chmod},
    {"chown", do_chown},       {"claim", do_claim},     {"close", do_close},
    {"count", do_count},       {"fallocate", do_fallocate}, {"fchmod", do_fchmod},
    {"fill", do_fill},         {"flock", do_flock},     {"fstat", do_fstat},
    {"fsync", do_fsync},       {"ftruncate", do_ftruncate}, {"fxset", do_fxset},
    {"getdents", do_getdents}, {"hello", do_hello},     {"hold", do_hold},
    {"kill", do_kill},         {"link", do_link},       {"lock", do_lock},
    {"lseek", do_lseek},       {"make", do_make},       {"map", do_map},
    {"mapread", do_mapread},   {"mapwrite", do_mapwrite}, {"mkdir", do_mkdir},
    {"mknod", do_mknod},       {"mount", do_mount},     {"msync", do_msync},
    {"open", do_open},         {"pid", do_pid},         {"populate", do_populate},
    {"pread", do_pread},
    {"pwrite", do_pwrite},     {"read", do_read},       {"readlink", do_readlink},
    {"rename", do_rename},     {"rmdir", do_rmdir},     {"sh", do_sh},
    {"spawn", do_spawn},       {"stat", do_stat},       {"statfs", do_statfs},
    {"sum", do_sum},           {"symlink", do_symlink}, {"truncate", do_truncate},
    {"umask", do_umask},       {"umount", do_umount},   {"unlink", do_unlink},
    {"unmap", do_unmap},       {"utimens", do_utimens}, {"write", do_write},
    {"xget", do_xget},         {"xlist", do_xlist},     {"xremove", do_xremove},
    {"xset", do_xset},
};

static void act(void) {
  for (size_t i = 0; i < sizeof COMMANDS / sizeof *COMMANDS; i++) {
    if (strcmp(COMMANDS[i].name, word[0]) == 0) {
      COMMANDS[i].act();
      return;
    }
  }
  say("unknown command %s", word[0]);
}

static void split(char *line) {
  char *save = NULL;
  words = 0;
  for (char *w = strtok_r(line, " \n", &save); w && words < WORDS_MAX; w = strtok_r(NULL, " \n", &save)) {
    word[words++] = w;
  }
  for (int i = 0; i < words; i++) length[i] = plain(word[i]);
}

/* A line of the host's; before the first one nobody need be connected, and then there is no end. */
static char *next_line(int port, int greeted) {
  static char line[LINE_MAX_BYTES];
  static size_t have, used;
  memmove(line, line + used, have - used);
  have -= used;
  for (;;) {
    char *end = memchr(line, '\n', have);
    if (end) {
      *end = 0;
      used = end + 1 - line;
      return line;
    }
    long n = have < sizeof line ? read(port, line + have, sizeof line - have) : -1;
    if (n > 0) {
      have += n;
    } else if (greeted) {
      return NULL;
    } else {
      usleep(20000);
    }
  }
}

int main(int count, char **arguments) {
  int port = count == 2 ? open(arguments[1], O_RDWR | O_CLOEXEC) : -1;
  if (port < 0) fatal("port");
  for (int i = 0; i < SLOTS; i++) slot[i] = -1;
  int greeted = 0;
  for (char *line; (line = next_line(port, greeted));) {
    greeted = 1;
    split(line);
    answered = 0;
    errno = 0;
    if (words > 0) act();
    say("\n");
    for (size_t at = 0; at < answered;) {
      long n = write(port, answer + at, answered - at);
      if (n < 0) fatal("write");
      at += n;
    }
  }
  reboot(RB_POWER_OFF);
  return 0;
}
