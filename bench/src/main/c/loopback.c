/*
 * loopback: a folder as a mount, on libfuse's low-level API, in the manner of libfuse's own
 * passthrough_ll: an O_PATH descriptor for each inode, names and attributes valid for no time, no
 * page cache. What a program in C pays that keeps nothing.
 *
 *   loopback SOURCE DIRECTORY single|threads
 *
 * Says "ready", answers "counts" and ends as memfs does.
 */
#define FUSE_USE_VERSION 312
#define _GNU_SOURCE
#include <fuse3/fuse_lowlevel.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/fsuid.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fusepeer.h"

enum { BUCKETS = 1 << 16, PROC_PATH = 64 };

typedef struct Inode {
  struct Inode *next; /* of the bucket */
  dev_t device;
  ino_t number;
  uint64_t lookups; /* under the lock */
  int fd;
} Inode;

typedef struct {
  DIR *stream;
  struct dirent *pending;
  off_t offset;
} Listing;

static Inode root, *buckets[BUCKETS];
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static Inode *inode_of(fuse_ino_t number) { return number == FUSE_ROOT_ID ? &root : (Inode *)(uintptr_t)number; }

static Inode **bucket(dev_t device, ino_t number) {
  return &buckets[(number * 0x9e3779b97f4a7c15u ^ device) >> 48 & (BUCKETS - 1)];
}

static void proc_path(char *path, int fd) { snprintf(path, PROC_PATH, "/proc/self/fd/%i", fd); }

/* What a caller makes belongs to it. */
static void act_as(fuse_req_t request) {
  const struct fuse_ctx *caller = fuse_req_ctx(request);
  if (caller->gid) setfsgid(caller->gid);
  if (caller->uid) setfsuid(caller->uid);
}

static void act_as_self(fuse_req_t request) {
  const struct fuse_ctx *caller = fuse_req_ctx(request);
  if (caller->uid) setfsuid(0);
  if (caller->gid) setfsgid(0);
}

/* Counts a lookup of a name; 0 or an errno. */
static int find(fuse_ino_t parent, const char *name, struct fuse_entry_param *entry) {
  memset(entry, 0, sizeof *entry);
  int fd = openat(inode_of(parent)->fd, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
  if (fd < 0) return errno;
  if (fstatat(fd, "", &entry->attr, AT_EMPTY_PATH | AT_SYMLINK_NOFOLLOW)) {
    int error = errno;
    close(fd);
    return error;
  }
  pthread_mutex_lock(&lock);
  Inode **first = bucket(entry->attr.st_dev, entry->attr.st_ino), *inode = *first;
  while (inode && (inode->number != entry->attr.st_ino || inode->device != entry->attr.st_dev)) inode = inode->next;
  if (inode) {
    inode->lookups++;
    close(fd);
  } else if ((inode = calloc(1, sizeof *inode))) {
    *inode = (Inode){*first, entry->attr.st_dev, entry->attr.st_ino, 1, fd};
    *first = inode;
  }
  pthread_mutex_unlock(&lock);
  entry->ino = (uintptr_t)inode;
  return inode ? 0 : ENOMEM;
}

static void forget(fuse_ino_t number, uint64_t count) {
  Inode *inode = inode_of(number);
  if (inode == &root) return;
  pthread_mutex_lock(&lock);
  inode->lookups -= count;
  int gone = inode->lookups == 0;
  if (gone) {
    Inode **at = bucket(inode->device, inode->number);
    while (*at != inode) at = &(*at)->next;
    *at = inode->next;
  }
  pthread_mutex_unlock(&lock);
  if (gone) {
    close(inode->fd);
    free(inode);
  }
}

static void lookup(fuse_req_t request, fuse_ino_t parent, const char *name) {
  COUNT;
  struct fuse_entry_param entry;
  int error = find(parent, name, &entry);
  if (error) fuse_reply_err(request, error);
  else fuse_reply_entry(request, &entry);
}

static void forget_one(fuse_req_t request, fuse_ino_t number, uint64_t count) {
  COUNT;
  forget(number, count);
  fuse_reply_none(request);
}

static void forget_many(fuse_req_t request, size_t count, struct fuse_forget_data *all) {
  COUNT;
  for (size_t i = 0; i < count; i++) forget(all[i].ino, all[i].nlookup);
  fuse_reply_none(request);
}

static void getattr(fuse_req_t request, fuse_ino_t number, struct fuse_file_info *file) {
  COUNT;
  (void)file;
  struct stat attributes;
  if (fstatat(inode_of(number)->fd, "", &attributes, AT_EMPTY_PATH | AT_SYMLINK_NOFOLLOW)) fuse_reply_err(request, errno);
  else fuse_reply_attr(request, &attributes, 0);
}

static void setattr(fuse_req_t request, fuse_ino_t number, struct stat *wanted, int which, struct fuse_file_info *file) {
  COUNT;
  char path[PROC_PATH];
  int fd = inode_of(number)->fd, failed = 0;
  proc_path(path, fd);
  if (which & FUSE_SET_ATTR_MODE) failed = file ? fchmod((int)file->fh, wanted->st_mode) : chmod(path, wanted->st_mode);
  if (!failed && which & (FUSE_SET_ATTR_UID | FUSE_SET_ATTR_GID))
    failed = fchownat(fd, "", which & FUSE_SET_ATTR_UID ? wanted->st_uid : (uid_t)-1,
                      which & FUSE_SET_ATTR_GID ? wanted->st_gid : (gid_t)-1, AT_EMPTY_PATH | AT_SYMLINK_NOFOLLOW);
  if (!failed && which & FUSE_SET_ATTR_SIZE)
    failed = file ? ftruncate((int)file->fh, wanted->st_size) : truncate(path, wanted->st_size);
  if (!failed && which & (FUSE_SET_ATTR_ATIME | FUSE_SET_ATTR_MTIME)) {
    struct timespec times[2] = {{0, UTIME_OMIT}, {0, UTIME_OMIT}};
    if (which & FUSE_SET_ATTR_ATIME_NOW) times[0].tv_nsec = UTIME_NOW;
    else if (which & FUSE_SET_ATTR_ATIME) times[0] = wanted->st_atim;
    if (which & FUSE_SET_ATTR_MTIME_NOW) times[1].tv_nsec = UTIME_NOW;
    else if (which & FUSE_SET_ATTR_MTIME) times[1] = wanted->st_mtim;
    failed = file ? futimens((int)file->fh, times) : utimensat(AT_FDCWD, path, times, 0);
  }
  struct stat attributes;
  if (failed || fstatat(fd, "", &attributes, AT_EMPTY_PATH | AT_SYMLINK_NOFOLLOW)) fuse_reply_err(request, errno);
  else fuse_reply_attr(request, &attributes, 0);
}

static void mkdir_(fuse_req_t request, fuse_ino_t parent, const char *name, mode_t mode) {
  COUNT;
  struct fuse_entry_param entry;
  act_as(request);
  int error = mkdirat(inode_of(parent)->fd, name, mode) ? errno : 0;
  act_as_self(request);
  if (!error) error = find(parent, name, &entry);
  if (error) fuse_reply_err(request, error);
  else fuse_reply_entry(request, &entry);
}

static void create(fuse_req_t request, fuse_ino_t parent, const char *name, mode_t mode, struct fuse_file_info *file) {
  COUNT;
  struct fuse_entry_param entry;
  act_as(request);
  int fd = openat(inode_of(parent)->fd, name, (file->flags | O_CREAT) & ~O_NOFOLLOW, mode);
  int error = fd < 0 ? errno : 0;
  act_as_self(request);
  if (!error && (error = find(parent, name, &entry))) close(fd);
  if (error) {
    fuse_reply_err(request, error);
    return;
  }
  file->fh = (uint64_t)fd;
  file->direct_io = 1;
  fuse_reply_create(request, &entry, file);
}

static void unlink_(fuse_req_t request, fuse_ino_t parent, const char *name) {
  COUNT;
  fuse_reply_err(request, unlinkat(inode_of(parent)->fd, name, 0) ? errno : 0);
}

static void rmdir_(fuse_req_t request, fuse_ino_t parent, const char *name) {
  COUNT;
  fuse_reply_err(request, unlinkat(inode_of(parent)->fd, name, AT_REMOVEDIR) ? errno : 0);
}

static void open_(fuse_req_t request, fuse_ino_t number, struct fuse_file_info *file) {
  COUNT;
  char path[PROC_PATH];
  proc_path(path, inode_of(number)->fd);
  int fd = open(path, file->flags & ~O_NOFOLLOW);
  if (fd < 0) {
    fuse_reply_err(request, errno);
    return;
  }
  file->fh = (uint64_t)fd;
  file->direct_io = 1;
  fuse_reply_open(request, file);
}

static void release(fuse_req_t request, fuse_ino_t number, struct fuse_file_info *file) {
  COUNT;
  (void)number;
  close((int)file->fh);
  fuse_reply_err(request, 0);
}

/* The descriptor below hears of it, as what it holds may be written back by a close. */
static void flush(fuse_req_t request, fuse_ino_t number, struct fuse_file_info *file) {
  COUNT;
  (void)number;
  fuse_reply_err(request, close(dup((int)file->fh)) ? errno : 0);
}

static void read_(fuse_req_t request, fuse_ino_t number, size_t size, off_t offset, struct fuse_file_info *file) {
  COUNT;
  (void)number;
  struct fuse_bufvec vector = FUSE_BUFVEC_INIT(size);
  vector.buf[0].flags = FUSE_BUF_IS_FD | FUSE_BUF_FD_SEEK;
  vector.buf[0].fd = (int)file->fh;
  vector.buf[0].pos = offset;
  fuse_reply_data(request, &vector, FUSE_BUF_SPLICE_MOVE);
}

static void write_(fuse_req_t request, fuse_ino_t number, const char *data, size_t size, off_t offset, struct fuse_file_info *file) {
  COUNT;
  (void)number;
  ssize_t written = pwrite((int)file->fh, data, size, offset);
  if (written < 0) fuse_reply_err(request, errno);
  else fuse_reply_write(request, (size_t)written);
}

static void opendir_(fuse_req_t request, fuse_ino_t number, struct fuse_file_info *file) {
  COUNT;
  Listing *listing = calloc(1, sizeof *listing);
  int fd = listing ? openat(inode_of(number)->fd, ".", O_RDONLY) : -1;
  if (fd < 0 || !(listing->stream = fdopendir(fd))) {
    fuse_reply_err(request, errno);
    free(listing);
    return;
  }
  file->fh = (uintptr_t)listing;
  fuse_reply_open(request, file);
}

static void readdir_(fuse_req_t request, fuse_ino_t number, size_t size, off_t offset, struct fuse_file_info *file) {
  COUNT;
  (void)number;
  Listing *listing = (Listing *)(uintptr_t)file->fh;
  char *buffer = malloc(size);
  size_t used = 0;
  if (offset != listing->offset) {
    seekdir(listing->stream, offset);
    listing->pending = NULL;
    listing->offset = offset;
  }
  while (buffer) {
    if (!listing->pending && !(listing->pending = readdir(listing->stream))) break;
    struct dirent *found = listing->pending;
    struct stat attributes = {.st_ino = found->d_ino, .st_mode = (mode_t)found->d_type << 12};
    size_t needed = fuse_add_direntry(request, buffer + used, size - used, found->d_name, &attributes, found->d_off);
    if (needed > size - used) break;
    used += needed;
    listing->offset = found->d_off;
    listing->pending = NULL;
  }
  fuse_reply_buf(request, buffer, used);
  free(buffer);
}

static void releasedir(fuse_req_t request, fuse_ino_t number, struct fuse_file_info *file) {
  COUNT;
  (void)number;
  Listing *listing = (Listing *)(uintptr_t)file->fh;
  closedir(listing->stream);
  free(listing);
  fuse_reply_err(request, 0);
}

int main(int argc, char **argv) {
  if (argc != 4) {
    fputs("usage: loopback SOURCE DIRECTORY single|threads\n", stderr);
    return 2;
  }
  umask(0);
  root = (Inode){.lookups = 2, .fd = open(argv[1], O_PATH | O_CLOEXEC)};
  if (root.fd < 0) {
    fprintf(stderr, "loopback: %s: %s\n", argv[1], strerror(errno));
    return 1;
  }
  struct rlimit descriptors;
  if (!getrlimit(RLIMIT_NOFILE, &descriptors)) {
    descriptors.rlim_cur = descriptors.rlim_max;
    setrlimit(RLIMIT_NOFILE, &descriptors);
  }
  struct fuse_lowlevel_ops operations = {
      .lookup = lookup, .forget = forget_one, .forget_multi = forget_many, .getattr = getattr, .setattr = setattr,
      .mkdir = mkdir_, .create = create, .unlink = unlink_, .rmdir = rmdir_, .open = open_, .release = release,
      .flush = flush, .read = read_, .write = write_, .opendir = opendir_, .readdir = readdir_, .releasedir = releasedir};
  return serve("loopback", argv[2], !strcmp(argv[3], "threads"), &operations);
}
