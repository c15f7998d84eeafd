// Processes hand byte locks of a file on, each in turn the next one's, and count in the bytes that they lock: what one has written
// under its lock, the next must read. In the manner of ping_pong -rw of ctdb.
//
//   ping_pong FILE PROCESSES ROUNDS
//
// Every process locks bytes 0, 1, .. PROCESSES and 0 again, always the next one before it gives back the one before, and adds one to each
// (modulo 256) that it locks: so all bytes together are in the end what all processes have counted.
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static int file;

static void locked(short type, long at) {
  struct flock lock = {.l_type = type, .l_whence = SEEK_SET, .l_start = at, .l_len = 1};
  if (fcntl(file, F_SETLKW, &lock) < 0) {
    perror("fcntl");
    exit(2);
  }
}

static unsigned char counted(long at) {
  unsigned char count;
  if (pread(file, &count, 1, at) != 1) {
    perror("pread");
    exit(2);
  }
  count++;
  if (pwrite(file, &count, 1, at) != 1) {
    perror("pwrite");
    exit(2);
  }
  return count;
}

int main(int argc, char **argv) {
  if (argc != 4) return 2;
  long processes = atol(argv[2]), rounds = atol(argv[3]);
  file = open(argv[1], O_RDWR);
  if (file < 0) {
    perror(argv[1]);
    return 2;
  }
  locked(F_WRLCK, 0);
  for (long round = 0, at = 0; round < rounds; round++) {
    long next = (at + 1) % (processes + 1);
    locked(F_WRLCK, next);
    counted(next);
    locked(F_UNLCK, at);
    at = next;
  }
  return 0;
}
