/*
 * Random operations on one file, with a model of it in memory: whatever is read, by whatever way, must
 * be what the model says.
 *
 * usage: model -s SEED -n OPERATIONS [-l BYTES] [-w WAYS] [-c EVERY] [-d] [-a] FILE [SAME_FILE]
 *
 * -l  the file's largest size; -w ways that are taken, letters of WAYS below; -c closes and opens again
 * about every so many operations; -d opens with O_DIRECT and aligns to 512 bytes; -a appends.
 * SAME_FILE is the same file by another mount: each operation takes one of the two.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/falloc.h>
#include <linux/fs.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

/*
 * r read, w write, R vectored read, W vectored write, m mapped read, M mapped write, t truncate, e extend,
 * p punch, z zero, k allocate and keep the size, f allocate, c copy within the file, C clone, i insert,
 * x collapse, s sendfile, S splice in, y fsync, h holes and data
 */
static const char ALL[] = "rwRWmMtepzkfcCixsSyh";

#define SHOWN 40

static unsigned char *model, *buffer;
static long size, most = 1 << 18, every = 0, alignment = 1;
static const char *ways = ALL;
static int appends, files, fds[2], flags = O_RDWR;
static const char *paths[2];
static uint64_t state;
static long operation;
static char history[SHOWN][120];

static void note(const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(history[operation % SHOWN], sizeof history[0], format, arguments);
  va_end(arguments);
}

static void fail(const char *what, long at) {
  printf("model: operation %ld: %s at %ld: %s\n", operation, what, at, strerror(errno));
  for (long i = operation < SHOWN ? 0 : operation - SHOWN + 1; i <= operation; i++) {
    printf("%8ld  %s\n", i, history[i % SHOWN]);
  }
  exit(1);
}

/* splitmix64 */
static uint64_t next(void) {
  uint64_t z = (state += 0x9E3779B97F4A7C15u);
  z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
  z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
  return z ^ (z >> 31);
}

static long below(long n) { return n <= 0 ? 0 : (long)(next() % (uint64_t)n); }

static long aligned(long n) { return n / alignment * alignment; }

/* A length as often short as long. */
static long length_to(long n) { return aligned(1 + below(below(2) ? n : (n < 5000 ? n : 5000))); }

static void check(const unsigned char *got, long at, long count, const char *what) {
  if (memcmp(got, model + at, (size_t)count) == 0) return;
  for (long i = 0; i < count; i++) {
    if (got[i] != model[at + i]) {
      errno = 0;
      printf("model: %02x instead of %02x\n", got[i], model[at + i]);
      fail(what, at + i);
    }
  }
}

static void fill(long count) {
  for (long i = 0; i < count; i++) buffer[i] = (unsigned char)(operation * 37 + i * 11 + (i >> 8));
}

static void grow_to(long end) {
  if (end > size) size = end;
}

/* ---- ways ---- */

static void read_some(int fd, long at, long count, int vectored) {
  struct iovec parts[2] = {{buffer, (size_t)(count / 2)}, {buffer + count / 2, (size_t)(count - count / 2)}};
  long expected = at >= size ? 0 : count < size - at ? count : size - at;
  long got = vectored ? preadv(fd, parts, 2, at) : pread(fd, buffer, (size_t)count, at);
  if (got != expected) fail("read of another length", got);
  check(buffer, at, got, "read");
}

static void write_some(int fd, long at, long count, int vectored) {
  if (appends) at = size;
  if (at + count > most) return;
  fill(count);
  struct iovec parts[2] = {{buffer, (size_t)(count / 2)}, {buffer + count / 2, (size_t)(count - count / 2)}};
  long done = vectored ? pwritev(fd, parts, 2, at) : pwrite(fd, buffer, (size_t)count, at);
  if (done != count) fail("write", done);
  memcpy(model + at, buffer, (size_t)count);
  grow_to(at + count);
}

static void map_some(int fd, long at, long count, int writes) {
  if (at >= size) return;
  if (at + count > size) count = size - at;
  long start = at & ~4095L;
  unsigned char *mapped = mmap(NULL, (size_t)(at + count - start), PROT_READ | (writes ? PROT_WRITE : 0), MAP_SHARED, fd, start);
  if (mapped == MAP_FAILED) fail("mmap", at);
  if (writes) {
    fill(count);
    memcpy(mapped + (at - start), buffer, (size_t)count);
    memcpy(model + at, buffer, (size_t)count);
    if (below(2) && msync(mapped, (size_t)(at + count - start), MS_SYNC) < 0) fail("msync", at);
  } else {
    check(mapped + (at - start), at, count, "mapped read");
    /* Behind the end the last page is zero. */
    long end = at + count;
    for (long i = end; end == size && i & 4095; i++) {
      if (mapped[i - start]) fail("mapped behind the end", i);
    }
  }
  if (munmap(mapped, (size_t)(at + count - start)) < 0) fail("munmap", at);
}

static void truncate_to(int fd, const char *path, long to) {
  if ((below(2) ? ftruncate(fd, to) : truncate(path, to)) < 0) fail("truncate", to);
  if (to < size) memset(model + to, 0, (size_t)(size - to));
  size = to;
}

static int is_unknown(void) { return errno == EOPNOTSUPP || errno == EINVAL || errno == EXDEV; }

static void zero_some(int fd, int mode, long at, long count) {
  if (fallocate(fd, mode, at, count) < 0) {
    if (!is_unknown()) fail("fallocate", at);
    return;
  }
  long end = at + count < size ? at + count : size;
  if (end > at) memset(model + at, 0, (size_t)(end - at));
  if (!(mode & FALLOC_FL_KEEP_SIZE)) grow_to(at + count);
}

static void allocate(int fd, int mode, long at, long count) {
  if (fallocate(fd, mode, at, count) < 0) fail("fallocate", at);
  if (!(mode & FALLOC_FL_KEEP_SIZE)) grow_to(at + count);
}

static void copy_some(int fd, int to_fd, long at, long count) {
  if (at >= size) return;
  if (at + count > size) count = size - at;
  long to = below(most - count);
  struct stat s;
  /* The kernel copies up to the size that this mount has seen last, and between mounts by itself. */
  if (files > 1 && fstat(fd, &s) < 0) fail("fstat", at);
  if (to < at + count && at < to + count) return;
  for (long done = 0; done < count;) {
    loff_t from_at = at + done, to_at = to + done;
    long n = copy_file_range(fd, &from_at, to_fd, &to_at, (size_t)(count - done), 0);
    if (n < 0 && errno == EXDEV) return;
    if (n <= 0) fail("copy_file_range", at + done);
    memcpy(model + to + done, model + at + done, (size_t)n);
    grow_to(to + done + n);
    done += n;
  }
}

static void clone_some(int fd, long at, long count) {
  struct file_clone_range range = {.src_fd = fd, .src_offset = (uint64_t)(at & ~4095L), .src_length = (uint64_t)(count & ~4095L)};
  range.dest_offset = (uint64_t)(most & ~4095L);
  if (ioctl(fd, FICLONERANGE, &range) == 0) fail("cloned, which the model cannot", at);
  if (errno != EOPNOTSUPP && errno != ENOTTY && errno != EINVAL) fail("clone", at);
}

static void shift(int fd, int inserts, long at, long count) {
  at &= ~4095L;
  count = (count + 4095) & ~4095L;
  if (inserts ? at >= size || size + count > most : at + count >= size) return;
  if (fallocate(fd, inserts ? FALLOC_FL_INSERT_RANGE : FALLOC_FL_COLLAPSE_RANGE, at, count) < 0) {
    if (!is_unknown()) fail("shift", at);
    return;
  }
  if (inserts) {
    memmove(model + at + count, model + at, (size_t)(size - at));
    memset(model + at, 0, (size_t)count);
    size += count;
  } else {
    memmove(model + at, model + at + count, (size_t)(size - at - count));
    memset(model + size - count, 0, (size_t)count);
    size -= count;
  }
}

static void send_some(int fd, long at, long count) {
  static int memory = -1;
  if (memory < 0) memory = memfd_create("sent", 0);
  off_t from = at;
  lseek(memory, 0, SEEK_SET);
  long expected = at >= size ? 0 : count < size - at ? count : size - at;
  for (long done = 0; done < expected;) {
    long n = sendfile(memory, fd, &from, (size_t)(expected - done));
    if (n <= 0) fail("sendfile", at + done);
    done += n;
  }
  if (pread(memory, buffer, (size_t)expected, 0) != expected) fail("memory", at);
  check(buffer, at, expected, "sendfile");
}

static void splice_some(int fd, long at, long count) {
  int ends[2];
  if (appends) return;
  if (count > 4096) count = 4096;
  if (at + count > most) return;
  fill(count);
  if (pipe(ends) < 0 || write(ends[1], buffer, (size_t)count) != count) fail("pipe", count);
  loff_t to = at;
  for (long done = 0; done < count;) {
    long n = splice(ends[0], NULL, fd, &to, (size_t)(count - done), 0);
    if (n <= 0) fail("splice", at + done);
    done += n;
  }
  close(ends[0]);
  close(ends[1]);
  memcpy(model + at, buffer, (size_t)count);
  grow_to(at + count);
}

/* What is said to be a hole is zero, and the end is found. */
static void look_for_holes(int fd) {
  for (long at = 0; at < size;) {
    long data = lseek(fd, at, SEEK_DATA);
    if (data < 0 && errno != ENXIO) fail("SEEK_DATA", at);
    long end = data < 0 ? size : data;
    if (end < at || end > size) fail("SEEK_DATA leads astray", end);
    for (long i = at; i < end; i++) {
      if (model[i]) fail("a hole with data", i);
    }
    if (data < 0) break;
    at = lseek(fd, data, SEEK_HOLE);
    if (at <= data || at > size) fail("SEEK_HOLE leads astray", at);
  }
}

/* ---- all ---- */

static void open_all(void) {
  for (int i = 0; i < files; i++) {
    fds[i] = open(paths[i], flags | (operation ? 0 : O_CREAT | (i ? 0 : O_TRUNC)), 0644);
    if (fds[i] < 0) fail(paths[i], 0);
  }
}

static void do_one(char way, int fd, int other, const char *path, long at, long count) {
  switch (way) {
    case 'r': read_some(fd, at, count, 0); break;
    case 'R': read_some(fd, at, count, 1); break;
    case 'w': write_some(fd, at, count, 0); break;
    case 'W': write_some(fd, at, count, 1); break;
    case 'm': map_some(fd, at, count, 0); break;
    case 'M': map_some(fd, at, count, 1); break;
    case 't': truncate_to(fd, path, aligned(below(size + 1))); break;
    case 'e': truncate_to(fd, path, aligned(size + below(most - size))); break;
    case 'p': zero_some(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, at, count); break;
    case 'z': zero_some(fd, FALLOC_FL_ZERO_RANGE | (below(2) ? FALLOC_FL_KEEP_SIZE : 0), at, count); break;
    case 'k': allocate(fd, FALLOC_FL_KEEP_SIZE, at, count); break;
    case 'f': allocate(fd, 0, at, count); break;
    case 'c': copy_some(fd, appends || files > 1 ? fd : other, at, count); break;
    case 'C': clone_some(fd, at, count); break;
    case 'i': shift(fd, 1, at, count); break;
    case 'x': shift(fd, 0, at, count); break;
    case 's': send_some(fd, at, count); break;
    case 'S': splice_some(fd, at, count); break;
    case 'y':
      if ((below(2) ? fsync(fd) : fdatasync(fd)) < 0) fail("fsync", 0);
      break;
    default: look_for_holes(fd);
  }
}

static void run(long operations) {
  for (operation = 1; operation <= operations; operation++) {
    int i = (int)below(files);
    char way = ways[below((long)strlen(ways))];
    long at = aligned(below(below(4) ? size + 1 : most));
    long count = length_to(most - at);
    if (count == 0 || at + count > most) continue;
    note("%c at %ld, %ld bytes, by %d; size %ld", way, at, count, i, size);
    do_one(way, fds[i], fds[below(files)], paths[i], at, count);
    struct stat s;
    if (fstat(fds[below(files)], &s) < 0 || s.st_size != size) fail("another size", s.st_size);
    if (every && below(every) == 0) {
      for (int k = 0; k < files; k++) close(fds[k]);
      open_all();
    }
  }
  if (alignment == 1) {
    for (int i = 0; i < files; i++) read_some(fds[i], 0, most, 0);
  }
}

int main(int argc, char **argv) {
  long operations = 1000;
  for (int option; (option = getopt(argc, argv, "s:n:l:w:c:da")) != -1;) {
    switch (option) {
      case 's': state = strtoull(optarg, NULL, 10); break;
      case 'n': operations = atol(optarg); break;
      case 'l': most = atol(optarg); break;
      case 'w': ways = optarg; break;
      case 'c': every = atol(optarg); break;
      case 'd': flags |= O_DIRECT, alignment = 512; break;
      case 'a': flags |= O_APPEND, appends = 1; break;
      default: return 2;
    }
  }
  while (optind < argc && files < 2) paths[files++] = argv[optind++];
  if (!files) {
    fprintf(stderr, "usage: model -s SEED -n OPERATIONS [-l BYTES] [-w WAYS] [-c EVERY] [-d] [-a] FILE [SAME_FILE]\n");
    return 2;
  }
  model = calloc(1, (size_t)most + 4096);
  buffer = aligned_alloc(4096, ((size_t)most + 8191) & ~4095UL);
  if (!model || !buffer) return 2;
  open_all();
  run(operations);
  printf("model: %ld operations, size %ld\n", operations, size);
  return 0;
}
