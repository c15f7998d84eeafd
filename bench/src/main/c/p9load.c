/*
 * p9load: puts load on a 9P2000.L server and says what it cost.
 *
 *   p9load [OPTION...] ADDRESS OPERATION
 *
 * ADDRESS    /path of a unix socket, or 127.0.0.1:PORT
 * OPERATION  null      getattr of the attach fid: the smallest request
 *            small     read of 53 bytes, so that the reply is a frame of 64
 *            getattr   of an open file
 *            stat      walk, getattr, clunk
 *            openread  walk, lopen, read, clunk
 *            read      at a random page of an open file
 *            write     at a random page of an open file
 *            create    walk, lcreate, write, remove
 *            readdir   walk, lopen, one readdir, clunk
 *            page      one readdir that goes on where the last one ended, round and round
 *            fill      makes the files of -n in the directory of -D, and ends
 *            echo      64 bytes to a server that sends them back: no 9P at all
 *
 *   -a ANAME  what to attach to (default "/")
 *   -D NAME   directory below it to work in; made when missing
 *   -n N      files in that directory, f0 to f(N-1): stat takes one by chance
 *   -c N      connections, a thread each (default 1)
 *   -d N      requests in flight on each (default 1): independent lanes
 *   -i N      connections more that are only open
 *   -b BYTES  of a read, write or readdir (default 4096)
 *   -w MS     warm-up (default 100)
 *   -t MS     measured time (default 1000); more when a connection had no answer in it
 *   -p CPU    run on this processor only
 *   -s PID    the server: its CPU time is read from /proc/PID/task/N/schedstat
 *
 * Prints one JSON object. Latencies and ops are of the measured time. CPU times and requests are
 * of the warm-up too, for which all_ops counts, as reading them takes its time.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <sched.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

enum {
  TLERROR = 6, TLOPEN = 12, TLCREATE = 14, TGETATTR = 24, TREADDIR = 40, TMKDIR = 72,
  TVERSION = 100, TATTACH = 104, TWALK = 110, TREAD = 116, TWRITE = 118, TCLUNK = 120,
  TREMOVE = 122
};
enum { NOTAG = 0xffff, HEADER = 7, MSIZE = 131072, SLACK = 4096, ECHO_BYTES = 64, SMALL_BYTES = 53 };
enum { CONNECTIONS_MAX = 1024, DEPTH_MAX = 256, PAGE = 4096, PAGES = 256, NAME_MAX_BYTES = 255, BATCH = 64, ENTRY_MOST = 40, PATIENCE_MS = 60000 };
enum { O_RDWR_L = 2, O_CREAT_L = 0100, O_DIRECTORY_L = 0200000, L_EEXIST = 17 };

/* Fids of a connection. */
enum { ROOT = 0, DIR_FID = 1, SCRATCH = 2, DATA = 1000, LANE = 2000 };

/* A histogram in nanoseconds: each power of two in STEPS parts, so it is right to 1/STEPS. */
enum { STEP_BITS = 7, STEPS = 1 << STEP_BITS, BUCKETS = (64 - STEP_BITS) * STEPS };

enum { WARMING, MEASURING, ENDING };

static const char *address = "", *operation = "", *aname = "/", *directory = "";
static const char *data_name = "p9load.dat";
static int connections = 1, depth = 1, idle, bytes = PAGE, files, server, cpu = -1;
static int warm_ms = 100, measured_ms = 1000;
static _Atomic int phase = WARMING;
static pthread_barrier_t ready, done;

typedef struct {
  int socket, number;
  uint8_t *out, *in;
  uint32_t out_bytes, in_bytes, in_at;
  uint32_t msize;
  _Atomic uint64_t ops; /* written by its thread, read by main */
  uint64_t all_ops, requests;
  uint64_t random;
  uint32_t *histogram;
} Connection;

/* One request after the other, independent of other lanes. */
typedef struct {
  int step;
  uint64_t began, cookie;
} Lane;

static void die(const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  fputs("p9load: ", stderr);
  vfprintf(stderr, format, arguments);
  fputc('\n', stderr);
  va_end(arguments);
  exit(1);
}

static void *claim(size_t count, size_t size) {
  void *memory = calloc(count, size);
  if (!memory) die("no memory");
  return memory;
}

static uint64_t now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static uint64_t chance(Connection *c) { /* xorshift64 */
  c->random ^= c->random << 13;
  c->random ^= c->random >> 7;
  return c->random ^= c->random << 17;
}

/* ---- frames ---- */

static void put(Connection *c, uint64_t value, int size) {
  memcpy(c->out + c->out_bytes, &value, (size_t)size); /* little endian, as x86 and the wire */
  c->out_bytes += (uint32_t)size;
}

static void put_text(Connection *c, const char *text) {
  size_t length = strlen(text);
  put(c, length, 2);
  memcpy(c->out + c->out_bytes, text, length);
  c->out_bytes += (uint32_t)length;
}

static uint32_t begin(Connection *c, int type, int tag) {
  uint32_t start = c->out_bytes;
  put(c, 0, 4);
  put(c, (uint64_t)type, 1);
  put(c, (uint64_t)tag, 2);
  return start;
}

static void end(Connection *c, uint32_t start) {
  uint32_t size = c->out_bytes - start;
  memcpy(c->out + start, &size, 4);
  c->requests++;
}

static uint64_t get(const uint8_t *at, int size) {
  uint64_t value = 0;
  memcpy(&value, at, (size_t)size);
  return value;
}

static void send_all(Connection *c) {
  for (uint32_t at = 0; at < c->out_bytes;) {
    ssize_t sent = send(c->socket, c->out + at, c->out_bytes - at, MSG_NOSIGNAL);
    if (sent <= 0) die("send: %s", strerror(errno));
    at += (uint32_t)sent;
  }
  c->out_bytes = 0;
}

static void receive(Connection *c) {
  if (c->in_at > 0) {
    memmove(c->in, c->in + c->in_at, c->in_bytes - c->in_at);
    c->in_bytes -= c->in_at;
    c->in_at = 0;
  }
  ssize_t received = recv(c->socket, c->in + c->in_bytes, 2 * MSIZE - c->in_bytes, 0);
  if (received <= 0) die("receive: %s", received ? strerror(errno) : "the server hung up");
  c->in_bytes += (uint32_t)received;
}

/* The next reply: its body, with its type, tag and the body's size. */
static const uint8_t *next(Connection *c, int *type, int *tag, uint32_t *size) {
  for (;; receive(c)) {
    uint32_t there = c->in_bytes - c->in_at;
    if (there < HEADER) continue;
    const uint8_t *frame = c->in + c->in_at;
    uint32_t length = (uint32_t)get(frame, 4);
    if (length < HEADER || length > c->msize) die("a frame of %u bytes", length);
    if (there < length) continue;
    *type = frame[4];
    *tag = (int)get(frame + 5, 2);
    *size = length - HEADER;
    c->in_at += length;
    return frame + HEADER;
  }
}

static uint32_t error_of(const uint8_t *body, uint32_t size) {
  return size >= 4 ? (uint32_t)get(body, 4) : 0;
}

/* Sends what was begun and waits; 0, or the errno of the reply. */
static uint32_t call(Connection *c, uint32_t start, int type, const uint8_t **body, uint32_t *size) {
  int reply, tag;
  end(c, start);
  send_all(c);
  *body = next(c, &reply, &tag, size);
  if (reply == TLERROR + 1) return error_of(*body, *size);
  if (reply != type + 1) die("type %d answered with type %d", type, reply);
  return 0;
}

static void must(Connection *c, uint32_t start, int type, const char *what) {
  const uint8_t *body;
  uint32_t size, error = call(c, start, type, &body, &size);
  if (error) die("%s: %s", what, strerror((int)error));
}

/* ---- requests ---- */

static uint32_t walk(Connection *c, int tag, uint32_t fid, uint32_t newfid, const char *name) {
  uint32_t start = begin(c, TWALK, tag);
  put(c, fid, 4);
  put(c, newfid, 4);
  put(c, *name ? 1 : 0, 2);
  if (*name) put_text(c, name);
  return start;
}

static uint32_t lopen(Connection *c, int tag, uint32_t fid, uint32_t flags) {
  uint32_t start = begin(c, TLOPEN, tag);
  put(c, fid, 4);
  put(c, flags, 4);
  return start;
}

static uint32_t create(Connection *c, int tag, uint32_t fid, const char *name) {
  uint32_t start = begin(c, TLCREATE, tag);
  put(c, fid, 4);
  put_text(c, name);
  put(c, O_RDWR_L | O_CREAT_L, 4);
  put(c, 0100644, 4);
  put(c, getgid(), 4);
  return start;
}

static uint32_t of_fid(Connection *c, int type, int tag, uint32_t fid) {
  uint32_t start = begin(c, type, tag);
  put(c, fid, 4);
  return start;
}

static uint32_t getattr(Connection *c, int tag, uint32_t fid) {
  uint32_t start = of_fid(c, TGETATTR, tag, fid);
  put(c, 0x7ff, 8); /* P9_GETATTR_BASIC */
  return start;
}

static uint32_t part(Connection *c, int type, int tag, uint32_t fid, uint64_t offset, int count) {
  uint32_t start = of_fid(c, type, tag, fid);
  put(c, offset, 8);
  put(c, (uint64_t)count, 4);
  return start;
}

static uint32_t write_part(Connection *c, int tag, uint32_t fid, uint64_t offset, int count) {
  uint32_t start = part(c, TWRITE, tag, fid, offset, count);
  memset(c->out + c->out_bytes, 'x', (size_t)count);
  c->out_bytes += (uint32_t)count;
  return start;
}

/* ---- connections ---- */

static int dial(void) {
  int made;
  if (address[0] == '/') {
    struct sockaddr_un a = {.sun_family = AF_UNIX};
    if (strlen(address) >= sizeof a.sun_path) die("%s: too long", address);
    strcpy(a.sun_path, address);
    made = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (made < 0 || connect(made, (void *)&a, sizeof a)) die("%s: %s", address, strerror(errno));
  } else {
    char host[64];
    int one = 1;
    snprintf(host, sizeof host, "%s", address);
    char *colon = strchr(host, ':');
    if (!colon) die("%s: neither /path nor HOST:PORT", address);
    *colon = 0;
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_port = htons((uint16_t)atoi(colon + 1))};
    if (!inet_aton(host, &a.sin_addr)) die("%s: not an address", host);
    made = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (made < 0 || connect(made, (void *)&a, sizeof a)) die("%s: %s", address, strerror(errno));
    setsockopt(made, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
  }
  return made;
}

static void attach(Connection *c) {
  const uint8_t *body;
  uint32_t size, start = begin(c, TVERSION, NOTAG);
  put(c, MSIZE, 4);
  put_text(c, "9P2000.L");
  if (call(c, start, TVERSION, &body, &size) || size < 4) die("no version agreed");
  uint32_t agreed = (uint32_t)get(body, 4);
  if (agreed < SLACK || agreed > MSIZE) die("msize %u", agreed);
  c->msize = agreed;
  start = begin(c, TATTACH, 0);
  put(c, ROOT, 4);
  put(c, 0xffffffffu, 4);
  put_text(c, "");
  put_text(c, aname);
  put(c, getuid(), 4);
  must(c, start, TATTACH, "attach");
}

/* DIR_FID becomes the directory to work in. */
static void enter(Connection *c) {
  const uint8_t *body;
  uint32_t size;
  if (*directory) {
    uint32_t start = begin(c, TMKDIR, 0);
    put(c, ROOT, 4);
    put_text(c, directory);
    put(c, 0755, 4);
    put(c, getgid(), 4);
    uint32_t error = call(c, start, TMKDIR, &body, &size);
    if (error && error != L_EEXIST) die("mkdir %s: %s", directory, strerror((int)error));
  }
  must(c, walk(c, 0, ROOT, DIR_FID, directory), TWALK, "walk to the directory");
}

static void open_connection(Connection *c, int number) {
  size_t out = (size_t)depth * ((size_t)bytes + 2 * SLACK) + SLACK;
  memset(c, 0, sizeof *c);
  c->number = number;
  c->out = claim(1, out);
  c->in = claim(1, 2 * MSIZE);
  c->histogram = claim(BUCKETS, sizeof *c->histogram);
  c->msize = MSIZE;
  c->random = 0x9e3779b97f4a7c15u * (uint64_t)(number + 2);
  c->socket = dial();
  if (strcmp(operation, "echo")) {
    attach(c);
    enter(c);
  }
}

static void close_connection(Connection *c) {
  close(c->socket);
  free(c->out);
  free(c->in);
  free(c->histogram);
}

/* The file that read and write work on: PAGES pages. */
static void make_data(Connection *c) {
  const uint8_t *body;
  uint32_t size;
  must(c, walk(c, 0, DIR_FID, SCRATCH, ""), TWALK, "walk");
  if (!call(c, create(c, 0, SCRATCH, data_name), TLCREATE, &body, &size)) {
    for (uint64_t i = 0; i < PAGES; i++) {
      must(c, write_part(c, 0, SCRATCH, i * PAGE, PAGE), TWRITE, "write");
    }
  } /* else it is there already */
  must(c, of_fid(c, TCLUNK, 0, SCRATCH), TCLUNK, "clunk");
}

/* Sends what was put for a batch and takes its answers, in any order. */
static void take_answers(Connection *c, int batch, const char *what) {
  send_all(c);
  for (int i = 0; i < batch; i++) {
    int type, tag;
    uint32_t size;
    const uint8_t *body = next(c, &type, &tag, &size);
    uint32_t error = type == TLERROR + 1 ? error_of(body, size) : 0;
    if (error && error != L_EEXIST) die("%s: %s", what, strerror((int)error));
  }
}

/* Makes the files, BATCH at a time. */
static void fill(Connection *c) {
  char name[32];
  for (int first = 0; first < files; first += BATCH) {
    int batch = files - first < BATCH ? files - first : BATCH;
    for (int i = 0; i < batch; i++) end(c, walk(c, i, DIR_FID, LANE + (uint32_t)i, ""));
    take_answers(c, batch, "walk");
    for (int i = 0; i < batch; i++) {
      snprintf(name, sizeof name, "f%d", first + i);
      end(c, create(c, i, LANE + (uint32_t)i, name));
    }
    take_answers(c, batch, "create");
    for (int i = 0; i < batch; i++) end(c, of_fid(c, TCLUNK, i, LANE + (uint32_t)i));
    take_answers(c, batch, "clunk");
  }
}

/* ---- load ---- */

static int is(const char *name) { return !strcmp(operation, name); }

static uint64_t any_page(Connection *c) { return chance(c) % PAGES * PAGE; }

static const char *any_file(Connection *c, char *name, size_t size) {
  if (!files) return data_name;
  snprintf(name, size, "f%u", (unsigned)(chance(c) % (uint64_t)files));
  return name;
}

/* Puts the next request of lane l; 0 when its sequence is over. */
static int put_step(Connection *c, int l, Lane *lane) {
  uint32_t fid = LANE + (uint32_t)l, data = DATA + (uint32_t)l, start = 0;
  int k = lane->step;
  char name[64];
  if (k == 0 && is("null")) start = getattr(c, l, ROOT);
  else if (k == 0 && is("small")) start = part(c, TREAD, l, data, 0, SMALL_BYTES);
  else if (k == 0 && is("getattr")) start = getattr(c, l, data);
  else if (k == 0 && is("read")) start = part(c, TREAD, l, data, any_page(c), bytes);
  else if (k == 0 && is("write")) start = write_part(c, l, data, any_page(c), bytes);
  else if (k == 0 && is("page")) start = part(c, TREADDIR, l, data, lane->cookie, bytes);
  else if (is("stat")) {
    if (k == 0) start = walk(c, l, DIR_FID, fid, any_file(c, name, sizeof name));
    else if (k == 1) start = getattr(c, l, fid);
    else if (k == 2) start = of_fid(c, TCLUNK, l, fid);
    else return 0;
  } else if (is("openread")) {
    if (k == 0) start = walk(c, l, DIR_FID, fid, data_name);
    else if (k == 1) start = lopen(c, l, fid, 0);
    else if (k == 2) start = part(c, TREAD, l, fid, 0, bytes);
    else if (k == 3) start = of_fid(c, TCLUNK, l, fid);
    else return 0;
  } else if (is("create")) {
    snprintf(name, sizeof name, "new.%d.%d", c->number, l);
    if (k == 0) start = walk(c, l, DIR_FID, fid, "");
    else if (k == 1) start = create(c, l, fid, name);
    else if (k == 2) start = write_part(c, l, fid, 0, bytes);
    else if (k == 3) start = of_fid(c, TREMOVE, l, fid);
    else return 0;
  } else if (is("readdir")) {
    if (k == 0) start = walk(c, l, DIR_FID, fid, "");
    else if (k == 1) start = lopen(c, l, fid, O_DIRECTORY_L);
    else if (k == 2) start = part(c, TREADDIR, l, fid, 0, bytes);
    else if (k == 3) start = of_fid(c, TCLUNK, l, fid);
    else return 0;
  } else return 0;
  end(c, start);
  return 1;
}

/*
 * Where the next page begins: behind the last entry, or at the start again. A page that has room for
 * more is the last; to ask for what is behind it would count as a page and be none.
 */
static uint64_t cookie_behind(const uint8_t *body, uint32_t size) {
  uint64_t cookie = 0;
  uint32_t at = 4; /* count[4], then qid[13] offset[8] type[1] name[s] each */
  if (size - at + ENTRY_MOST <= (uint32_t)bytes) return 0;
  while (at + 24 <= size) {
    cookie = get(body + at + 13, 8);
    at += 24 + (uint32_t)get(body + at + 22, 2);
  }
  return cookie;
}

static void count(Connection *c, uint64_t nanos) {
  int power = nanos < STEPS ? 0 : 63 - __builtin_clzll(nanos) - STEP_BITS + 1;
  uint64_t bucket = power ? (uint64_t)power * STEPS + (nanos >> (power - 1)) - STEPS : nanos;
  c->histogram[bucket < BUCKETS ? bucket : BUCKETS - 1]++;
}

static double micros_of(uint64_t bucket) {
  uint64_t power = bucket / STEPS, step = bucket % STEPS;
  uint64_t nanos = power ? (step + STEPS) << (power - 1) : step;
  return (double)nanos / 1000;
}

static void finished(Connection *c, Lane *lane) {
  uint64_t time = now();
  c->all_ops++;
  if (phase == MEASURING) {
    atomic_store_explicit(&c->ops, c->ops + 1, memory_order_relaxed);
    count(c, time - lane->began);
  }
  lane->began = time;
  lane->step = 0;
}

/* Opens what the lanes work on. */
static void prepare(Connection *c) {
  for (int l = 0; l < depth; l++) {
    uint32_t data = DATA + (uint32_t)l;
    if (is("page")) {
      must(c, walk(c, 0, DIR_FID, data, ""), TWALK, "walk");
      must(c, lopen(c, 0, data, O_DIRECTORY_L), TLOPEN, "open");
    } else {
      must(c, walk(c, 0, DIR_FID, data, data_name), TWALK, "walk");
      must(c, lopen(c, 0, data, O_RDWR_L), TLOPEN, "open");
    }
  }
  c->requests = 0;
}

static void load(Connection *c) {
  Lane *lanes = claim((size_t)depth, sizeof *lanes);
  int live = depth;
  for (int l = 0; l < depth; l++) {
    lanes[l].began = now();
    put_step(c, l, &lanes[l]);
  }
  send_all(c);
  while (live) {
    int type, tag;
    uint32_t size;
    const uint8_t *body = next(c, &type, &tag, &size);
    if (tag >= depth) die("an answer with tag %d", tag);
    Lane *lane = &lanes[tag];
    if (type == TLERROR + 1) {
      die("%s, step %d: %s", operation, lane->step, strerror((int)error_of(body, size)));
    }
    if (type == TREADDIR + 1) lane->cookie = cookie_behind(body, size);
    lane->step++;
    if (!put_step(c, tag, lane)) {
      finished(c, lane);
      if (phase == ENDING) live--;
      else put_step(c, tag, lane);
    }
    /* What can be answered is: requests leave together once nothing is left to read. */
    if (c->out_bytes && c->in_at == c->in_bytes) send_all(c);
  }
  if (c->out_bytes) send_all(c);
  free(lanes);
}

static void echo(Connection *c) {
  Lane lane = {.began = now()};
  uint8_t message[ECHO_BYTES] = {0};
  while (phase != ENDING) {
    if (send(c->socket, message, sizeof message, MSG_NOSIGNAL) != sizeof message) die("send");
    ssize_t got = recv(c->socket, message, sizeof message, MSG_WAITALL);
    if (got != sizeof message) die("receive: the server hung up");
    c->requests++;
    finished(c, &lane);
  }
}

static void *run(void *argument) {
  Connection *c = argument;
  if (!is("echo")) prepare(c);
  pthread_barrier_wait(&ready); /* all are open, main reads the CPU times */
  pthread_barrier_wait(&ready);
  if (is("echo")) echo(c);
  else load(c);
  pthread_barrier_wait(&done);
  return NULL;
}

/* ---- CPU time ---- */

static uint64_t client_cpu(void) {
  struct rusage u;
  getrusage(RUSAGE_SELF, &u);
  return ((uint64_t)u.ru_utime.tv_sec + (uint64_t)u.ru_stime.tv_sec) * 1000000000u
         + ((uint64_t)u.ru_utime.tv_usec + (uint64_t)u.ru_stime.tv_usec) * 1000u;
}

/* All threads of the server, in nanoseconds; what those that have ended used is not in it. */
static uint64_t server_cpu(void) {
  char path[NAME_MAX_BYTES + 64];
  uint64_t sum = 0;
  if (!server) return 0;
  snprintf(path, sizeof path, "/proc/%d/task", server);
  DIR *tasks = opendir(path);
  if (!tasks) die("%s: %s", path, strerror(errno));
  for (struct dirent *task; (task = readdir(tasks));) {
    if (task->d_name[0] == '.') continue;
    snprintf(path, sizeof path, "/proc/%d/task/%s/schedstat", server, task->d_name);
    FILE *file = fopen(path, "r");
    unsigned long long nanos;
    if (!file) continue; /* ended in this moment */
    if (fscanf(file, "%llu", &nanos) == 1) sum += nanos;
    fclose(file);
  }
  closedir(tasks);
  return sum;
}

/* ---- main ---- */

static double quantile(Connection *all, double part) {
  uint64_t total = 0, below = 0;
  for (int i = 0; i < connections; i++) total += all[i].ops;
  for (uint64_t b = 0; b < BUCKETS; b++) {
    for (int i = 0; i < connections; i++) below += all[i].histogram[b];
    if (total && (double)below >= part * (double)total) return micros_of(b);
  }
  return 0;
}

static void pause_ms(int ms) {
  struct timespec t = {ms / 1000, ms % 1000 * 1000000L};
  while (nanosleep(&t, &t) && errno == EINTR) {}
}

static int all_had_answers(Connection *all) {
  for (int i = 0; i < connections; i++) {
    if (atomic_load_explicit(&all[i].ops, memory_order_relaxed) == 0) return 0;
  }
  return 1;
}

static void measure(Connection *all) {
  pthread_t threads[CONNECTIONS_MAX];
  uint64_t ops = 0, all_ops = 0, requests = 0, fewest = UINT64_MAX, most = 0;
  pthread_barrier_init(&ready, NULL, (unsigned)connections + 1);
  pthread_barrier_init(&done, NULL, (unsigned)connections + 1);
  for (int i = 0; i < connections; i++) {
    if (pthread_create(&threads[i], NULL, run, &all[i])) die("no thread");
  }
  pthread_barrier_wait(&ready);
  uint64_t of_server = server_cpu(), of_client = client_cpu();
  pthread_barrier_wait(&ready);
  pause_ms(warm_ms);
  uint64_t began = now();
  phase = MEASURING;
  do pause_ms(measured_ms);
  while (!all_had_answers(all) && now() - began < (uint64_t)PATIENCE_MS * 1000000);
  phase = ENDING;
  uint64_t nanos = now() - began;
  pthread_barrier_wait(&done); /* connections stay open, so the server's threads are all there */
  of_server = server_cpu() - of_server;
  of_client = client_cpu() - of_client;
  for (int i = 0; i < connections; i++) {
    pthread_join(threads[i], NULL);
    ops += all[i].ops;
    all_ops += all[i].all_ops;
    requests += all[i].requests;
    fewest = all[i].ops < fewest ? all[i].ops : fewest;
    most = all[i].ops > most ? all[i].ops : most;
  }
  printf("{\"operation\":\"%s\",\"ops\":%llu,\"seconds\":%.6f,\"p50_us\":%.3f,\"p99_us\":%.3f,"
         "\"all_ops\":%llu,\"requests\":%llu,\"server_cpu_us\":%.3f,\"client_cpu_us\":%.3f,"
         "\"fairness\":%.3f}\n",
         operation, (unsigned long long)ops, (double)nanos / 1e9, quantile(all, 0.5),
         quantile(all, 0.99), (unsigned long long)all_ops, (unsigned long long)requests,
         (double)of_server / 1000, (double)of_client / 1000, most ? (double)fewest / (double)most : 0);
}

static int number(const char *text, int least, int most) {
  char *end;
  long value = strtol(text, &end, 10);
  if (*end || end == text || value < least || value > most) {
    die("not a number from %d to %d: %s", least, most, text);
  }
  return (int)value;
}

static void options(int argc, char **argv) {
  int option;
  while ((option = getopt(argc, argv, "a:D:n:c:d:i:b:w:t:p:s:")) > 0) {
    switch (option) {
      case 'a': aname = optarg; break;
      case 'D': directory = optarg; break;
      case 'n': files = number(optarg, 0, 100000000); break;
      case 'c': connections = number(optarg, 1, CONNECTIONS_MAX); break;
      case 'd': depth = number(optarg, 1, DEPTH_MAX); break;
      case 'i': idle = number(optarg, 0, CONNECTIONS_MAX); break;
      case 'b': bytes = number(optarg, 1, MSIZE / 2); break;
      case 'w': warm_ms = number(optarg, 0, 600000); break;
      case 't': measured_ms = number(optarg, 1, 600000); break;
      case 'p': cpu = number(optarg, 0, CPU_SETSIZE - 1); break;
      case 's': server = number(optarg, 1, 1 << 30); break;
      default: exit(2);
    }
  }
  if (argc - optind != 2) {
    fputs("usage: p9load [OPTION...] ADDRESS OPERATION\n", stderr);
    exit(2);
  }
  address = argv[optind];
  operation = argv[optind + 1];
  if (strlen(aname) > SLACK / 2 || strlen(directory) > NAME_MAX_BYTES) die("a name is too long");
  const char *all = " null small getattr stat openread read write create readdir page fill echo ";
  char word[64];
  snprintf(word, sizeof word, " %s ", operation);
  if (!strstr(all, word)) die("no operation %s", operation);
}

int main(int argc, char **argv) {
  struct rlimit limit;
  options(argc, argv);
  if (!getrlimit(RLIMIT_NOFILE, &limit)) {
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
  }
  if (cpu >= 0) {
    cpu_set_t set;
    CPU_ZERO(&set);
    CPU_SET(cpu, &set);
    if (sched_setaffinity(0, sizeof set, &set)) die("processor %d: %s", cpu, strerror(errno));
  }
  Connection *all = claim((size_t)(connections + idle), sizeof *all);
  for (int i = 0; i < connections + idle; i++) open_connection(&all[i], i);
  if (is("fill")) {
    fill(&all[0]);
  } else {
    if (!is("echo")) make_data(&all[0]);
    measure(all);
  }
  for (int i = 0; i < connections + idle; i++) close_connection(&all[i]);
  free(all);
  return 0;
}
