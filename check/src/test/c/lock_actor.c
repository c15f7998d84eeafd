// Does what it is told, a line at a time, and answers each with one line: what the call said, or the name of its errno.
//
//   open SLOT PATH r|w|rw      dup SLOT SLOT         close SLOT
//   lock|wlock|olock|owlock SLOT r|w|u START LENGTH  fcntl: of the process, waiting; of the open file, waiting
//   flock|wflock SLOT r|w|u                          flock, waiting
//   getlk SLOT r|w START LENGTH                      "free", or "TYPE START LENGTH PID"
//   fork IN OUT                                      "PID"; the child goes on by those FIFOs
//   exit
//
// SIGALRM is handled, so it ends a call that waits.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

enum { SLOTS = 16 };
static int fds[SLOTS];

static void nothing(int sig) { (void)sig; }

static void say(long result) {
  if (result < 0) {
    printf("%s\n", strerrorname_np(errno));
  } else {
    printf("ok\n");
  }
}

static short type(const char *word) {
  return word[0] == 'r' ? F_RDLCK : word[0] == 'w' ? F_WRLCK : F_UNLCK;
}

static void record_lock(const char *verb, int fd, const char *kind, long start, long length) {
  struct flock lock = {.l_type = type(kind), .l_whence = SEEK_SET, .l_start = start, .l_len = length};
  int waits = strchr(verb, 'w') != NULL;
  if (!strcmp(verb, "getlk")) {
    if (fcntl(fd, F_GETLK, &lock) < 0) {
      say(-1);
    } else if (lock.l_type == F_UNLCK) {
      printf("free\n");
    } else {
      printf("%s %ld %ld %d\n", lock.l_type == F_RDLCK ? "r" : "w", (long)lock.l_start, (long)lock.l_len, lock.l_pid);
    }
  } else if (verb[0] == 'o') {
    say(fcntl(fd, waits ? F_OFD_SETLKW : F_OFD_SETLK, &lock));
  } else {
    say(fcntl(fd, waits ? F_SETLKW : F_SETLK, &lock));
  }
}

static void whole_lock(const char *verb, int fd, const char *kind) {
  int operation = kind[0] == 'r' ? LOCK_SH : kind[0] == 'w' ? LOCK_EX : LOCK_UN;
  say(flock(fd, verb[0] == 'w' ? operation : operation | LOCK_NB));
}

static void child_by(const char *in, const char *out) {
  pid_t pid = fork();
  if (pid != 0) {
    printf("%d\n", (int)pid);
    return;
  }
  // Not by the parent's streams, which hold what it has read ahead.
  int from = open(in, O_RDONLY), to = open(out, O_WRONLY);
  if (from < 0 || to < 0) _exit(3);
  dup2(from, 0);
  dup2(to, 1);
  close(from);
  close(to);
}

int main(void) {
  struct sigaction handled = {.sa_handler = nothing};
  char line[8192], verb[16], first[4096], second[4096];
  int slot;
  long start, length;

  sigaction(SIGALRM, &handled, NULL);
  setvbuf(stdin, NULL, _IONBF, 0);
  setvbuf(stdout, NULL, _IOLBF, 0);
  for (int i = 0; i < SLOTS; i++) fds[i] = -1;
  while (fgets(line, sizeof line, stdin)) {
    if (sscanf(line, "fork %4095s %4095s", first, second) == 2) {
      child_by(first, second);
    } else if (sscanf(line, "open %d %4095s %15s", &slot, first, verb) == 3) {
      int mode = !strcmp(verb, "r") ? O_RDONLY : !strcmp(verb, "w") ? O_WRONLY : O_RDWR;
      say(fds[slot] = open(first, mode | O_CREAT, 0644));
    } else if (sscanf(line, "dup %d %ld", &slot, &start) == 2) {
      say(fds[start] = dup(fds[slot]));
    } else if (sscanf(line, "close %d", &slot) == 1) {
      say(close(fds[slot]));
      fds[slot] = -1;
    } else if (sscanf(line, "%15s %d %15s %ld %ld", verb, &slot, first, &start, &length) == 5) {
      record_lock(verb, fds[slot], first, start, length);
    } else if (sscanf(line, "%15s %d %15s", verb, &slot, first) == 3) {
      whole_lock(verb, fds[slot], first);
    } else if (!strncmp(line, "exit", 4)) {
      return 0;
    } else {
      printf("what? %s", line);
    }
  }
  return 0;
}
