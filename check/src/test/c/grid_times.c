/* Times: who may set them and to what, which calls mark them; sizes, and what changing them clears. */
#include "grid.h"

/* ---- utimensat ---- */

enum { BY_NAME, BY_LINK, OF_LINK, BY_DESCRIPTOR, NULL_TIMES, WAYS };
static const char *const WAY_NAME[] = {"name", "link", "of-link", "descriptor", "null"};

static long set_times(int way, int fd, const struct timespec *times) {
  switch (way) {
    case BY_NAME: return syscall(SYS_utimensat, AT_FDCWD, "o", times, 0);
    case BY_LINK: return syscall(SYS_utimensat, AT_FDCWD, "l", times, 0);
    case OF_LINK: return syscall(SYS_utimensat, AT_FDCWD, "l", times, AT_SYMLINK_NOFOLLOW);
    case BY_DESCRIPTOR: return syscall(SYS_utimensat, fd, NULL, times, 0);
    default: return syscall(SYS_utimensat, AT_FDCWD, "o", NULL, 0);
  }
}

static void setting(char type, enum who owner, mode_t mode, struct timespec atime, struct timespec mtime, int way, enum who who) {
  if (!is_wanted()) return;
  begin();
  node("o", type, mode, WHO_UID[owner], STRANGE_GROUP, NULL);
  node("l", 'l', 0, WHO_UID[owner], 0, "o");
  int fd = way == BY_DESCRIPTOR ? open("o", O_RDONLY | O_NONBLOCK) : -1;
  settle();
  become(who);
  errno = 0;
  struct timespec times[2] = {atime, mtime};
  long result = set_times(way, fd, times);
  int error = errno;
  if (fd >= 0) close(fd);
  tell(result, error, "times %c of %s %o: %lld.%ld %lld.%ld through %s by %s", type, WHO_NAME[owner], mode,
       (long long)atime.tv_sec, atime.tv_nsec, (long long)mtime.tv_sec, mtime.tv_nsec, WAY_NAME[way], WHO_NAME[who]);
}

static void all_settings(void) {
  static const struct timespec TIMES[] = {{0, UTIME_NOW}, {0, UTIME_OMIT}, {1000000000, 123456789}, {5, 1000000000}};
  static const mode_t MODES[] = {0644, 0666, 0444, 0000, 06777};
  for (const char *type = "fdpc"; *type; type++)
    for (enum who owner = ROOT; owner < WHO; owner++)
      for (int m = 0; m < 5; m++)
        for (int a = 0; a < 4; a++)
          for (int b = 0; b < 4; b++)
            for (int way = 0; way < WAYS; way++)
              for (enum who who = ROOT; who < WHO; who++) {
                if ((*type == 'p' || *type == 'c') && (way == BY_DESCRIPTOR || m > 1)) continue;
                if (way != BY_NAME && (m + a + b + (int)owner) % 3 != 0) continue;
                if (way == NULL_TIMES && a + b > 0) continue;
                setting(*type, owner, MODES[m], TIMES[a], TIMES[b], way, who);
              }
}

static void all_extremes(void) {
  static const long long SECONDS[] = {0, 1, -1, 2147483647LL, 2147483648LL, 4294967295LL, 4294967296LL, 8589934592LL,
                                      17179869184LL, -2147483648LL, -2147483649LL, -8589934592LL, 253402300799LL,
                                      1LL << 40, -(1LL << 40), LLONG_MAX, LLONG_MIN, LLONG_MAX - 1};
  static const long NANOS[] = {0, 1, 100, 999999999, 1000000000, -1, 500000000};
  for (unsigned s = 0; s < sizeof SECONDS / sizeof *SECONDS; s++)
    for (int n = 0; n < 7; n++)
      for (int which = 0; which < 3; which++) {
        struct timespec extreme = {SECONDS[s], NANOS[n]}, plain = {77, 7}, omit = {0, UTIME_OMIT};
        setting(which == 2 ? 'd' : 'f', ROOT, 0644, which ? plain : extreme, which == 1 ? extreme : which ? extreme : omit,
                (int)(s + (unsigned)n) % 2 ? BY_NAME : OF_LINK, ROOT);
      }
}

/* ---- sizes ---- */

enum { TRUNCATE, FTRUNCATE, WRITE, PWRITE, APPEND, WRITE_NOTHING, PUNCH, ALLOCATE, ALLOCATE_KEEP, COPY, MAP_WRITE, OPEN_TRUNC, CREAT_TRUNC, DIRECT, SIZERS };
static const char *const SIZER_NAME[] = {"truncate", "ftruncate",     "write", "pwrite",    "append",     "write-nothing", "punch",
                                         "allocate", "allocate-keep", "copy",  "map-write", "open-trunc", "creat-trunc",   "direct"};

static long map_write(int fd, off_t at) {
  char *mapped = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, at & ~4095L);
  if (mapped == MAP_FAILED) return -1;
  struct stat s;
  if (fstat(fd, &s) == 0 && s.st_size > (at & ~4095L)) mapped[0] = 'M';
  if (msync(mapped, 4096, MS_SYNC) < 0) fatal("msync");
  return munmap(mapped, 4096);
}

static long resize(int sizer, int fd, int source, off_t at) {
  off64_t from = 0, to = at;
  int other;
  switch (sizer) {
    case TRUNCATE: return truncate("o", at);
    case FTRUNCATE: return ftruncate(fd, at);
    case WRITE: return write(fd, "abc", 3);
    case PWRITE: return pwrite(fd, "abc", 3, at);
    case APPEND: return fcntl(fd, F_SETFL, O_APPEND) < 0 ? -1 : pwrite(fd, "abc", 3, at);
    case WRITE_NOTHING: return pwrite(fd, "", 0, at);
    case PUNCH: return fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, at, 4);
    case ALLOCATE: return fallocate(fd, 0, at, 20);
    case ALLOCATE_KEEP: return fallocate(fd, FALLOC_FL_KEEP_SIZE, at, 20);
    case COPY: return copy_file_range(source, &from, fd, &to, 4, 0);
    case MAP_WRITE: return map_write(fd, at);
    case OPEN_TRUNC: return (other = open("o", O_WRONLY | O_TRUNC)) < 0 ? -1 : close(other);
    case CREAT_TRUNC: return (other = open("o", O_WRONLY | O_TRUNC | O_CREAT, 0600)) < 0 ? -1 : close(other);
    default: return (other = open("o", O_RDWR)) < 0 ? -1 : (long)ioctl(other, FIGETBSZ, &sizer) + close(other);
  }
}

static void resizing(mode_t mode, enum who owner, gid_t gid, int sizer, off_t at, int flags, rlim_t limit, enum who who) {
  if (!is_wanted()) return;
  begin();
  node("o", 'f', mode, WHO_UID[owner], gid, NULL);
  node("source", 'f', 0666, 0, 0, NULL);
  int fd = open("o", flags), source = open("source", O_RDONLY);
  if (fd < 0 || source < 0) fatal("open");
  settle();
  struct rlimit before, now;
  if (getrlimit(RLIMIT_FSIZE, &before) < 0) fatal("getrlimit");
  now = before;
  if (limit) now.rlim_cur = limit;
  if (setrlimit(RLIMIT_FSIZE, &now) < 0) fatal("setrlimit");
  become(who);
  errno = 0;
  long result = resize(sizer, fd, source, at);
  int error = errno;
  become_root();
  if (setrlimit(RLIMIT_FSIZE, &before) < 0) fatal("setrlimit");
  close(fd);
  close(source);
  tell(result, error, "%s %o of %s:%u at %lld flags %o limit %ld by %s", SIZER_NAME[sizer], mode, WHO_NAME[owner], gid,
       (long long)at, flags, (long)limit, WHO_NAME[who]);
}

static void all_sizes(void) {
  static const mode_t MODES[] = {0666, 06777, 06766, 02767, 04766, 02777, 06666};
  static const gid_t GIDS[] = {ANN_ID, SHARED_GROUP, STRANGE_GROUP};
  static const off_t PLACES[] = {0, 4, 10, 100, -1, 5000, LLONG_MAX, LLONG_MAX - 5, 1LL << 31, (1LL << 32) + 1};
  static const rlim_t LIMITS[] = {0, 8, 50};
  for (int sizer = 0; sizer < SIZERS; sizer++) {
    for (int m = 0; m < 7; m++)
      for (int g = 0; g < 3; g++)
        for (int at = 0; at < 3; at++)
          for (enum who owner = ROOT; owner <= ANN; owner++)
            for (enum who who = ROOT; who < WHO; who++) {
              if (g && (m + at + (int)who) % 2) continue;
              resizing(MODES[m], owner, GIDS[g], sizer, PLACES[at], O_RDWR, 0, who);
            }
    for (unsigned at = 0; at < sizeof PLACES / sizeof *PLACES; at++)
      for (int flags = O_RDONLY; flags <= O_RDWR; flags++)
        for (int limit = 0; limit < 3; limit++) {
          if (PLACES[at] == 5000 && sizer == MAP_WRITE) continue;
          resizing(0666, ROOT, 0, sizer, PLACES[at], flags, LIMITS[limit], at % 2 ? ANN : ROOT);
        }
  }
}

/* ---- which reads mark the access time ---- */

static void reading(const char *how, int flags, size_t size, off_t at, int old) {
  if (!is_wanted()) return;
  begin();
  node("o", 'f', 0644, 0, 0, NULL);
  node("d", 'd', 0755, 0, 0, NULL);
  node("l", 'l', 0, 0, 0, "o");
  /* Older than the change: marked by the policy. Newer: left. */
  struct timespec times[2] = {{old == 2 ? 4000000000L : old ? 100 : 0, old ? 0 : UTIME_OMIT}, {0, UTIME_OMIT}};
  if (utimensat(AT_FDCWD, "o", times, 0) < 0 || utimensat(AT_FDCWD, "d", times, 0) < 0) fatal("utimensat");
  if (utimensat(AT_FDCWD, "l", times, AT_SYMLINK_NOFOLLOW) < 0) fatal("utimensat");
  settle();
  char room[8192];
  long result = -1;
  int fd = strcmp(how, "list") == 0 ? open("d", O_RDONLY | O_DIRECTORY | flags) : open("o", O_RDWR | flags);
  errno = 0;
  struct iovec vector = {room, size};
  if (strcmp(how, "read") == 0) result = pread(fd, room, size, at);
  if (strcmp(how, "readv") == 0) result = preadv2(fd, &vector, 1, at, 0);
  if (strcmp(how, "list") == 0) result = syscall(SYS_getdents64, fd, room, size) > 0;
  if (strcmp(how, "readlink") == 0) result = readlink("l", room, size);
  if (strcmp(how, "follow") == 0) result = access("l", F_OK);
  if (strcmp(how, "sendfile") == 0) {
    int out = memfd_create("out", 0);
    result = sendfile(out, fd, &at, size);
    close(out);
  }
  if (strcmp(how, "splice") == 0) {
    int pipe_ends[2];
    if (pipe(pipe_ends) < 0) fatal("pipe");
    off64_t from = at;
    result = splice(fd, &from, pipe_ends[1], NULL, size, SPLICE_F_NONBLOCK);
    close(pipe_ends[0]);
    close(pipe_ends[1]);
  }
  if (strcmp(how, "map") == 0) {
    char *mapped = mmap(NULL, 4096, PROT_READ, MAP_SHARED, fd, 0);
    result = mapped == MAP_FAILED ? -1 : mapped[0];
    if (mapped != MAP_FAILED) munmap(mapped, 4096);
  }
  int error = errno;
  close(fd);
  tell(result, error, "%s flags %o %zu at %lld old %d", how, flags, size, (long long)at, old);
}

static void all_readings(void) {
  static const char *const HOW[] = {"read", "readv", "list", "readlink", "follow", "sendfile", "splice", "map"};
  static const int FLAGS[] = {0, O_NOATIME, O_APPEND, O_SYNC};
  static const size_t SIZES[] = {1, 10, 4096, 8192};
  static const off_t PLACES[] = {0, 5, 10, 5000, -1, LLONG_MAX};
  for (int h = 0; h < 8; h++)
    for (int f = 0; f < 4; f++)
      for (int s = 0; s < 4; s++)
        for (int at = 0; at < 6; at++)
          for (int old = 0; old < 3; old++) {
            if (h > 1 && h < 5 && at > 0) continue;
            reading(HOW[h], FLAGS[f], SIZES[s], PLACES[at], old);
          }
}

void part_times(void) {
  all_settings();
  all_extremes();
  all_sizes();
  all_readings();
}
