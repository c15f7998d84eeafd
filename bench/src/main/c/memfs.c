/*
 * memfs: what the mount of Coterie is measured against: a file system in memory on libfuse's
 * low-level API, which keeps nothing in the kernel either. Names and attributes are valid for no
 * time, files are opened for direct input and output, names are found in a hash table for each
 * directory, inodes by number with the kernel's count of lookups. Content lies in pages of 4 KiB
 * out of slabs of 2 MiB; a read is answered from them without a copy.
 *
 *   memfs DIRECTORY single|threads
 *
 * Says "ready" on stdout once it is mounted, answers "counts" with the requests so far, and unmounts
 * and ends with its stdin or by SIGTERM. "threads": libfuse's own loop of many threads, each with a
 * clone of the descriptor.
 */
#define FUSE_USE_VERSION 312
#define _GNU_SOURCE
#include <fuse3/fuse_lowlevel.h>
#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#include "fusepeer.h"

enum { PAGE_SHIFT = 12, PAGE = 1 << PAGE_SHIFT, SLAB = 2 << 20, BLOCK = 4096, BLOCKS = 4096 };
enum { VECTORS = 258, LEAST_BUCKETS = 16 };

typedef struct Inode Inode;

typedef struct Entry {
  struct Entry *next; /* of the bucket */
  Inode *inode;
  uint32_t hash, slot;
  char name[];
} Entry;

struct Inode {
  pthread_rwlock_t lock; /* of all below but lookups */
  uint64_t number, generation;
  _Atomic int64_t lookups; /* of the kernel, and one for each open file */
  struct stat attributes;
  char **pages; /* of a file; null where there is none */
  size_t pages_room;
  Entry **buckets; /* of a directory */
  Entry **slots;   /* the same in the order of readdir */
  uint32_t bucket_count, entry_count, slot_count, slot_room;
  uint64_t parent;
};

/* Inodes by number, in blocks that never move. */
static Inode *_Atomic *table[BLOCKS];
static pthread_mutex_t table_lock = PTHREAD_MUTEX_INITIALIZER;
static uint64_t next_number = FUSE_ROOT_ID, *free_numbers, free_count, free_room, generations;

static pthread_mutex_t page_lock = PTHREAD_MUTEX_INITIALIZER;
static char *slab_next, *slab_end, **free_pages;
static size_t free_page_count, free_page_room;

static void *claim(void *memory) {
  if (!memory) {
    fputs("memfs: no memory\n", stderr);
    abort();
  }
  return memory;
}

/* ---- pages ---- */

static char *take_page(void) {
  char *page;
  pthread_mutex_lock(&page_lock);
  if (free_page_count > 0) {
    page = free_pages[--free_page_count];
  } else {
    if (slab_next == slab_end) {
      char *memory = mmap(NULL, 2 * SLAB, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
      if (memory == MAP_FAILED) claim(NULL);
      memory = (char *)(((uintptr_t)memory + SLAB - 1) & ~(uintptr_t)(SLAB - 1));
      madvise(memory, SLAB, MADV_HUGEPAGE);
      slab_next = memory;
      slab_end = memory + SLAB;
    }
    page = slab_next;
    slab_next += PAGE;
  }
  pthread_mutex_unlock(&page_lock);
  return page;
}

static void give_page(char *page) {
  pthread_mutex_lock(&page_lock);
  if (free_page_count == free_page_room) {
    free_page_room = free_page_room ? 2 * free_page_room : 1024;
    free_pages = claim(realloc(free_pages, free_page_room * sizeof *free_pages));
  }
  free_pages[free_page_count++] = page;
  pthread_mutex_unlock(&page_lock);
}

static void cut(Inode *inode, off_t size) {
  size_t first = (size_t)(size + PAGE - 1) >> PAGE_SHIFT;
  for (size_t i = first; i < inode->pages_room; i++) {
    if (inode->pages[i]) {
      give_page(inode->pages[i]);
      inode->pages[i] = NULL;
      inode->attributes.st_blocks -= PAGE / 512;
    }
  }
  size_t within = (size_t)size & (PAGE - 1);
  if (within && first <= inode->pages_room && first > 0 && inode->pages[first - 1])
    memset(inode->pages[first - 1] + within, 0, PAGE - within);
  inode->attributes.st_size = size;
}

/* ---- inodes ---- */

static Inode *_Atomic *place(uint64_t number) { return &table[number / BLOCK][number % BLOCK]; }

static Inode *inode_of(fuse_ino_t number) {
  return number / BLOCK < BLOCKS && table[number / BLOCK] ? atomic_load(place(number)) : NULL;
}

static void now(struct timespec *time) { clock_gettime(CLOCK_REALTIME_COARSE, time); }

static Inode *make_inode(mode_t mode, uid_t uid, gid_t gid) {
  Inode *inode = claim(calloc(1, sizeof *inode));
  pthread_rwlock_init(&inode->lock, NULL);
  pthread_mutex_lock(&table_lock);
  inode->number = free_count ? free_numbers[--free_count] : next_number++;
  inode->generation = generations++;
  if (!table[inode->number / BLOCK])
    table[inode->number / BLOCK] = claim(calloc(BLOCK, sizeof(Inode *)));
  atomic_store(place(inode->number), inode);
  pthread_mutex_unlock(&table_lock);
  struct stat *attributes = &inode->attributes;
  attributes->st_ino = inode->number;
  attributes->st_mode = mode;
  attributes->st_nlink = S_ISDIR(mode) ? 2 : 1;
  attributes->st_uid = uid;
  attributes->st_gid = gid;
  attributes->st_blksize = PAGE;
  now(&attributes->st_mtim);
  attributes->st_atim = attributes->st_ctim = attributes->st_mtim;
  return inode;
}

/* Gives lookups back; with the last one, an inode without a name goes. */
static void forget(Inode *inode, int64_t count) {
  if (atomic_fetch_sub(&inode->lookups, count) != count) return;
  pthread_rwlock_rdlock(&inode->lock);
  int named = inode->attributes.st_nlink > (S_ISDIR(inode->attributes.st_mode) ? 1 : 0);
  pthread_rwlock_unlock(&inode->lock);
  if (named || inode->number == FUSE_ROOT_ID) return;
  pthread_mutex_lock(&table_lock);
  int mine = atomic_load(&inode->lookups) == 0 && atomic_load(place(inode->number)) == inode;
  if (mine) {
    atomic_store(place(inode->number), NULL);
    if (free_count == free_room) {
      free_room = free_room ? 2 * free_room : 1024;
      free_numbers = claim(realloc(free_numbers, free_room * sizeof *free_numbers));
    }
    free_numbers[free_count++] = inode->number;
  }
  pthread_mutex_unlock(&table_lock);
  if (!mine) return;
  cut(inode, 0);
  free(inode->pages);
  free(inode->buckets);
  free(inode->slots);
  pthread_rwlock_destroy(&inode->lock);
  free(inode);
}

/* ---- names; under the directory's lock ---- */

static uint32_t hash_of(const char *name) { /* FNV-1a */
  uint32_t hash = 2166136261u;
  for (; *name; name++) hash = (hash ^ (uint8_t)*name) * 16777619u;
  return hash;
}

static Entry **find(Inode *dir, const char *name, uint32_t hash) {
  if (!dir->bucket_count) return NULL;
  Entry **at = &dir->buckets[hash & (dir->bucket_count - 1)];
  while (*at && ((*at)->hash != hash || strcmp((*at)->name, name))) at = &(*at)->next;
  return *at ? at : NULL;
}

static void grow(Inode *dir) {
  uint32_t count = dir->bucket_count ? 2 * dir->bucket_count : LEAST_BUCKETS;
  Entry **buckets = claim(calloc(count, sizeof *buckets));
  for (uint32_t i = 0; i < dir->bucket_count; i++) {
    for (Entry *entry = dir->buckets[i], *next; entry; entry = next) {
      next = entry->next;
      entry->next = buckets[entry->hash & (count - 1)];
      buckets[entry->hash & (count - 1)] = entry;
    }
  }
  free(dir->buckets);
  dir->buckets = buckets;
  dir->bucket_count = count;
}

static void touch(Inode *inode) {
  now(&inode->attributes.st_mtim);
  inode->attributes.st_ctim = inode->attributes.st_mtim;
}

static void add(Inode *dir, const char *name, Inode *inode) {
  if (dir->entry_count >= dir->bucket_count) grow(dir);
  size_t length = strlen(name) + 1;
  Entry *entry = claim(malloc(sizeof *entry + length));
  memcpy(entry->name, name, length);
  entry->inode = inode;
  entry->hash = hash_of(name);
  Entry **bucket = &dir->buckets[entry->hash & (dir->bucket_count - 1)];
  entry->next = *bucket;
  *bucket = entry;
  /* The last slot is free again when its entry goes; others wait until the directory is empty. */
  if (dir->slot_count == dir->slot_room) {
    dir->slot_room = dir->slot_room ? 2 * dir->slot_room : LEAST_BUCKETS;
    dir->slots = claim(realloc(dir->slots, dir->slot_room * sizeof *dir->slots));
  }
  entry->slot = dir->slot_count;
  dir->slots[dir->slot_count++] = entry;
  dir->entry_count++;
  touch(dir);
}

static Inode *take_out(Inode *dir, Entry **at) {
  Entry *entry = *at;
  Inode *inode = entry->inode;
  *at = entry->next;
  dir->slots[entry->slot] = NULL;
  while (dir->slot_count > 0 && !dir->slots[dir->slot_count - 1]) dir->slot_count--;
  dir->entry_count--;
  touch(dir);
  free(entry);
  return inode;
}

/* ---- requests ---- */

static void entry_of(Inode *inode, struct fuse_entry_param *entry) {
  memset(entry, 0, sizeof *entry);
  entry->ino = inode->number;
  entry->generation = inode->generation;
  pthread_rwlock_rdlock(&inode->lock);
  entry->attr = inode->attributes;
  pthread_rwlock_unlock(&inode->lock);
}

static void lookup(fuse_req_t request, fuse_ino_t parent, const char *name) {
  COUNT;
  Inode *dir = inode_of(parent);
  pthread_rwlock_rdlock(&dir->lock);
  Entry **at = find(dir, name, hash_of(name));
  Inode *inode = at ? (*at)->inode : NULL;
  if (inode) atomic_fetch_add(&inode->lookups, 1);
  pthread_rwlock_unlock(&dir->lock);
  if (!inode) {
    fuse_reply_err(request, ENOENT);
    return;
  }
  struct fuse_entry_param entry;
  entry_of(inode, &entry);
  fuse_reply_entry(request, &entry);
}

static void forget_one(fuse_req_t request, fuse_ino_t number, uint64_t count) {
  COUNT;
  forget(inode_of(number), (int64_t)count);
  fuse_reply_none(request);
}

static void forget_many(fuse_req_t request, size_t count, struct fuse_forget_data *all) {
  COUNT;
  for (size_t i = 0; i < count; i++) forget(inode_of(all[i].ino), (int64_t)all[i].nlookup);
  fuse_reply_none(request);
}

static void reply_attributes(fuse_req_t request, Inode *inode) {
  pthread_rwlock_rdlock(&inode->lock);
  struct stat attributes = inode->attributes;
  pthread_rwlock_unlock(&inode->lock);
  fuse_reply_attr(request, &attributes, 0);
}

static void getattr(fuse_req_t request, fuse_ino_t number, struct fuse_file_info *file) {
  COUNT;
  (void)file;
  reply_attributes(request, inode_of(number));
}

static void setattr(fuse_req_t request, fuse_ino_t number, struct stat *wanted, int which, struct fuse_file_info *file) {
  COUNT;
  (void)file;
  Inode *inode = inode_of(number);
  struct timespec time;
  now(&time);
  pthread_rwlock_wrlock(&inode->lock);
  struct stat *attributes = &inode->attributes;
  if (which & FUSE_SET_ATTR_MODE)
    attributes->st_mode = (attributes->st_mode & S_IFMT) | (wanted->st_mode & 07777);
  if (which & FUSE_SET_ATTR_UID) attributes->st_uid = wanted->st_uid;
  if (which & FUSE_SET_ATTR_GID) attributes->st_gid = wanted->st_gid;
  if (which & FUSE_SET_ATTR_SIZE) {
    cut(inode, wanted->st_size);
    attributes->st_mtim = time;
  }
  if (which & FUSE_SET_ATTR_ATIME) attributes->st_atim = wanted->st_atim;
  if (which & FUSE_SET_ATTR_MTIME) attributes->st_mtim = wanted->st_mtim;
  if (which & FUSE_SET_ATTR_ATIME_NOW) attributes->st_atim = time;
  if (which & FUSE_SET_ATTR_MTIME_NOW) attributes->st_mtim = time;
  attributes->st_ctim = time;
  pthread_rwlock_unlock(&inode->lock);
  reply_attributes(request, inode);
}

/* Makes an inode with a name, which the kernel is told of; null: the name is taken. */
static Inode *make(fuse_req_t request, fuse_ino_t parent, const char *name, mode_t mode) {
  const struct fuse_ctx *caller = fuse_req_ctx(request);
  Inode *dir = inode_of(parent), *inode = NULL;
  pthread_rwlock_wrlock(&dir->lock);
  if (!find(dir, name, hash_of(name))) {
    inode = make_inode(mode, caller->uid, caller->gid);
    inode->parent = parent;
    atomic_store(&inode->lookups, 1);
    add(dir, name, inode);
    if (S_ISDIR(mode)) dir->attributes.st_nlink++;
  }
  pthread_rwlock_unlock(&dir->lock);
  return inode;
}

static void mkdir_(fuse_req_t request, fuse_ino_t parent, const char *name, mode_t mode) {
  COUNT;
  Inode *inode = make(request, parent, name, S_IFDIR | (mode & 07777));
  if (!inode) {
    fuse_reply_err(request, EEXIST);
    return;
  }
  struct fuse_entry_param entry;
  entry_of(inode, &entry);
  fuse_reply_entry(request, &entry);
}

static void create(fuse_req_t request, fuse_ino_t parent, const char *name, mode_t mode, struct fuse_file_info *file) {
  COUNT;
  Inode *inode = make(request, parent, name, S_IFREG | (mode & 07777));
  if (!inode) {
    fuse_reply_err(request, EEXIST);
    return;
  }
  atomic_fetch_add(&inode->lookups, 1);
  struct fuse_entry_param entry;
  entry_of(inode, &entry);
  file->fh = (uintptr_t)inode;
  file->direct_io = 1;
  fuse_reply_create(request, &entry, file);
}

static void remove_(fuse_req_t request, fuse_ino_t parent, const char *name, int directory) {
  Inode *dir = inode_of(parent), *inode = NULL;
  int error = 0;
  pthread_rwlock_wrlock(&dir->lock);
  Entry **at = find(dir, name, hash_of(name));
  if (!at) {
    error = ENOENT;
  } else if (!S_ISDIR((*at)->inode->attributes.st_mode) != !directory) {
    error = directory ? ENOTDIR : EISDIR;
  } else if (directory && (*at)->inode->entry_count > 0) {
    error = ENOTEMPTY;
  } else {
    inode = take_out(dir, at);
    if (directory) dir->attributes.st_nlink--;
    /* It stays at least until its link is gone, as nobody else can give back the last lookup. */
    atomic_fetch_add(&inode->lookups, 1);
    pthread_rwlock_wrlock(&inode->lock);
    inode->attributes.st_nlink -= directory ? 2 : 1;
    now(&inode->attributes.st_ctim);
    pthread_rwlock_unlock(&inode->lock);
  }
  pthread_rwlock_unlock(&dir->lock);
  if (inode) forget(inode, 1);
  fuse_reply_err(request, error);
}

static void unlink_(fuse_req_t request, fuse_ino_t parent, const char *name) {
  COUNT;
  remove_(request, parent, name, 0);
}

static void rmdir_(fuse_req_t request, fuse_ino_t parent, const char *name) {
  COUNT;
  remove_(request, parent, name, 1);
}

static void open_(fuse_req_t request, fuse_ino_t number, struct fuse_file_info *file) {
  COUNT;
  Inode *inode = inode_of(number);
  atomic_fetch_add(&inode->lookups, 1);
  if (file->flags & O_TRUNC) {
    pthread_rwlock_wrlock(&inode->lock);
    cut(inode, 0);
    touch(inode);
    pthread_rwlock_unlock(&inode->lock);
  }
  file->fh = (uintptr_t)inode;
  file->direct_io = 1;
  fuse_reply_open(request, file);
}

static void opendir_(fuse_req_t request, fuse_ino_t number, struct fuse_file_info *file) {
  COUNT;
  Inode *inode = inode_of(number);
  atomic_fetch_add(&inode->lookups, 1);
  file->fh = (uintptr_t)inode;
  fuse_reply_open(request, file);
}

static void release(fuse_req_t request, fuse_ino_t number, struct fuse_file_info *file) {
  COUNT;
  (void)number;
  forget((Inode *)(uintptr_t)file->fh, 1);
  fuse_reply_err(request, 0);
}

static void flush(fuse_req_t request, fuse_ino_t number, struct fuse_file_info *file) {
  COUNT;
  (void)number;
  (void)file;
  fuse_reply_err(request, 0);
}

/* As relatime has it, without the day. */
static void accessed(Inode *inode) {
  struct stat *attributes = &inode->attributes;
  pthread_rwlock_rdlock(&inode->lock);
  int late = attributes->st_atim.tv_sec < attributes->st_mtim.tv_sec ||
             (attributes->st_atim.tv_sec == attributes->st_mtim.tv_sec &&
              attributes->st_atim.tv_nsec <= attributes->st_mtim.tv_nsec);
  pthread_rwlock_unlock(&inode->lock);
  if (late) {
    pthread_rwlock_wrlock(&inode->lock);
    now(&attributes->st_atim);
    pthread_rwlock_unlock(&inode->lock);
  }
}

static void read_(fuse_req_t request, fuse_ino_t number, size_t size, off_t offset, struct fuse_file_info *file) {
  static char zeros[PAGE];
  COUNT;
  (void)number;
  Inode *inode = (Inode *)(uintptr_t)file->fh;
  struct iovec vectors[VECTORS];
  int count = 0;
  accessed(inode);
  pthread_rwlock_rdlock(&inode->lock);
  off_t end = offset + (off_t)size < inode->attributes.st_size ? offset + (off_t)size : inode->attributes.st_size;
  for (off_t at = offset; at < end && count < VECTORS;) {
    size_t page = (size_t)at >> PAGE_SHIFT, within = (size_t)at & (PAGE - 1), length = PAGE - within;
    if ((off_t)length > end - at) length = (size_t)(end - at);
    char *bytes = page < inode->pages_room && inode->pages[page] ? inode->pages[page] + within : zeros;
    if (count > 0 && bytes == (char *)vectors[count - 1].iov_base + vectors[count - 1].iov_len)
      vectors[count - 1].iov_len += length;
    else
      vectors[count++] = (struct iovec){bytes, length};
    at += (off_t)length;
  }
  /* Still locked: the pages may not go before they are sent. */
  fuse_reply_iov(request, vectors, count);
  pthread_rwlock_unlock(&inode->lock);
}

static void write_(fuse_req_t request, fuse_ino_t number, const char *data, size_t size, off_t offset, struct fuse_file_info *file) {
  COUNT;
  (void)number;
  Inode *inode = (Inode *)(uintptr_t)file->fh;
  pthread_rwlock_wrlock(&inode->lock);
  if (file->flags & O_APPEND) offset = inode->attributes.st_size;
  size_t last = (size_t)(offset + (off_t)size + PAGE - 1) >> PAGE_SHIFT;
  if (last > inode->pages_room) {
    size_t room = last > 2 * inode->pages_room ? last : 2 * inode->pages_room;
    inode->pages = claim(realloc(inode->pages, room * sizeof *inode->pages));
    memset(inode->pages + inode->pages_room, 0, (room - inode->pages_room) * sizeof *inode->pages);
    inode->pages_room = room;
  }
  for (size_t done = 0; done < size;) {
    size_t at = (size_t)offset + done, within = at & (PAGE - 1), length = PAGE - within;
    char **page = &inode->pages[at >> PAGE_SHIFT];
    if (length > size - done) length = size - done;
    if (!*page) {
      *page = take_page();
      if (length < PAGE) memset(*page, 0, PAGE);
      inode->attributes.st_blocks += PAGE / 512;
    }
    /* What lies together is copied as one. */
    size_t run = length;
    while (run + done < size && size - done - run >= PAGE && page[(within + run) >> PAGE_SHIFT] &&
           page[(within + run) >> PAGE_SHIFT] == *page + within + run)
      run += PAGE;
    memcpy(*page + within, data + done, run);
    done += run;
  }
  if (offset + (off_t)size > inode->attributes.st_size) inode->attributes.st_size = offset + (off_t)size;
  touch(inode);
  pthread_rwlock_unlock(&inode->lock);
  fuse_reply_write(request, size);
}

static void readdir_(fuse_req_t request, fuse_ino_t number, size_t size, off_t offset, struct fuse_file_info *file) {
  COUNT;
  (void)number;
  Inode *dir = (Inode *)(uintptr_t)file->fh;
  char *buffer = claim(malloc(size));
  size_t used = 0;
  pthread_rwlock_rdlock(&dir->lock);
  for (off_t at = offset; at < (off_t)dir->slot_count + 2; at++) {
    Entry *entry = at < 2 ? NULL : dir->slots[at - 2];
    if (at >= 2 && !entry) continue;
    struct stat attributes = {
        .st_ino = at == 0 ? dir->number : at == 1 ? (dir->parent ? dir->parent : dir->number) : entry->inode->number,
        .st_mode = at < 2 ? S_IFDIR : entry->inode->attributes.st_mode};
    const char *name = at == 0 ? "." : at == 1 ? ".." : entry->name;
    size_t needed = fuse_add_direntry(request, buffer + used, size - used, name, &attributes, at + 1);
    if (needed > size - used) break;
    used += needed;
  }
  pthread_rwlock_unlock(&dir->lock);
  fuse_reply_buf(request, buffer, used);
  free(buffer);
}

int main(int argc, char **argv) {
  if (argc != 3) {
    fputs("usage: memfs DIRECTORY single|threads\n", stderr);
    return 2;
  }
  make_inode(0, 0, 0); /* number 1 is the root's */
  Inode *root = inode_of(FUSE_ROOT_ID);
  root->attributes.st_mode = S_IFDIR | 0755;
  root->attributes.st_nlink = 2;
  struct fuse_lowlevel_ops operations = {
      .lookup = lookup, .forget = forget_one, .forget_multi = forget_many, .getattr = getattr, .setattr = setattr,
      .mkdir = mkdir_, .create = create, .unlink = unlink_, .rmdir = rmdir_, .open = open_, .release = release,
      .flush = flush, .read = read_, .write = write_, .opendir = opendir_, .readdir = readdir_, .releasedir = release};
  return serve("memfs", argv[1], !strcmp(argv[2], "threads"), &operations);
}
