/*
 * pingpong: two processes that hand locks of the kernel to each other, as ctdb's ping_pong does:
 * each locks the next byte of three, then unlocks the one before, round and round, so that no
 * process can go twice without the other.
 *
 *   pingpong FILE SECONDS
 *
 * Prints one JSON object: locks taken by both, the time, and the CPU time of both.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { BYTES = 3 };

static double now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static double cpu(int who) {
  struct rusage usage;
  getrusage(who, &usage);
  return (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1e6 +
         (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec);
}

static void set(int file, short type, off_t byte) {
  struct flock lock = {.l_type = type, .l_whence = SEEK_SET, .l_start = byte, .l_len = 1};
  if (fcntl(file, F_SETLKW, &lock)) {
    fprintf(stderr, "pingpong: lock: %s\n", strerror(errno));
    exit(1);
  }
}

/* POSIX locks are of a process, so each opens the file for itself only to be alike. */
static uint64_t play(const char *path, double until) {
  int file = open(path, O_RDWR | O_CREAT, 0600);
  if (file < 0) {
    fprintf(stderr, "pingpong: %s: %s\n", path, strerror(errno));
    exit(1);
  }
  uint64_t count = 0;
  off_t byte = 0;
  set(file, F_WRLCK, byte);
  do { /* once at least: where the first lock took all the time, there is still a figure */
    off_t next = (byte + 1) % BYTES;
    set(file, F_WRLCK, next);
    set(file, F_UNLCK, byte);
    byte = next;
    count++;
  } while (now() < until);
  close(file);
  return count;
}

int main(int argc, char **argv) {
  double seconds = argc == 3 ? atof(argv[2]) : 0;
  if (seconds <= 0) {
    fputs("usage: pingpong FILE SECONDS\n", stderr);
    return 2;
  }
  uint64_t *other = mmap(NULL, sizeof *other, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (other == MAP_FAILED) return 1;
  double begin = now();
  pid_t child = fork();
  if (child < 0) return 1;
  if (child == 0) {
    *other = play(argv[1], begin + seconds);
    _exit(0);
  }
  uint64_t mine = play(argv[1], begin + seconds);
  int status;
  if (waitpid(child, &status, 0) != child || status) return 1;
  printf("{\"ops\":%llu,\"seconds\":%f,\"cpu_us\":%f}\n", (unsigned long long)(mine + *other),
         now() - begin, cpu(RUSAGE_SELF) + cpu(RUSAGE_CHILDREN));
  return 0;
}
