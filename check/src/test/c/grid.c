/*
 * Tries every call with every kind of name, file, right and owner below a directory, and says for each
 * what came of it. Run on two file systems, it says the same if they are alike.
 *
 * usage: grid DIRECTORY [PART [EVERY FIRST]]
 *
 * PART is one of paths, names, rights, times, files, readonly, or all of them. EVERY and FIRST choose
 * every n-th case, from one on. DIRECTORY is the root of a mount, which the last part remounts.
 */
#include "grid.h"

#include <ftw.h>
#include <stdarg.h>

const char *const WHO_NAME[WHO] = {"root", "ann", "bob"};
const uid_t WHO_UID[WHO] = {0, ANN_ID, BOB_ID};

static long every = 1, first, counted;

void fatal(const char *what) {
  fprintf(stderr, "grid: %s: %s\n", what, strerror(errno));
  _exit(2);
}

/* ---- the tree ---- */

struct watched {
  char path[64];
  int there;
  struct stat stat;
};

static struct watched watched[NODES_MAX];
static int count, home = -1;
static struct timespec begun, latest; /* when the tree was being made */

static int remove_one(const char *path, const struct stat *s, int flag, struct FTW *ftw) {
  (void)s;
  (void)flag;
  if (ftw->level > 0 && remove(path) < 0) fatal(path);
  return 0;
}

int case_directory(void) { return home; }

void begin(void) {
  become_root();
  umask(0);
  if (nftw(".", remove_one, 16, FTW_DEPTH | FTW_PHYS) < 0) fatal("nftw");
  count = 0;
  clock_gettime(CLOCK_REALTIME_COARSE, &begun);
  latest = (struct timespec){0, 0};
  watch(".");
}

void watch(const char *path) {
  for (int i = 0; i < count; i++) {
    if (strcmp(watched[i].path, path) == 0) return;
  }
  if (count == NODES_MAX || strlen(path) >= sizeof watched[0].path) fatal("nodes");
  strcpy(watched[count++].path, path);
}

static void bind_socket(const char *path) {
  int fd = socket(AF_UNIX, SOCK_STREAM, 0);
  struct sockaddr_un address = {.sun_family = AF_UNIX};
  snprintf(address.sun_path, sizeof address.sun_path, "%s", path);
  if (fd < 0 || bind(fd, (struct sockaddr *)&address, sizeof address) < 0) fatal("bind");
  close(fd);
}

void node(const char *path, char type, mode_t mode, uid_t uid, gid_t gid, const char *target) {
  int fd = -1, result = 0;
  switch (type) {
    case 'f':
      fd = open(path, O_WRONLY | O_CREAT | O_EXCL, 0600);
      if (fd < 0 || write(fd, CONTENT, 10) != 10) fatal(path);
      close(fd);
      break;
    case 'd': result = mkdir(path, 0700); break;
    case 'p': result = mkfifo(path, 0600); break;
    case 's': bind_socket(path); break;
    case 'c': result = mknod(path, S_IFCHR | 0600, makedev(1, 3)); break;
    case 'b': result = mknod(path, S_IFBLK | 0600, makedev(7, 99)); break;
    case 'l': result = symlink(target, path); break;
    default: fatal("type");
  }
  if (result < 0 || lchown(path, uid, gid) < 0) fatal(path);
  if (type != 'l' && chmod(path, mode) < 0) fatal(path);
  watch(path);
}

static void look(struct watched *w) { w->there = lstat(w->path, &w->stat) == 0; }

static int is_before(const struct timespec *a, const struct timespec *b) {
  return a->tv_sec < b->tv_sec || (a->tv_sec == b->tv_sec && a->tv_nsec < b->tv_nsec);
}

void look_again(void) {
  for (int i = 0; i < count; i++) look(&watched[i]);
}

void settle(void) {
  struct timespec now;
  clock_gettime(CLOCK_REALTIME, &latest);
  do {
    struct timespec pause = {0, 300000};
    nanosleep(&pause, NULL);
    clock_gettime(CLOCK_REALTIME_COARSE, &now);
  } while (!is_before(&latest, &now));
  look_again();
}

/* ---- a call ---- */

void become(enum who who) {
  static const gid_t groups[1] = {SHARED_GROUP};
  if (who == ROOT) return;
  uid_t id = WHO_UID[who];
  if (syscall(SYS_setgroups, (size_t)(who == ANN), groups) < 0) fatal("setgroups");
  if (syscall(SYS_setresgid, id, id, 0) < 0 || syscall(SYS_setresuid, id, id, 0) < 0) fatal("become");
}

void become_root(void) {
  if (geteuid() == 0) return;
  if (syscall(SYS_setresuid, 0, 0, 0) < 0 || syscall(SYS_setresgid, 0, 0, 0) < 0) fatal("root");
  if (syscall(SYS_setgroups, (size_t)0, NULL) < 0) fatal("setgroups");
}

int is_wanted(void) { return counted++ % every == first; }

/* Whether it is a time at which the tree was being made. */
static int is_made(const struct timespec *time) { return !is_before(time, &begun) && !is_before(&latest, time); }

/* A time that the call has set: that of now is +, one that the tree was made at <, others as they are. */
static void say_time(char letter, const struct timespec *before, const struct timespec *after) {
  if (before->tv_sec == after->tv_sec && before->tv_nsec == after->tv_nsec) return;
  if (is_made(before) && is_made(after)) return; /* of another file of the tree, perhaps of the same tick */
  struct timespec now;
  clock_gettime(CLOCK_REALTIME, &now);
  if (is_before(&latest, after) && !is_before(&now, after)) {
    printf(" %c+", letter);
  } else if (is_made(after)) {
    printf(" %c<", letter);
  } else {
    printf(" %c=%lld.%09ld", letter, (long long)after->tv_sec, after->tv_nsec);
  }
}

static void say_change(const struct watched *w, const struct watched *after) {
  const struct stat *a = &w->stat, *b = &after->stat;
  if (!after->there) {
    printf(" gone");
    return;
  }
  if (!w->there) {
    printf(" new %o %ld %u:%u %lld r%llu", b->st_mode, (long)b->st_nlink, b->st_uid, b->st_gid,
           (long long)b->st_size, (unsigned long long)b->st_rdev);
    struct timespec none = {0, -1};
    say_time('a', &none, &b->st_atim);
    say_time('m', &none, &b->st_mtim);
    say_time('c', &none, &b->st_ctim);
    return;
  }
  if (a->st_ino != b->st_ino) printf(" other");
  if (a->st_mode != b->st_mode) printf(" %o", b->st_mode);
  if (a->st_nlink != b->st_nlink) printf(" n%ld", (long)b->st_nlink);
  if (a->st_uid != b->st_uid || a->st_gid != b->st_gid) printf(" %u:%u", b->st_uid, b->st_gid);
  if (a->st_size != b->st_size) printf(" %lld", (long long)b->st_size);
  if (a->st_blocks != b->st_blocks) printf(" b%lld", (long long)b->st_blocks);
  if (a->st_rdev != b->st_rdev) printf(" r%llu", (unsigned long long)b->st_rdev);
  say_time('a', &a->st_atim, &b->st_atim);
  say_time('m', &a->st_mtim, &b->st_mtim);
  say_time('c', &a->st_ctim, &b->st_ctim);
}

static int is_same(const struct watched *w, const struct watched *after) {
  const struct stat *a = &w->stat, *b = &after->stat;
  if (w->there != after->there) return 0;
  return !w->there ||
         (a->st_ino == b->st_ino && a->st_mode == b->st_mode && a->st_nlink == b->st_nlink &&
          a->st_uid == b->st_uid && a->st_gid == b->st_gid && a->st_size == b->st_size &&
          a->st_blocks == b->st_blocks && memcmp(&a->st_atim, &b->st_atim, sizeof a->st_atim) == 0 &&
          memcmp(&a->st_mtim, &b->st_mtim, sizeof a->st_mtim) == 0 &&
          memcmp(&a->st_ctim, &b->st_ctim, sizeof a->st_ctim) == 0);
}

int tell(long result, int error, const char *format, ...) {
  become_root();
  va_list arguments;
  va_start(arguments, format);
  vprintf(format, arguments);
  va_end(arguments);
  if (result < 0) {
    printf(": E%s", strerrorname_np(error));
  } else {
    printf(": %ld", result);
  }
  int same = 1;
  for (int i = 0; i < count; i++) {
    struct watched after = watched[i];
    look(&after);
    if (is_same(&watched[i], &after)) continue;
    same = 0;
    printf(" | %s", after.path);
    say_change(&watched[i], &after);
  }
  printf("\n");
  return same;
}

/* ---- all ---- */

int main(int argc, char **argv) {
  static const struct {
    const char *name;
    void (*run)(void);
  } PARTS[] = {{"paths", part_paths},   {"names", part_names}, {"rights", part_rights},
               {"times", part_times},   {"files", part_files}, {"readonly", part_readonly}};
  if (argc < 2) {
    fprintf(stderr, "usage: grid DIRECTORY [PART [EVERY FIRST]]\n");
    return 2;
  }
  const char *part = argc > 2 ? argv[2] : "all";
  if (argc > 4) {
    every = atol(argv[3]);
    first = atol(argv[4]);
  }
  signal(SIGXFSZ, SIG_IGN);
  signal(SIGPIPE, SIG_IGN);
  if (setgroups(0, NULL) < 0) fatal("setgroups");
  if (chdir(argv[1]) < 0 || (mkdir("case", 0777) < 0 && errno != EEXIST) || chdir("case") < 0) fatal(argv[1]);
  if (chmod(".", 0777) < 0) fatal(".");
  if ((home = open(".", O_PATH | O_DIRECTORY)) < 0) fatal(".");
  for (unsigned i = 0; i < sizeof PARTS / sizeof *PARTS; i++) {
    if (strcmp(part, "all") != 0 && strcmp(part, PARTS[i].name) != 0) continue;
    begin();
    PARTS[i].run();
    begin();
  }
  fflush(stdout);
  return 0;
}
