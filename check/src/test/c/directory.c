/*
 * Reads directories while they change, and goes back to places in them: what was there all the time is
 * read once, what was never there is not read, and a place stays one.
 *
 * usage: directory NAMES DIRECTORY [SAME_DIRECTORY]
 *
 * SAME_DIRECTORY is the same one by another mount; then the changes are made there.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <unistd.h>

static int names;
static const char *here, *there;
static int *seen;

static void fail(const char *what, long number) {
  printf("directory: %s %ld: %s\n", what, number, strerror(errno));
  exit(1);
}

static void path_of(char *to, const char *dir, const char *prefix, int number) {
  snprintf(to, 512, "%s/all/%s%d", dir, prefix, number);
}

static void make(const char *dir, const char *prefix, int number) {
  char path[512];
  path_of(path, dir, prefix, number);
  int fd = open(path, O_CREAT | O_EXCL | O_WRONLY, 0644);
  if (fd < 0) fail("make", number);
  close(fd);
}

static void drop(const char *dir, const char *prefix, int number) {
  char path[512];
  path_of(path, dir, prefix, number);
  if (unlink(path) < 0) fail("drop", number);
}

static DIR *open_all(void) {
  char path[512];
  snprintf(path, sizeof path, "%s/all", here);
  DIR *dir = opendir(path);
  if (!dir) fail("opendir", 0);
  return dir;
}

/* Counts each name; the number of a name that begins with n, or -1. */
static int note(const struct dirent *entry) {
  if (entry->d_name[0] != 'n') return -1;
  int number = atoi(entry->d_name + 1);
  if (number < 0 || number >= names) fail("a name that was never there", number);
  seen[number]++;
  return number;
}

static void forget(void) { memset(seen, 0, sizeof *seen * (size_t)names); }

static void require(int from, int step, int times, const char *when) {
  for (int i = from; i < names; i += step) {
    if (seen[i] != times) {
      errno = 0;
      printf("directory: read %d times %s\n", seen[i], when);
      fail("name", i);
    }
  }
}

static void read_all(DIR *dir) {
  struct dirent *entry;
  int dots = 0;
  forget();
  for (errno = 0; (entry = readdir(dir)); errno = 0) {
    dots += strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0;
    note(entry);
  }
  if (errno) fail("readdir", 0);
  if (dots != 2) fail("dots", dots);
}

/* Goes back to each place and finds there what was there. */
static void go_back(DIR *dir) {
  long *places = calloc((size_t)names + 4, sizeof *places);
  char(*found)[32] = calloc((size_t)names + 4, sizeof *found);
  struct dirent *entry;
  int count = 0;
  if (!places || !found) fail("calloc", 0);
  rewinddir(dir);
  for (;;) {
    places[count] = telldir(dir);
    if (!(entry = readdir(dir))) break;
    snprintf(found[count++], sizeof *found, "%.31s", entry->d_name);
  }
  for (int i = count - 1; i >= 0; i -= 1 + i / 50) {
    seekdir(dir, places[i]);
    entry = readdir(dir);
    if (!entry || strcmp(entry->d_name, found[i]) != 0) fail("another name at place", i);
  }
  seekdir(dir, places[count]);
  if (readdir(dir)) fail("something behind the end", count);
  /* What goes away leaves the places of the others. */
  for (int i = 0; i < names; i += 3) drop(there, "n", i);
  for (int i = count - 1; i >= 0; i -= 1 + i / 50) {
    seekdir(dir, places[i]);
    entry = readdir(dir);
    if (found[i][0] != 'n' || atoi(found[i] + 1) % 3 == 0) continue;
    if (!entry || strcmp(entry->d_name, found[i]) != 0) fail("another name after removal at place", i);
  }
  for (int i = 0; i < names; i += 3) make(there, "n", i);
  free(places);
  free(found);
}

/* Half are removed as they are read, others are made and renamed meanwhile. */
static void read_while_it_changes(DIR *dir) {
  struct dirent *entry;
  int made = 0;
  forget();
  rewinddir(dir);
  while ((entry = readdir(dir))) {
    int number = note(entry);
    if (number >= 0 && number % 2 == 0) drop(there, "n", number);
    if (number >= 0 && made < names) make(there, "other", made++);
  }
  require(1, 2, 1, "while others came and went");
  require(0, 2, 1, "and then removed");
  for (int i = 0; i < made; i++) drop(there, "other", i);
  for (int i = 0; i < names; i += 2) make(there, "n", i);
}

/* What an open directory shows after rewinddir(3) is what there is. */
static void see_at_once(DIR *dir) {
  struct stat s;
  char path[512];
  for (int i = 0; i < 20; i++) {
    make(there, "fresh", i);
    path_of(path, here, "fresh", i);
    if (stat(path, &s) < 0) fail("not seen at once", i);
    drop(there, "fresh", i);
    if (stat(path, &s) == 0 || errno != ENOENT) fail("seen too long", i);
  }
  make(there, "fresh", 1);
  rewinddir(dir);
  struct dirent *entry;
  int found = 0;
  while ((entry = readdir(dir))) found += strcmp(entry->d_name, "fresh1") == 0;
  if (found != 1) fail("not listed at once", found);
  drop(there, "fresh", 1);
}

int main(int argc, char **argv) {
  if (argc < 3) {
    fprintf(stderr, "usage: directory NAMES DIRECTORY [SAME_DIRECTORY]\n");
    return 2;
  }
  names = atoi(argv[1]);
  here = argv[2];
  there = argc > 3 ? argv[3] : here;
  seen = calloc((size_t)names, sizeof *seen);
  char path[512];
  snprintf(path, sizeof path, "%s/all", there);
  if (!seen || mkdir(path, 0755) < 0) fail("mkdir", 0);
  for (int i = 0; i < names; i++) make(i % 2 ? here : there, "n", i);
  DIR *dir = open_all();
  read_all(dir);
  require(0, 1, 1, "at rest");
  go_back(dir);
  read_while_it_changes(dir);
  see_at_once(dir);
  closedir(dir);
  dir = open_all();
  for (int i = 0; i < names; i++) drop(i % 2 ? here : there, "n", i);
  rewinddir(dir);
  read_all(dir);
  require(0, 1, 0, "after all were removed");
  snprintf(path, sizeof path, "%s/all", here);
  if (rmdir(path) < 0) fail("rmdir", 0);
  rewinddir(dir);
  if (readdir(dir)) fail("something in a removed directory", 0);
  closedir(dir);
  printf("directory: %d names\n", names);
  return 0;
}
