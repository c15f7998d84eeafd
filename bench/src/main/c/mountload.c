/*
 * mountload: works on a folder by system calls, as programs do, and says what it took.
 *
 *   mountload [OPTION...] FOLDER OPERATION
 *
 * OPERATION  stat       attributes of a file by name
 *            read       4 KiB at a random page of an open file
 *            write      the same, written
 *            seqread    1 MiB after the other of an open file, round and round
 *            seqwrite   the same, written
 *            open       open, close
 *            create     create, close, unlink
 *            readdir    open, all names, close
 *            untar      tar(1) unpacks the archive of -a; one operation for each file of -n
 *            fill       makes the files of -n and the data files, and ends
 *
 *   -n N      files in the folder, f0 to f(N-1)
 *   -m MIB    size of a data file; each process has one
 *   -c N      processes (default 1)
 *   -a FILE   archive
 *   -w MS     warm-up (default 50)
 *   -t MS     measured time (default 1000); more until each process has done 100 operations
 *   -p CPU    run on this processor only
 *   -s PID    the server; may be given several times: CPU time is that of /proc/PID/task/N/schedstat
 *
 * Prints one JSON object. Latencies and ops are of the measured time. CPU times are of the warm-up
 * too, for which all_ops counts, and for untar of the removal that follows each.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <sched.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <signal.h>
#include <time.h>
#include <unistd.h>

enum { PROCESSES_MAX = 64, SERVERS_MAX = 8, PAGE = 4096, MIB = 1 << 20, PATH_BYTES = 512, DEPTH = 32, OPS_LEAST = 100 };

/* A histogram in nanoseconds: each power of two in STEPS parts, so it is right to 1/STEPS. */
enum { STEP_BITS = 6, STEPS = 1 << STEP_BITS, BUCKETS = (64 - STEP_BITS) * STEPS };

enum { STARTING, WARMING, MEASURING, ENDING };

/* What a process tells, in memory shared with the one that started it. */
typedef struct {
  uint64_t ops, all_ops, nanos;
  uint32_t histogram[BUCKETS];
} Tally;

typedef struct {
  _Atomic int phase, ready;
  Tally tallies[PROCESSES_MAX];
} Shared;

static const char *folder, *operation, *archive = "";
static int files = 1, data_mib = 16, processes = 1, cpu = -1, warm_ms = 50, measured_ms = 1000;
static int servers[SERVERS_MAX], server_count;
static Shared *shared;
static char *buffer;

static void die(const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  fputs("mountload: ", stderr);
  vfprintf(stderr, format, arguments);
  fputc('\n', stderr);
  va_end(arguments);
  exit(1);
}

static void must(int succeeded, const char *what) {
  if (!succeeded) die("%s: %s", what, strerror(errno));
}

static uint64_t now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static uint64_t chance(void) { /* xorshift64 */
  static uint64_t state;
  if (!state) state = (uint64_t)getpid() * 0x9e3779b97f4a7c15u;
  state ^= state << 13;
  state ^= state >> 7;
  return state ^= state << 17;
}

/* ---- operations; each answers what is measured of it, in nanoseconds, or 0 for all its time ---- */

static int data_file;
static uint64_t position;

static const char *some_file(void) {
  static char name[32];
  snprintf(name, sizeof name, "f%u", (unsigned)(chance() % (unsigned)files));
  return name;
}

static uint64_t do_stat(void) {
  struct stat attributes;
  must(!stat(some_file(), &attributes), "stat");
  return 0;
}

static off_t some_page(void) { return (off_t)(chance() % ((uint64_t)data_mib * MIB / PAGE)) * PAGE; }

static off_t next_mib(void) { return (off_t)(position++ % (uint64_t)data_mib) * MIB; }

static uint64_t do_read(void) {
  must(pread(data_file, buffer, PAGE, some_page()) == PAGE, "read");
  return 0;
}

static uint64_t do_write(void) {
  must(pwrite(data_file, buffer, PAGE, some_page()) == PAGE, "write");
  return 0;
}

static uint64_t do_seqread(void) {
  must(pread(data_file, buffer, MIB, next_mib()) == MIB, "read");
  return 0;
}

static uint64_t do_seqwrite(void) {
  must(pwrite(data_file, buffer, MIB, next_mib()) == MIB, "write");
  return 0;
}

static uint64_t do_open(void) {
  int fd = open(some_file(), O_RDONLY);
  must(fd >= 0, "open");
  must(!close(fd), "close");
  return 0;
}

static uint64_t do_create(void) {
  char name[32];
  snprintf(name, sizeof name, "new%d", getpid());
  int fd = open(name, O_WRONLY | O_CREAT | O_EXCL, 0644);
  must(fd >= 0, "create");
  must(!close(fd), "close");
  must(!unlink(name), "unlink");
  return 0;
}

static uint64_t do_readdir(void) {
  DIR *names = opendir(".");
  must(names != NULL, "opendir");
  int count = 0;
  while (readdir(names)) count++;
  if (count < files) die("readdir: %d names of %d", count, files);
  closedir(names);
  return 0;
}

static int discard(const char *path, const struct stat *attributes, int kind, struct FTW *place) {
  (void)attributes;
  (void)kind;
  (void)place;
  must(!remove(path), path);
  return 0;
}

static uint64_t do_untar(void) {
  char name[32];
  snprintf(name, sizeof name, "untar%d", getpid());
  must(!mkdir(name, 0755), "mkdir");
  uint64_t began = now();
  pid_t child = fork();
  must(child >= 0, "fork");
  if (child == 0) {
    execlp("tar", "tar", "-xf", archive, "-C", name, NULL);
    die("tar: %s", strerror(errno));
  }
  int status;
  must(waitpid(child, &status, 0) == child, "wait");
  if (status) die("tar failed");
  uint64_t took = now() - began;
  must(!nftw(name, discard, DEPTH, FTW_DEPTH | FTW_PHYS), "nftw");
  return took;
}

/* Files are there once; data files have all their pages. */
static void fill(void) {
  char name[32];
  for (int i = 0; i < files; i++) {
    snprintf(name, sizeof name, "f%d", i);
    int fd = open(name, O_WRONLY | O_CREAT, 0644);
    must(fd >= 0, name);
    close(fd);
  }
  for (int i = 0; i < processes; i++) {
    snprintf(name, sizeof name, "data%d", i);
    int fd = open(name, O_WRONLY | O_CREAT, 0644);
    must(fd >= 0, name);
    for (int at = 0; at < data_mib; at++) must(pwrite(fd, buffer, MIB, (off_t)at * MIB) == MIB, name);
    close(fd);
  }
}

static const struct {
  const char *name;
  uint64_t (*run)(void);
  int counts_files; /* one run is as many operations as there are files */
} OPERATIONS[] = {{"stat", do_stat, 0},         {"read", do_read, 0},     {"write", do_write, 0},
                  {"seqread", do_seqread, 0},   {"seqwrite", do_seqwrite, 0}, {"open", do_open, 0},
                  {"create", do_create, 0},     {"readdir", do_readdir, 0}, {"untar", do_untar, 1}};

/* ---- processes ---- */

static void record(Tally *tally, uint64_t nanos) {
  uint64_t bucket = nanos;
  if (nanos >= STEPS) {
    int shift = 63 - __builtin_clzll(nanos) - STEP_BITS;
    bucket = ((uint64_t)shift + 1) * STEPS + ((nanos >> shift) & (STEPS - 1));
  }
  tally->histogram[bucket < BUCKETS ? bucket : BUCKETS - 1]++;
}

static double micros_of(uint64_t bucket) {
  if (bucket < STEPS) return (double)bucket / 1000;
  uint64_t shift = bucket / STEPS - 1, within = bucket % STEPS + STEPS;
  return ((double)(within << shift) + (double)(1ull << shift) / 2) / 1000;
}

static void work(int number, uint64_t (*run)(void), uint64_t ops_a_run) {
  char name[32];
  Tally *tally = &shared->tallies[number];
  snprintf(name, sizeof name, "data%d", number);
  data_file = open(name, O_RDWR);
  must(data_file >= 0, name);
  atomic_fetch_add(&shared->ready, 1);
  while (atomic_load(&shared->phase) == STARTING) sched_yield();
  int phase;
  while ((phase = atomic_load_explicit(&shared->phase, memory_order_relaxed)) != ENDING || tally->ops < OPS_LEAST) {
    uint64_t began = now(), took = run();
    if (!took) took = now() - began;
    tally->all_ops += ops_a_run;
    if (phase != WARMING) {
      tally->ops += ops_a_run;
      tally->nanos += took;
      record(tally, took / ops_a_run);
    }
  }
  exit(0);
}

static uint64_t server_cpu(void) {
  char path[PATH_BYTES];
  uint64_t sum = 0;
  for (int i = 0; i < server_count; i++) {
    snprintf(path, sizeof path, "/proc/%d/task", servers[i]);
    DIR *tasks = opendir(path);
    must(tasks != NULL, path);
    for (struct dirent *task; (task = readdir(tasks));) {
      if (task->d_name[0] == '.') continue;
      snprintf(path, sizeof path, "/proc/%d/task/%s/schedstat", servers[i], task->d_name);
      FILE *file = fopen(path, "r");
      unsigned long long nanos;
      if (!file) continue; /* ended in this moment */
      if (fscanf(file, "%llu", &nanos) == 1) sum += nanos;
      fclose(file);
    }
    closedir(tasks);
  }
  return sum;
}

static uint64_t client_cpu(void) {
  struct rusage usage;
  getrusage(RUSAGE_CHILDREN, &usage);
  return (uint64_t)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1000000u +
         (uint64_t)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec);
}

static void pause_ms(int ms) {
  struct timespec t = {ms / 1000, ms % 1000 * 1000000L};
  while (nanosleep(&t, &t) && errno == EINTR) {}
}

static double quantile(double part) {
  uint64_t total = 0, below = 0;
  for (int i = 0; i < processes; i++)
    for (int b = 0; b < BUCKETS; b++) total += shared->tallies[i].histogram[b];
  for (uint64_t b = 0; b < BUCKETS; b++) {
    for (int i = 0; i < processes; i++) below += shared->tallies[i].histogram[b];
    if (total && (double)below >= part * (double)total) return micros_of(b);
  }
  return 0;
}

static void measure(uint64_t (*run)(void), uint64_t ops_a_run) {
  pid_t children[PROCESSES_MAX];
  for (int i = 0; i < processes; i++) {
    children[i] = fork();
    must(children[i] >= 0, "fork");
    if (children[i] == 0) {
      prctl(PR_SET_PDEATHSIG, SIGKILL);
      work(i, run, ops_a_run);
    }
  }
  while (atomic_load(&shared->ready) < processes) {
    if (waitpid(-1, NULL, WNOHANG) > 0) exit(1); /* it has said why */
    pause_ms(1);
  }
  uint64_t of_server = server_cpu();
  atomic_store(&shared->phase, warm_ms > 0 ? WARMING : MEASURING);
  pause_ms(warm_ms);
  atomic_store(&shared->phase, MEASURING);
  pause_ms(measured_ms);
  atomic_store(&shared->phase, ENDING);
  for (int i = 0; i < processes; i++) {
    int status;
    must(waitpid(children[i], &status, 0) == children[i], "wait");
    if (status) exit(1);
  }
  of_server = server_cpu() - of_server;
  uint64_t ops = 0, all_ops = 0;
  double rate = 0;
  for (int i = 0; i < processes; i++) {
    const Tally *tally = &shared->tallies[i];
    ops += tally->ops;
    all_ops += tally->all_ops;
    rate += (double)tally->ops * 1e9 / (double)tally->nanos;
  }
  printf("{\"p50_us\":%.3f,\"p90_us\":%.3f,\"rate\":%.1f,\"ops\":%llu,\"all_ops\":%llu,"
         "\"server_cpu_us\":%.3f,\"client_cpu_us\":%llu}\n",
         quantile(0.5), quantile(0.9), rate, (unsigned long long)ops, (unsigned long long)all_ops,
         (double)of_server / 1000, (unsigned long long)client_cpu());
}

static int number(const char *text, int least, int most) {
  char *end;
  long value = strtol(text, &end, 10);
  if (*end || end == text || value < least || value > most) die("not a number from %d to %d: %s", least, most, text);
  return (int)value;
}

static void parse(int argc, char **argv) {
  for (int option; (option = getopt(argc, argv, "n:m:c:a:w:t:p:s:")) != -1;) {
    switch (option) {
      case 'n': files = number(optarg, 1, 10000000); break;
      case 'm': data_mib = number(optarg, 1, 1024); break;
      case 'c': processes = number(optarg, 1, PROCESSES_MAX); break;
      case 'a': archive = optarg; break;
      case 'w': warm_ms = number(optarg, 0, 60000); break;
      case 't': measured_ms = number(optarg, 1, 600000); break;
      case 'p': cpu = number(optarg, 0, 1023); break;
      case 's':
        if (server_count == SERVERS_MAX) die("more than %d servers", SERVERS_MAX);
        servers[server_count++] = number(optarg, 1, 1 << 30);
        break;
      default: exit(2);
    }
  }
  if (argc - optind != 2) die("usage: mountload [OPTION...] FOLDER OPERATION");
  folder = argv[optind];
  operation = argv[optind + 1];
}

int main(int argc, char **argv) {
  parse(argc, argv);
  if (cpu >= 0) {
    cpu_set_t one;
    CPU_ZERO(&one);
    CPU_SET((size_t)cpu, &one);
    must(!sched_setaffinity(0, sizeof one, &one), "sched_setaffinity");
  }
  buffer = aligned_alloc(2 * MIB, 2 * MIB);
  shared = mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  must(buffer && shared != MAP_FAILED, "memory");
  madvise(buffer, 2 * MIB, MADV_HUGEPAGE);
  memset(buffer, 'x', 2 * MIB);
  must(!chdir(folder), folder);
  if (!strcmp(operation, "fill")) {
    fill();
    return 0;
  }
  for (size_t i = 0; i < sizeof OPERATIONS / sizeof *OPERATIONS; i++) {
    if (!strcmp(operation, OPERATIONS[i].name)) {
      measure(OPERATIONS[i].run, OPERATIONS[i].counts_files ? (uint64_t)files : 1);
      return 0;
    }
  }
  die("no operation '%s'", operation);
}
