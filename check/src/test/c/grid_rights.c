/* Rights: who may change mode and owner, which bits that clears, who may open, look and pass. */
#include "grid.h"

enum { BY_NAME, BY_DESCRIPTOR, BY_LINK, WAYS };
static const char *const WAY_NAME[] = {"name", "descriptor", "link"};

/* ---- chmod ---- */

static void change_mode(char type, enum who owner, gid_t gid, mode_t before, mode_t mode, int way, enum who who) {
  if (!is_wanted()) return;
  begin();
  node("o", type, before, WHO_UID[owner], gid, NULL);
  node("l", 'l', 0, 0, 0, "o");
  int fd = way == BY_DESCRIPTOR ? open("o", O_RDONLY | O_NONBLOCK) : -1;
  if (way == BY_DESCRIPTOR && fd < 0) fatal("o");
  settle();
  become(who);
  errno = 0;
  long result = way == BY_DESCRIPTOR ? fchmod(fd, mode) : chmod(way == BY_LINK ? "l" : "o", mode);
  int error = errno;
  if (fd >= 0) close(fd);
  tell(result, error, "chmod %c of %s:%u %o to %o by %s through %s", type, WHO_NAME[owner], gid, before, mode,
       WHO_NAME[who], WAY_NAME[way]);
}

static void all_modes(void) {
  static const mode_t MODES[] = {0, 0644, 0777, 01777, 02755, 02745, 04755, 06755, 07777};
  static const gid_t GROUPS[] = {0, ANN_ID, SHARED_GROUP, STRANGE_GROUP};
  for (const char *type = "fdp"; *type; type++)
    for (enum who owner = ROOT; owner < WHO; owner++)
      for (int g = 0; g < 4; g++)
        for (int before = 1; before < 9; before += 7)
          for (int m = 0; m < 9; m++)
            for (int way = 0; way < WAYS; way++)
              for (enum who who = ROOT; who < WHO; who++) {
                if (way != BY_NAME && (m + g + (int)owner) % 3 != 0) continue;
                if (*type == 'p' && way == BY_DESCRIPTOR) continue;
                change_mode(*type, owner, GROUPS[g], MODES[before], MODES[m], way, who);
              }
}

/* ---- chown ---- */

static void change_owner(char type, enum who owner, gid_t gid, mode_t mode, uid_t uid, gid_t group, int way, enum who who) {
  if (!is_wanted()) return;
  begin();
  node("o", type, mode, WHO_UID[owner], gid, "nowhere");
  node("l", 'l', 0, 0, 0, "o");
  int fd = way == BY_DESCRIPTOR ? open("o", O_RDONLY | O_NONBLOCK) : -1;
  settle();
  become(who);
  errno = 0;
  long result = way == BY_DESCRIPTOR ? fchown(fd, uid, group) : way == BY_LINK ? chown("l", uid, group) : lchown("o", uid, group);
  int error = errno;
  if (fd >= 0) close(fd);
  tell(result, error, "chown %c of %s:%u %o to %d:%d by %s through %s", type, WHO_NAME[owner], gid, mode,
       (int)uid, (int)group, WHO_NAME[who], WAY_NAME[way]);
}

static void all_owners(void) {
  static const mode_t MODES[] = {0644, 06755, 02745, 02711, 04711, 07777, 06666};
  static const gid_t GROUPS[] = {ANN_ID, SHARED_GROUP, STRANGE_GROUP};
  static const uid_t UIDS[] = {-1, 0, ANN_ID, BOB_ID};
  static const gid_t GIDS[] = {-1, 0, ANN_ID, SHARED_GROUP, STRANGE_GROUP};
  for (const char *type = "fdls"; *type; type++)
    for (enum who owner = ROOT; owner < WHO; owner++)
      for (int g = 0; g < 3; g++)
        for (int m = 0; m < 7; m++)
          for (int u = 0; u < 4; u++)
            for (int i = 0; i < 5; i++)
              for (int way = 0; way < WAYS; way++)
                for (enum who who = ROOT; who < WHO; who++) {
                  if ((*type == 'l' || *type == 's') && way == BY_DESCRIPTOR) continue;
                  if (*type != 'f' && (m + u + i + g) % 5 != 0) continue;
                  if (way != BY_NAME && (m + u + i + (int)who) % 4 != 0) continue;
                  change_owner(*type, owner, GROUPS[g], MODES[m], UIDS[u], GIDS[i], way, who);
                }
}

/* ---- opening, and what else needs a right ---- */

enum { READ, WRITE, BOTH, TRUNC_READ, TRUNC_WRITE, NOATIME, RUN, ACCESS_R, ACCESS_W, ACCESS_X, EACCESS_W, TRUNCATE, USES };
static const char *const USE_NAME[] = {"read",     "write",    "both",     "trunc-read", "trunc-write", "noatime",
                                       "run",      "access-r", "access-w", "access-x",   "eaccess-w",   "truncate"};

static long use(int what, const char *path) {
  static const int FLAGS[] = {O_RDONLY, O_WRONLY, O_RDWR, O_RDONLY | O_TRUNC, O_WRONLY | O_TRUNC, O_RDONLY | O_NOATIME};
  char *none[] = {NULL};
  int fd;
  switch (what) {
    case RUN: return execve(path, none, none);
    case ACCESS_R: return access(path, R_OK);
    case ACCESS_W: return access(path, W_OK);
    case ACCESS_X: return access(path, X_OK);
    case EACCESS_W: return syscall(SYS_faccessat2, AT_FDCWD, path, W_OK, AT_EACCESS);
    case TRUNCATE: return truncate(path, 3);
    default: return (fd = open(path, FLAGS[what] | O_NONBLOCK)) < 0 ? -1 : close(fd);
  }
}

static void using(char type, uid_t uid, gid_t gid, mode_t mode, int what, enum who who) {
  if (!is_wanted()) return;
  begin();
  node("o", type, mode, uid, gid, NULL);
  settle();
  become(who);
  errno = 0;
  long result = use(what, "o");
  tell(result, errno, "%s %c %u:%u %o by %s", USE_NAME[what], type, uid, gid, mode, WHO_NAME[who]);
}

static void all_uses(void) {
  static const uid_t UIDS[] = {ANN_ID, BOB_ID, 0};
  static const gid_t GIDS[] = {ANN_ID, SHARED_GROUP, STRANGE_GROUP};
  for (const char *type = "fdps"; *type; type++)
    for (int u = 0; u < 3; u++)
      for (int g = 0; g < 3; g++)
        for (int bits = 0; bits < 8; bits++)
          for (int shift = 0; shift <= 6; shift += 3)
            for (int what = 0; what < USES; what++)
              for (enum who who = ROOT; who <= ANN; who++) {
                if (*type != 'f' && (bits + shift + u + g + what) % 4 != 0) continue;
                /* The other bits are the opposite, so that a wrong class shows. */
                mode_t mode = (mode_t)(0777 ^ ((7 ^ bits) << shift));
                using(*type, UIDS[u], GIDS[g], what % 2 ? mode : (mode_t)(bits << shift), what, who);
              }
}

/* ---- directories ---- */

enum { LIST, ENTER, PASS, MAKE, REMOVE, MOVE, LINK, DIRECTORY_USES };
static const char *const DIRECTORY_USE[] = {"list", "enter", "pass", "make", "remove", "move", "link"};

static long use_directory(int what) {
  struct stat s;
  int fd;
  long result;
  int error;
  switch (what) {
    case LIST: return (fd = open("d", O_RDONLY | O_DIRECTORY)) < 0 ? -1 : close(fd);
    case ENTER:
      result = chdir("d");
      error = errno;
      if (fchdir(case_directory()) < 0) fatal("fchdir");
      errno = error;
      return result;
    case PASS: return stat("d/x", &s);
    case MAKE: return mkdir("d/new", 0755);
    case REMOVE: return unlink("d/x");
    case MOVE: return rename("d/x", "d/new");
    default: return link("f", "d/new");
  }
}

static void using_directory(uid_t uid, gid_t gid, mode_t mode, int what, enum who who) {
  if (!is_wanted()) return;
  begin();
  node("d", 'd', 0755, 0, 0, NULL);
  node("d/x", 'f', 0644, BOB_ID, BOB_ID, NULL);
  node("f", 'f', 0666, 0, 0, NULL);
  if (chown("d", uid, gid) < 0 || chmod("d", mode) < 0) fatal("d");
  watch("d/new");
  settle();
  become(who);
  errno = 0;
  long result = use_directory(what);
  tell(result, errno, "%s d %u:%u %o by %s", DIRECTORY_USE[what], uid, gid, mode, WHO_NAME[who]);
}

static void all_directories(void) {
  static const uid_t UIDS[] = {ANN_ID, BOB_ID, 0};
  static const gid_t GIDS[] = {ANN_ID, SHARED_GROUP, STRANGE_GROUP};
  for (int u = 0; u < 3; u++)
    for (int g = 0; g < 3; g++)
      for (mode_t mode = 0; mode < 010000; mode += 1 + (mode_t)(mode >= 0777) * 0111)
        for (int what = 0; what < DIRECTORY_USES; what++) {
          if ((mode * 7 + (mode_t)what + (mode_t)u + (mode_t)g) % 11 != 0) continue;
          using_directory(UIDS[u], GIDS[g], mode, what, mode % 5 ? ANN : BOB);
        }
}

void part_rights(void) {
  all_modes();
  all_owners();
  all_uses();
  all_directories();
}
