/* Every call that takes a path, with every kind of path; and on a read-only mount. */
#include "grid.h"

/* ---- the calls ---- */

enum call {
  OPEN, MKDIR, MKNOD, BIND, CONNECT, SYMLINK, READLINK, UNLINK, RMDIR, TRUNCATE, CHMOD, LCHMOD, CHOWN,
  LCHOWN, UTIMES, LUTIMES, ACCESS, EACCESS, STAT, LSTAT, STATX, STATFS, CHDIR, LIST, SETXATTR,
  LSETXATTR, GETXATTR, LISTXATTR, REMOVEXATTR, EXECUTE, HANDLE, LINK_FROM, LINK_FOLLOWED, LINK_TO,
  RENAME_FROM, RENAME_TO, RENAME_DIR_TO, EXCHANGE, MOVE_NEW
};

struct path_call {
  const char *name;
  enum call call;
  long a, b;
};

static const struct path_call CALLS[] = {
    {"open-r", OPEN, O_RDONLY, 0},
    {"open-w", OPEN, O_WRONLY, 0},
    {"open-rw", OPEN, O_RDWR, 0},
    {"open-3", OPEN, 3, 0},
    {"open-append", OPEN, O_WRONLY | O_APPEND, 0},
    {"open-trunc", OPEN, O_WRONLY | O_TRUNC, 0},
    {"open-r-trunc", OPEN, O_RDONLY | O_TRUNC, 0},
    {"open-creat", OPEN, O_RDWR | O_CREAT, 0640},
    {"open-r-creat", OPEN, O_RDONLY | O_CREAT, 04755},
    {"open-excl", OPEN, O_WRONLY | O_CREAT | O_EXCL, 0444},
    {"open-creat-trunc", OPEN, O_WRONLY | O_CREAT | O_TRUNC, 0640},
    {"open-creat-nofollow", OPEN, O_WRONLY | O_CREAT | O_NOFOLLOW, 0640},
    {"open-creat-dir", OPEN, O_RDONLY | O_CREAT | O_DIRECTORY, 0640},
    {"open-dir", OPEN, O_RDONLY | O_DIRECTORY, 0},
    {"open-dir-w", OPEN, O_WRONLY | O_DIRECTORY, 0},
    {"open-nofollow", OPEN, O_RDONLY | O_NOFOLLOW, 0},
    {"open-noatime", OPEN, O_RDONLY | O_NOATIME, 0},
    {"open-direct", OPEN, O_RDWR | O_SYNC, 0},
    {"open-path", OPEN, O_PATH, 0},
    {"open-path-nofollow", OPEN, O_PATH | O_NOFOLLOW, 0},
    {"open-tmpfile", OPEN, O_TMPFILE | O_RDWR, 0600},
    {"open-tmpfile-r", OPEN, O_TMPFILE | O_RDONLY, 0600},
    {"mkdir", MKDIR, 0755, 0},
    {"mkdir-all", MKDIR, 07777, 0},
    {"mkfifo", MKNOD, S_IFIFO | 0644, 0},
    {"mknod-file", MKNOD, S_IFREG | 0644, 0},
    {"mknod-socket", MKNOD, S_IFSOCK | 0644, 0},
    {"mknod-chr", MKNOD, S_IFCHR | 0644, 0x103},
    {"mknod-blk", MKNOD, S_IFBLK | 0644, 0x799},
    {"mknod-dir", MKNOD, S_IFDIR | 0644, 0},
    {"mknod-link", MKNOD, S_IFLNK | 0644, 0},
    {"bind", BIND, 0, 0},
    {"connect", CONNECT, 0, 0},
    {"symlink", SYMLINK, 0, 0},
    {"readlink", READLINK, 0, 0},
    {"unlink", UNLINK, 0, 0},
    {"rmdir", RMDIR, 0, 0},
    {"truncate-0", TRUNCATE, 0, 0},
    {"truncate-same", TRUNCATE, 10, 0},
    {"truncate-more", TRUNCATE, 5000, 0},
    {"truncate-minus", TRUNCATE, -1, 0},
    {"chmod", CHMOD, 0600, 0},
    {"chmod-suid", CHMOD, 06755, 0},
    {"lchmod", LCHMOD, 0600, 0},
    {"chown", CHOWN, ANN_ID, ANN_ID},
    {"chown-group", CHOWN, -1, SHARED_GROUP},
    {"chown-nothing", CHOWN, -1, -1},
    {"lchown", LCHOWN, ANN_ID, ANN_ID},
    {"lchown-nothing", LCHOWN, -1, -1},
    {"utimes-now", UTIMES, UTIME_NOW, 0},
    {"utimes-set", UTIMES, 5, 0},
    {"utimes-omit", UTIMES, UTIME_OMIT, 0},
    {"lutimes-now", LUTIMES, UTIME_NOW, 0},
    {"lutimes-set", LUTIMES, 5, 0},
    {"access-f", ACCESS, F_OK, 0},
    {"access-r", ACCESS, R_OK, 0},
    {"access-w", ACCESS, W_OK, 0},
    {"access-x", ACCESS, X_OK, 0},
    {"access-8", ACCESS, 8, 0},
    {"eaccess-w", EACCESS, W_OK, 0},
    {"stat", STAT, 0, 0},
    {"lstat", LSTAT, 0, 0},
    {"statx", STATX, 0, 0},
    {"statfs", STATFS, 0, 0},
    {"chdir", CHDIR, 0, 0},
    {"list", LIST, 0, 0},
    {"setxattr-user", SETXATTR, 0, (long)"user.grid"},
    {"setxattr-trusted", SETXATTR, 0, (long)"trusted.grid"},
    {"setxattr-replace", SETXATTR, XATTR_REPLACE, (long)"user.grid"},
    {"setxattr-strange", SETXATTR, 0, (long)"strange.grid"},
    {"setxattr-nameless", SETXATTR, 0, (long)"user."},
    {"lsetxattr-user", LSETXATTR, 0, (long)"user.grid"},
    {"lsetxattr-trusted", LSETXATTR, 0, (long)"trusted.grid"},
    {"getxattr-user", GETXATTR, 0, (long)"user.grid"},
    {"getxattr-trusted", GETXATTR, 0, (long)"trusted.grid"},
    {"listxattr", LISTXATTR, 0, 0},
    {"removexattr", REMOVEXATTR, 0, (long)"user.grid"},
    {"execute", EXECUTE, 0, 0},
    {"handle", HANDLE, 0, 0},
    {"link-from", LINK_FROM, 0, 0},
    {"link-followed", LINK_FOLLOWED, 0, 0},
    {"link-to", LINK_TO, 0, 0},
    {"rename-from", RENAME_FROM, 0, 0},
    {"rename-to", RENAME_TO, 0, 0},
    {"rename-dir-to", RENAME_DIR_TO, 0, 0},
    {"exchange", EXCHANGE, 0, 0},
    {"move-new", MOVE_NEW, 0, 0},
};

const int PATH_OPS = sizeof CALLS / sizeof *CALLS;

const char *path_op_name(int op) { return CALLS[op].name; }

static int fill_address(struct sockaddr_un *address, const char *path) {
  *address = (struct sockaddr_un){.sun_family = AF_UNIX};
  if (!path || !*path || strlen(path) >= sizeof address->sun_path) {
    errno = EDOM; /* not the file system's business */
    return -1;
  }
  strcpy(address->sun_path, path);
  return 0;
}

static long on_socket(const char *path, int binds) {
  struct sockaddr_un address;
  if (fill_address(&address, path) < 0) return -1;
  int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);
  if (fd < 0) fatal("socket");
  long result = binds ? bind(fd, (struct sockaddr *)&address, sizeof address)
                      : connect(fd, (struct sockaddr *)&address, sizeof address);
  int error = errno;
  close(fd);
  errno = error;
  return result;
}

/* Only whether it may be: no program that could run lies there. */
static long execute(const char *path) {
  char *none[] = {NULL};
  execve(path, none, none);
  return -1;
}

static long list(const char *path) {
  int fd = open(path, O_RDONLY | O_DIRECTORY);
  if (fd < 0) return -1;
  char buffer[8192] __attribute__((aligned(8)));
  long entries = 0, got;
  while ((got = syscall(SYS_getdents64, fd, buffer, sizeof buffer)) > 0) {
    for (long at = 0; at < got; at += ((struct dirent64 *)(buffer + at))->d_reclen) entries++;
  }
  int error = errno;
  close(fd);
  errno = error;
  return got < 0 ? -1 : entries;
}

static long has_handle(const char *path) {
  union {
    struct file_handle handle;
    unsigned char room[sizeof(struct file_handle) + MAX_HANDLE_SZ];
  } u = {.handle = {.handle_bytes = MAX_HANDLE_SZ}};
  int mount_id;
  return path ? name_to_handle_at(AT_FDCWD, path, &u.handle, &mount_id, 0) : (errno = EFAULT, -1);
}

static long opened(int fd) {
  if (fd < 0) return -1;
  close(fd);
  return 0;
}

/* What statx(2) knows; whether there is a time of birth, and that it is not after the change. */
static long extended(const char *path) {
  struct statx x;
  if (statx(AT_FDCWD, path, AT_SYMLINK_NOFOLLOW, STATX_BASIC_STATS | STATX_BTIME, &x) < 0) return -1;
  int born = (x.stx_mask & STATX_BTIME) && x.stx_btime.tv_sec <= x.stx_ctime.tv_sec;
  return (long)(x.stx_mask & STATX_BASIC_STATS) + born * 100000L;
}

long path_op(int op, const char *path) {
  const struct path_call *c = &CALLS[op];
  struct timespec times[2] = {{c->a == 5 ? -7 : 0, c->a}, {c->a == 5 ? 1L << 33 : 0, c->a}};
  struct stat s;
  struct statfs f;
  char buffer[5000];
  const char *name = (const char *)c->b;
  errno = 0;
  switch (c->call) {
    case OPEN: return opened(open(path, (int)c->a | O_NONBLOCK, (mode_t)c->b));
    case MKDIR: return mkdir(path, (mode_t)c->a);
    case MKNOD: return mknod(path, (mode_t)c->a, (dev_t)c->b);
    case BIND: return on_socket(path, 1);
    case CONNECT: return on_socket(path, 0);
    case SYMLINK: return symlink("target", path);
    case READLINK: return readlink(path, buffer, sizeof buffer);
    case UNLINK: return unlink(path);
    case RMDIR: return rmdir(path);
    case TRUNCATE: return truncate(path, c->a);
    case CHMOD: return chmod(path, (mode_t)c->a);
    case LCHMOD: return syscall(452, AT_FDCWD, path, (mode_t)c->a, AT_SYMLINK_NOFOLLOW);
    case CHOWN: return chown(path, (uid_t)c->a, (gid_t)c->b);
    case LCHOWN: return lchown(path, (uid_t)c->a, (gid_t)c->b);
    case UTIMES: return syscall(SYS_utimensat, AT_FDCWD, path, times, 0);
    case LUTIMES: return syscall(SYS_utimensat, AT_FDCWD, path, times, AT_SYMLINK_NOFOLLOW);
    case ACCESS: return syscall(SYS_access, path, (int)c->a);
    case EACCESS: return syscall(SYS_faccessat2, AT_FDCWD, path, (int)c->a, AT_EACCESS);
    case STAT: return stat(path, &s);
    case LSTAT: return lstat(path, &s);
    case STATX: return extended(path);
    case STATFS: return statfs(path, &f);
    case CHDIR: {
      long result = chdir(path);
      int error = errno;
      if (result == 0 && fchdir(case_directory()) < 0) fatal("fchdir");
      errno = error;
      return result;
    }
    case LIST: return list(path);
    case SETXATTR: return setxattr(path, name, "value", 5, (int)c->a);
    case LSETXATTR: return lsetxattr(path, name, "value", 5, (int)c->a);
    case GETXATTR: return getxattr(path, name, buffer, sizeof buffer);
    case LISTXATTR: return listxattr(path, buffer, sizeof buffer);
    case REMOVEXATTR: return removexattr(path, name);
    case EXECUTE: return execute(path);
    case HANDLE: return has_handle(path);
    case LINK_FROM: return link(path, "new");
    case LINK_FOLLOWED: return linkat(AT_FDCWD, path, AT_FDCWD, "new", AT_SYMLINK_FOLLOW);
    case LINK_TO: return link("src", path);
    case RENAME_FROM: return rename(path, "new");
    case RENAME_TO: return rename("src", path);
    case RENAME_DIR_TO: return rename("srcdir", path);
    case EXCHANGE: return renameat2(AT_FDCWD, path, AT_FDCWD, "src", RENAME_EXCHANGE);
    case MOVE_NEW: return renameat2(AT_FDCWD, "src", AT_FDCWD, path, RENAME_NOREPLACE);
  }
  return -1;
}

/* ---- the paths ---- */

static char n255[256], n256[257], deep255[300], deep256[300], through256[300], longest[PATH_MAX + 8];

static const char *const PATHS[] = {
    "f", "fa", "d", "da", "p", "s", "n", "z", "l", "ld", "lx", "loop", "new", "", ".", "..", "f/", "f/x",
    "f/.", "f/..", "p/x", "n/x", "d/", "d/.", "d/..", "d/x", "d/new", "d/new/", "d/new/x", "da/new", "l/",
    "l/x", "ld/", "ld/.", "ld/..", "ld/x", "ld/new", "lx/", "lx/x", "loop/", "loop/x", "new/", "new/x",
    "deny/f", "deny/new", "deny/", "ro/f", "ro/new", "ro/fa", "k40", "k41", "kd39/x", "kd40/x", "sticky/fb",
    "sticky/fa", "suid", n255, n256, deep255, deep256, through256, "4095", "4096", NULL};

static const char *actual(const char *path) {
  if (!path || (strcmp(path, "4095") != 0 && strcmp(path, "4096") != 0)) return path;
  int length = atoi(path);
  for (int i = 0; i < length; i++) longest[i] = i % 2 ? '/' : '.';
  longest[length] = 0;
  longest[length - 1] = 'f';
  if (length % 2 == 0) longest[length - 2] = '/';
  return longest;
}

static const char *shown(const char *path) {
  static char text[40];
  if (!path) return "NULL";
  if (strlen(path) < 30) return path;
  snprintf(text, sizeof text, "%.8s...%zu", path, strlen(path));
  return text;
}

static void make_names(void) {
  memset(n255, 'N', 255);
  memset(n256, 'N', 256);
  snprintf(deep255, sizeof deep255, "d/%s", n255);
  snprintf(deep256, sizeof deep256, "d/%s", n256);
  snprintf(through256, sizeof through256, "%s/x", n256);
}

/* The k-th of a chain leads over k links to a file or, with d, to a directory. */
static void chain(const char *prefix, const char *end, int length) {
  char from[16], to[16];
  snprintf(to, sizeof to, "%s", end);
  for (int i = 1; i <= length; i++) {
    snprintf(from, sizeof from, "%s%d", prefix, i);
    if (symlink(to, from) < 0) fatal(from);
    strcpy(to, from);
  }
}

static void make_tree(int chains) {
  begin();
  node("f", 'f', 0644, 0, 0, NULL);
  node("fa", 'f', 0644, ANN_ID, ANN_ID, NULL);
  node("d", 'd', 0755, 0, 0, NULL);
  node("d/x", 'f', 0666, 0, 0, NULL);
  node("da", 'd', 0755, ANN_ID, ANN_ID, NULL);
  node("p", 'p', 0644, 0, 0, NULL);
  node("s", 's', 0644, 0, 0, NULL);
  node("n", 'c', 0666, 0, 0, NULL);
  node("z", 'b', 0644, 0, 0, NULL);
  node("l", 'l', 0, 0, 0, "f");
  node("ld", 'l', 0, 0, 0, "d");
  node("lx", 'l', 0, 0, 0, "new");
  node("loop", 'l', 0, 0, 0, "loop");
  node("deny", 'd', 0700, 0, 0, NULL);
  node("deny/f", 'f', 0666, 0, 0, NULL);
  node("ro", 'd', 0555, ANN_ID, ANN_ID, NULL);
  node("ro/f", 'f', 0666, 0, 0, NULL);
  node("ro/fa", 'f', 0444, ANN_ID, ANN_ID, NULL);
  node("sticky", 'd', 01777, 0, 0, NULL);
  node("sticky/fa", 'f', 0666, ANN_ID, ANN_ID, NULL);
  node("sticky/fb", 'f', 0666, BOB_ID, BOB_ID, NULL);
  node("suid", 'f', 06777, BOB_ID, BOB_ID, NULL);
  node("src", 'f', 0644, ANN_ID, ANN_ID, NULL);
  node("srcdir", 'd', 0755, ANN_ID, ANN_ID, NULL);
  if (chains) {
    chain("k", "f", 41);
    chain("kd", "d", 40);
  }
  watch("new");
  watch("d/new");
  watch("da/new");
  watch("ro/new");
  settle();
}

static void all_paths(const char *where) {
  int untouched = 0;
  for (unsigned p = 0; p < sizeof PATHS / sizeof *PATHS; p++) {
    untouched &= !PATHS[p] || PATHS[p][0] != 'k';
    for (int op = 0; op < PATH_OPS; op++) {
      for (enum who who = ROOT; who <= ANN; who++) {
        if (!is_wanted()) continue;
        if (!untouched) make_tree(PATHS[p] && PATHS[p][0] == 'k');
        const char *path = actual(PATHS[p]);
        become(who);
        long result = path_op(op, path);
        int error = errno;
        untouched = tell(result, error, "%s %s %s %s", where, CALLS[op].name, shown(PATHS[p]), WHO_NAME[who]);
        untouched &= result < 0 || CALLS[op].call == STAT || CALLS[op].call == ACCESS;
      }
    }
  }
}

void part_paths(void) {
  make_names();
  all_paths("rw");
}

/* ---- read-only ---- */

static void remount(unsigned long flags) {
  if (mount(NULL, "..", NULL, MS_REMOUNT | MS_NOSUID | MS_NODEV | flags, NULL) < 0) fatal("remount");
}

void part_readonly(void) {
  make_names();
  make_tree(1);
  remount(MS_RDONLY);
  for (unsigned p = 0; p < sizeof PATHS / sizeof *PATHS; p++) {
    for (int op = 0; op < PATH_OPS; op++) {
      for (enum who who = ROOT; who <= ANN; who++) {
        if (!is_wanted()) continue;
        const char *path = actual(PATHS[p]);
        become(who);
        long result = path_op(op, path);
        int error = errno;
        if (!tell(result, error, "ro %s %s %s", CALLS[op].name, shown(PATHS[p]), WHO_NAME[who])) look_again();
      }
    }
  }
  remount(0);
}
