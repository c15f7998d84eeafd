/*
 * lockpair: locks and unlocks a byte of a file where nobody else is, with the kernel's fcntl.
 *
 *   lockpair FILE SECONDS
 *
 * Prints one JSON object: pairs, and the median time of one.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { SAMPLES = 1 << 16 };

static int64_t took[SAMPLES];

static int64_t now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (int64_t)time.tv_sec * 1000000000 + time.tv_nsec;
}

static void set(int file, short type) {
  struct flock lock = {.l_type = type, .l_whence = SEEK_SET, .l_start = 0, .l_len = 1};
  if (fcntl(file, F_SETLKW, &lock)) {
    fprintf(stderr, "lockpair: lock: %s\n", strerror(errno));
    exit(1);
  }
}

static int ascending(const void *a, const void *b) {
  int64_t x = *(const int64_t *)a;
  int64_t y = *(const int64_t *)b;
  return (x > y) - (x < y);
}

int main(int argc, char **argv) {
  double seconds = argc == 3 ? atof(argv[2]) : 0;
  if (seconds <= 0) {
    fputs("usage: lockpair FILE SECONDS\n", stderr);
    return 2;
  }
  int file = open(argv[1], O_RDWR | O_CREAT, 0600);
  if (file < 0) {
    fprintf(stderr, "lockpair: %s: %s\n", argv[1], strerror(errno));
    return 1;
  }
  int64_t begin = now();
  int64_t before = begin;
  uint64_t count = 0;
  do {
    set(file, F_WRLCK);
    set(file, F_UNLCK);
    int64_t after = now();
    took[count % SAMPLES] = after - before;
    before = after;
    count++;
  } while ((double)(before - begin) < seconds * 1e9);
  size_t kept = count < SAMPLES ? count : SAMPLES;
  qsort(took, kept, sizeof *took, ascending);
  printf("{\"ops\":%llu,\"p50_us\":%f}\n", (unsigned long long)count, (double)took[kept / 2] / 1e3);
  return 0;
}
