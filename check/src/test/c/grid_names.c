/* Names made, moved and removed: every kind onto every kind, sticky directories, rights of parents. */
#include "grid.h"

/* ---- sticky directories ---- */

enum { UNLINK, RENAME_OUT, RENAME_IN, RENAME_WITHIN, EXCHANGE, STICKY_CALLS };
static const char *const STICKY_NAME[] = {"remove", "out", "in", "within", "exchange"};

static long sticky_call(int call, char type) {
  switch (call) {
    case UNLINK: return type == 'd' ? rmdir("t/o") : unlink("t/o");
    case RENAME_OUT: return rename("t/o", "w/new");
    case RENAME_IN: return rename("w/m", "t/o");
    case RENAME_WITHIN: return rename("t/m", "t/o");
    default: return renameat2(AT_FDCWD, "w/m", AT_FDCWD, "t/o", RENAME_EXCHANGE);
  }
}

static void sticky(mode_t mode, enum who dir, enum who object, char type, enum who who, int call) {
  if (!is_wanted()) return;
  uid_t dir_id = WHO_UID[dir], id = WHO_UID[object], mine = WHO_UID[who];
  begin();
  node("t", 'd', mode, dir_id, dir_id, NULL);
  node("t/o", type, 0644, id, id, "nowhere");
  node("t/m", type, 0644, mine, mine, "nowhere");
  node("w", 'd', 0777, mine, mine, NULL);
  node("w/m", type, 0644, mine, mine, "nowhere");
  watch("w/new");
  settle();
  become(who);
  errno = 0;
  long result = sticky_call(call, type);
  tell(result, errno, "sticky %o of %s %s %c of %s by %s", mode, WHO_NAME[dir], STICKY_NAME[call], type,
       WHO_NAME[object], WHO_NAME[who]);
}

static void all_sticky(void) {
  static const mode_t MODES[] = {01777, 01775, 0777, 0755};
  for (int m = 0; m < 4; m++)
    for (enum who dir = ROOT; dir < WHO; dir++)
      for (enum who object = ROOT; object < WHO; object++)
        for (const char *type = "fdpslc"; *type; type++)
          for (enum who who = ROOT; who < WHO; who++)
            for (int call = 0; call < STICKY_CALLS; call++) sticky(MODES[m], dir, object, *type, who, call);
}

/* ---- every kind onto every kind ---- */

/* What a letter of KINDS stands for; E is an empty directory, D a full one, H another link of the first. */
static const char KINDS[] = "fpscblED-H";

static void make_kind(const char *path, char kind, const char *first) {
  char inner[64];
  switch (kind) {
    case '-': watch(path); break;
    case 'H':
      if (link(first, path) < 0) fatal(path);
      watch(path);
      break;
    case 'E': node(path, 'd', 0755, 0, 0, NULL); break;
    case 'D':
      node(path, 'd', 0755, 0, 0, NULL);
      snprintf(inner, sizeof inner, "%s/x", path);
      node(inner, 'f', 0644, 0, 0, NULL);
      break;
    default: node(path, kind, 0644, 0, 0, "nowhere");
  }
}

static void onto(char from, char to, unsigned flags, const char *end) {
  if (from == 'H' || (to == 'H' && (from == '-' || from == 'E' || from == 'D')) || !is_wanted()) return;
  begin();
  node("one", 'd', 0777, 0, 0, NULL);
  node("two", 'd', 0777, 0, 0, NULL);
  make_kind("one/a", from, "");
  make_kind("two/b", to, "one/a");
  settle();
  char a[32], b[32];
  snprintf(a, sizeof a, "one/a%s", *end == '<' ? end + 1 : "");
  snprintf(b, sizeof b, "two/b%s", *end == '>' ? end + 1 : "");
  errno = 0;
  long result = renameat2(AT_FDCWD, a, AT_FDCWD, b, flags);
  tell(result, errno, "rename %c onto %c flags %u %s", from, to, flags, end);
  errno = 0;
  if (flags == 0) {
    result = link(a, b);
    tell(result, errno, "link %c onto %c %s", from, to, end);
  }
}

static void all_kinds(void) {
  static const char *const ENDS[] = {"", "</", ">/", "</.", ">/.", "</..", ">/.."};
  /* RENAME_WHITEOUT (4) is left out but for what no file system takes. */
  static const unsigned FLAGS[] = {0, RENAME_NOREPLACE, RENAME_EXCHANGE, 3, 6, 8};
  for (const char *from = KINDS; *from; from++)
    for (const char *to = KINDS; *to; to++)
      for (int f = 0; f < 6; f++)
        for (int e = 0; e < (f < 3 ? 7 : 1); e++) onto(*from, *to, FLAGS[f], ENDS[e]);
}

/* ---- around one tree ---- */

static void around(const char *from, const char *to, unsigned flags, enum who who) {
  if (!is_wanted()) return;
  begin();
  node("a", 'd', 0755, ANN_ID, ANN_ID, NULL);
  node("a/b", 'd', 0555, ANN_ID, ANN_ID, NULL);
  node("a/b/c", 'd', 0755, ANN_ID, ANN_ID, NULL);
  node("a/x", 'f', 0644, BOB_ID, BOB_ID, NULL);
  if (link("a/x", "a/y") < 0) fatal("a/y");
  watch("a/y");
  node("a/ro", 'd', 0555, 0, 0, NULL);
  node("a/ro/e", 'd', 0755, ANN_ID, ANN_ID, NULL);
  node("z", 'd', 0777, ANN_ID, ANN_ID, NULL);
  node("za", 'd', 0555, ANN_ID, ANN_ID, NULL);
  node("zb", 'd', 0777, BOB_ID, BOB_ID, NULL);
  node("zb/in", 'd', 0555, BOB_ID, BOB_ID, NULL);
  node("l", 'l', 0, 0, 0, "a");
  watch("z/new");
  watch("new");
  settle();
  become(who);
  errno = 0;
  long result = renameat2(AT_FDCWD, from, AT_FDCWD, to, flags);
  tell(result, errno, "move %s %s flags %u by %s", from, to, flags, WHO_NAME[who]);
}

static void all_around(void) {
  static const char *const PLACES[] = {"a",   "a/b",  "a/b/c", "a/x",   "a/y", "a/ro", "a/ro/e", "z",
                                       "za",  "zb",   "zb/in", "z/new", "new", "l",    "l/b",    "a/new/x",
                                       "a/./b", "..", ".",     "a/b/..", "/",  ""};
  const int places = sizeof PLACES / sizeof *PLACES;
  for (int from = 0; from < places; from++)
    for (int to = 0; to < places; to++)
      for (unsigned flags = 0; flags < 3; flags++)
        for (enum who who = ROOT; who < WHO; who++) around(PLACES[from], PLACES[to], flags, who);
}

/* ---- making things ---- */

enum { FILE_, CREAT, FIFO, SOCKET, DIRECTORY, SYMLINK, HARDLINK, TMPFILE, MAKERS };
static const char *const MAKER_NAME[] = {"mknod", "open", "fifo", "socket", "mkdir", "symlink", "link", "tmpfile"};

static long make(int maker, mode_t mode) {
  int fd;
  struct stat s;
  switch (maker) {
    case FILE_: return mknod("t/new", S_IFREG | mode, 0);
    case CREAT: return (fd = open("t/new", O_CREAT | O_EXCL | O_RDONLY, mode)) < 0 ? -1 : close(fd);
    case FIFO: return mknod("t/new", S_IFIFO | mode, 0);
    case SOCKET: return mknod("t/new", S_IFSOCK | mode, 0);
    case DIRECTORY: return mkdir("t/new", mode);
    case SYMLINK: return symlink("target", "t/new");
    case HARDLINK: return link("f", "t/new");
    default:
      fd = open("t", O_TMPFILE | O_RDWR, mode);
      if (fd < 0) return -1;
      if (fstat(fd, &s) < 0) fatal("fstat");
      int error = close(fd);
      return error < 0 ? error : (long)(s.st_mode + ((s.st_gid == SHARED_GROUP) << 20) + ((long)s.st_nlink << 24));
  }
}

static void making(int maker, mode_t mode, mode_t mask, mode_t parent, gid_t gid, enum who owner, enum who who) {
  if (!is_wanted()) return;
  begin();
  node("t", 'd', parent, WHO_UID[owner], gid, NULL);
  node("f", 'f', 0666, 0, 0, NULL);
  watch("t/new");
  settle();
  become(who);
  umask(mask);
  errno = 0;
  long result = make(maker, mode);
  tell(result, errno, "make %s %o mask %o in %o %s:%u by %s", MAKER_NAME[maker], mode, mask, parent,
       WHO_NAME[owner], gid, WHO_NAME[who]);
}

static void all_making(void) {
  static const mode_t MODES[] = {0, 0644, 0777, 01777, 02755, 02710, 04711, 07777};
  static const mode_t MASKS[] = {0, 022, 077, 0777};
  static const mode_t PARENTS[] = {0755, 02755, 02777, 0777, 01777, 0555, 0722, 0733};
  static const gid_t GROUPS[] = {0, ANN_ID, SHARED_GROUP, STRANGE_GROUP};
  for (int maker = 0; maker < MAKERS; maker++)
    for (int m = 0; m < 8; m++)
      for (int k = 0; k < 4; k++)
        for (int p = 0; p < 8; p++)
          for (int g = 0; g < 4; g++)
            for (enum who owner = ROOT; owner <= ANN; owner++)
              for (enum who who = ROOT; who < WHO; who++) {
                /* Each pair of values meets; not each of all. */
                if ((maker + m + k + p + g + (int)owner + (int)who) % 7 != 0) continue;
                making(maker, MODES[m], MASKS[k], PARENTS[p], GROUPS[g], owner, who);
              }
}

void part_names(void) {
  all_sticky();
  all_kinds();
  all_around();
  all_making();
}
