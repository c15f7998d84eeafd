/*
 * eventload: event counters and epoll of the kernel, used as our processes use ours.
 *
 *   eventload wait MEMBERS SECONDS    one of so many eventfds is written to, waited for, and read;
 *                                     0: 100,000, or as many as the limit of descriptors allows
 *   eventload pingpong SECONDS        two processes wake each other, by edges of one eventfd each
 *
 * Prints one JSON object: for wait the members and the median time of one epoll_wait, for pingpong
 * the wake-ups and their time; the CPU time of all.
 */
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { SAMPLES = 1 << 16, MEMBERS = 100000, SPARE = 16 };

static double now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (double)time.tv_sec * 1e6 + (double)time.tv_nsec / 1e3;
}

static double cpu(int who) {
  struct rusage usage;
  getrusage(who, &usage);
  return (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1e6 +
         (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec);
}

static void fail(const char *what) {
  fprintf(stderr, "eventload: %s: %s\n", what, strerror(errno));
  exit(1);
}

static int counter(void) {
  int made = eventfd(0, EFD_NONBLOCK);
  if (made < 0) fail("eventfd");
  return made;
}

static int set(void) {
  int made = epoll_create1(0);
  if (made < 0) fail("epoll_create1");
  return made;
}

static void add(int to, int member, uint32_t events) {
  struct epoll_event event = {.events = events, .data = {.fd = member}};
  if (epoll_ctl(to, EPOLL_CTL_ADD, member, &event)) fail("epoll_ctl");
}

static void put(int to) {
  if (eventfd_write(to, 1)) fail("write");
}

/* The member that is ready. */
static int await(int at) {
  struct epoll_event event;
  int count;
  do count = epoll_wait(at, &event, 1, -1);
  while (count < 0 && errno == EINTR);
  if (count != 1) fail("epoll_wait");
  return event.data.fd;
}

static int compare(const void *a, const void *b) {
  double x = *(const double *)a, y = *(const double *)b;
  return (x > y) - (x < y);
}

static int members_of_limit(void) {
  struct rlimit limit;
  if (getrlimit(RLIMIT_NOFILE, &limit)) fail("getrlimit");
  limit.rlim_cur = limit.rlim_max;
  if (setrlimit(RLIMIT_NOFILE, &limit)) fail("setrlimit");
  return limit.rlim_cur > MEMBERS + SPARE ? MEMBERS : (int)limit.rlim_cur - SPARE;
}

static void wait_for_one(int wanted, double micros) {
  int most = members_of_limit();
  int count = wanted == 0 || wanted > most ? most : wanted;
  static double took[SAMPLES];
  int *all = malloc((size_t)count * sizeof *all);
  if (!all) fail("malloc");
  int at = set();
  for (int i = 0; i < count; i++) add(at, all[i] = counter(), EPOLLIN);
  uint64_t ops = 0;
  double used = cpu(RUSAGE_SELF), begin = now();
  for (uint32_t next = 1; now() - begin < micros; ops++) {
    next = next * 1664525 + 1013904223; /* Numerical Recipes' generator */
    int member = all[next % (uint32_t)count];
    put(member);
    double before = now();
    int found = await(at);
    took[ops % SAMPLES] = now() - before;
    uint64_t number;
    if (found != member || eventfd_read(found, &number)) fail("read");
  }
  used = cpu(RUSAGE_SELF) - used;
  size_t kept = ops < SAMPLES ? ops : SAMPLES;
  qsort(took, kept, sizeof *took, compare);
  printf("{\"members\":%d,\"ops\":%llu,\"p50_us\":%f,\"cpu_us\":%f}\n", count,
         (unsigned long long)ops, took[kept / 2], used);
}

static void pingpong(double micros) {
  int mine = counter(), other = counter(), end = counter();
  int my_set = set(), other_set = set();
  add(my_set, mine, EPOLLIN | EPOLLET);
  add(other_set, other, EPOLLIN | EPOLLET);
  add(other_set, end, EPOLLIN);
  pid_t child = fork();
  if (child < 0) fail("fork");
  if (child == 0) {
    while (await(other_set) != end) put(mine);
    _exit(0);
  }
  uint64_t ops = 0;
  double begin = now();
  for (; now() - begin < micros; ops += 2) {
    put(other);
    await(my_set);
  }
  double took = now() - begin;
  put(end);
  int status;
  if (waitpid(child, &status, 0) != child || status) fail("the other process");
  printf("{\"ops\":%llu,\"seconds\":%f,\"cpu_us\":%f}\n", (unsigned long long)ops, took / 1e6,
         cpu(RUSAGE_SELF) + cpu(RUSAGE_CHILDREN));
}

int main(int argc, char **argv) {
  double micros = argc > 2 ? atof(argv[argc - 1]) * 1e6 : 0;
  if (argc == 4 && !strcmp(argv[1], "wait") && atoi(argv[2]) >= 0 && micros > 0) {
    wait_for_one(atoi(argv[2]), micros);
  } else if (argc == 3 && !strcmp(argv[1], "pingpong") && micros > 0) {
    pingpong(micros);
  } else {
    fputs("usage: eventload wait MEMBERS SECONDS | eventload pingpong SECONDS\n", stderr);
    return 2;
  }
  return 0;
}
