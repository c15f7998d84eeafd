// Does what it is told, a line at a time, and answers each with one line: what the call said, or the name of its errno.
//
//   eventfd SLOT COUNT s|n       of the kernel, as a semaphore or not; does not block
//   open SLOT PATH r|w|rw [b]    does not block, unless b
//   dup SLOT SLOT   close SLOT   nonblock SLOT 0|1
//   read SLOT   write SLOT N     "COUNT" and what was written
//   short SLOT                   reads and writes 7 bytes: both answers
//   epoll SLOT   ctl SLOT add|mod|del SLOT MASK    the data is the slot's number
//   wait SLOT MILLIS             "events DATA:MASK…"
//   poll SLOT MASK MILLIS        "MASK", by poll(2)
//   select SLOT r|w MILLIS       "0" or "1"
//   drain SET SLOT N             N times: waits for the set, reads; "WAKES SUM", with edges that found nothing as "+EMPTY"
//   fork IN OUT                  "PID"; the child goes on by those FIFOs
//
// SIGALRM is handled, so it ends a call that waits.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/select.h>
#include <unistd.h>

enum { SLOTS = 16, EVENTS = 16 };
static int fds[SLOTS];

static void nothing(int sig) { (void)sig; }

static void say(long result) {
  if (result < 0) {
    printf("%s\n", strerrorname_np(errno));
  } else {
    printf("%ld\n", result);
  }
}

static int keep(int slot, int fd) {
  fds[slot] = fd;
  return fd < 0 ? -1 : 0;
}

static int opened(const char *path, const char *how, int blocks) {
  int mode = how[0] == 'w' ? O_WRONLY : how[1] == 'w' ? O_RDWR : O_RDONLY;
  return open(path, mode | (blocks ? 0 : O_NONBLOCK));
}

static void take(int fd) {
  uint64_t number = 0;
  long count = read(fd, &number, sizeof number);
  if (count == sizeof number) {
    printf("%lu\n", number);
  } else {
    say(count);
  }
}

static void short_calls(int fd) {
  char seven[7] = {0};
  long got = read(fd, seven, sizeof seven);
  const char *first = got < 0 ? strerrorname_np(errno) : "ok";
  long put = write(fd, seven, sizeof seven);
  printf("%s %s\n", first, put < 0 ? strerrorname_np(errno) : "ok");
}

static long control(int set, const char *verb, int slot, unsigned mask) {
  struct epoll_event event = {.events = mask, .data.u64 = slot};
  int op = verb[0] == 'a' ? EPOLL_CTL_ADD : verb[0] == 'm' ? EPOLL_CTL_MOD : EPOLL_CTL_DEL;
  return epoll_ctl(set, op, fds[slot], &event);
}

static void wait_for(int set, int millis) {
  struct epoll_event events[EVENTS];
  int count = epoll_wait(set, events, EVENTS, millis);
  if (count < 0) {
    say(count);
    return;
  }
  // In the order of their slots, as nobody promises another.
  printf("events");
  for (uint64_t slot = 0; slot < SLOTS; slot++) {
    for (int i = 0; i < count; i++) {
      if (events[i].data.u64 == slot) {
        printf(" %lu:%x", slot, events[i].events);
      }
    }
  }
  printf("\n");
}

static void poll_one(int fd, int mask, int millis) {
  struct pollfd one = {.fd = fd, .events = (short)mask};
  long count = poll(&one, 1, millis);
  if (count < 0) {
    say(count);
  } else {
    printf("%x\n", one.revents);
  }
}

static void select_one(int fd, const char *how, int millis) {
  fd_set set;
  FD_ZERO(&set);
  FD_SET(fd, &set);
  struct timeval time = {millis / 1000, millis % 1000 * 1000};
  int reads = how[0] == 'r';
  say(select(fd + 1, reads ? &set : NULL, reads ? NULL : &set, NULL, &time));
}

static void drain(int set, int fd, int rounds) {
  long wakes = 0, empty = 0;
  uint64_t sum = 0;
  while (sum < (uint64_t)rounds) {
    struct epoll_event event;
    if (epoll_wait(set, &event, 1, 60000) != 1) {
      break;
    }
    uint64_t number;
    if (read(fd, &number, sizeof number) == sizeof number) {
      wakes++;
      sum += number;
      printf("%lu\n", number);
      fflush(stdout);
    } else {
      empty++;
    }
  }
  printf("%ld %lu", wakes, sum);
  printf(empty ? "+%ld\n" : "\n", empty);
}

static void go_on_as_child(const char *in, const char *out) {
  long pid = fork();
  if (pid != 0) {
    say(pid);
    return;
  }
  if (!freopen(in, "r", stdin) || !freopen(out, "w", stdout)) {
    _exit(1);
  }
}

static void obey(char *line) {
  char word[5][300] = {0};
  sscanf(line, "%299s %299s %299s %299s %299s", word[0], word[1], word[2], word[3], word[4]);
  const char *verb = word[0];
  int slot = atoi(word[1]);
  int second = atoi(word[2]);
  if (!strcmp(verb, "eventfd")) {
    say(keep(slot, eventfd(second, EFD_NONBLOCK | (word[3][0] == 's' ? EFD_SEMAPHORE : 0))));
  } else if (!strcmp(verb, "open")) {
    say(keep(slot, opened(word[2], word[3], word[4][0])));
  } else if (!strcmp(verb, "dup")) {
    say(keep(second, dup(fds[slot])));
  } else if (!strcmp(verb, "close")) {
    say(close(fds[slot]));
  } else if (!strcmp(verb, "nonblock")) {
    say(fcntl(fds[slot], F_SETFL, second ? O_NONBLOCK : 0));
  } else if (!strcmp(verb, "read")) {
    take(fds[slot]);
  } else if (!strcmp(verb, "write")) {
    uint64_t number = strtoull(word[2], NULL, 10);
    say(write(fds[slot], &number, sizeof number));
  } else if (!strcmp(verb, "short")) {
    short_calls(fds[slot]);
  } else if (!strcmp(verb, "epoll")) {
    say(keep(slot, epoll_create1(0)));
  } else if (!strcmp(verb, "ctl")) {
    say(control(fds[slot], word[2], atoi(word[3]), strtoul(word[4], NULL, 0)));
  } else if (!strcmp(verb, "wait")) {
    wait_for(fds[slot], second);
  } else if (!strcmp(verb, "poll")) {
    poll_one(fds[slot], second, atoi(word[3]));
  } else if (!strcmp(verb, "select")) {
    select_one(fds[slot], word[2], atoi(word[3]));
  } else if (!strcmp(verb, "drain")) {
    drain(fds[slot], fds[second], atoi(word[3]));
  } else if (!strcmp(verb, "fork")) {
    go_on_as_child(word[1], word[2]);
  } else {
    printf("no such verb: %s\n", verb);
  }
}

int main(void) {
  struct sigaction action = {.sa_handler = nothing}; // and no SA_RESTART
  sigaction(SIGALRM, &action, NULL);
  signal(SIGPIPE, SIG_DFL);
  char line[1000];
  while (fgets(line, sizeof line, stdin)) {
    obey(line);
    fflush(stdout);
  }
  return 0;
}
