/*
 * What peers on libfuse's low-level API share: mounting, their loop, counting of requests and their
 * end. Included once by each.
 */
#include <signal.h>
#include <sys/mount.h>

static _Atomic uint64_t requests;

/* At the beginning of each request. */
#define COUNT atomic_fetch_add_explicit(&requests, 1, memory_order_relaxed)

static const char *mounted_on;

static void leave(int signal) {
  (void)signal;
  umount2(mounted_on, MNT_DETACH);
  _exit(0);
}

static void *answer_stdin(void *argument) {
  char line[64];
  (void)argument;
  while (fgets(line, sizeof line, stdin)) {
    if (!strcmp(line, "counts\n")) {
      printf("{\"requests\":%llu}\n", (unsigned long long)atomic_load(&requests));
      fflush(stdout);
    }
  }
  leave(0);
  return NULL;
}

/* The kernel asks for attributes and data anew each time, as it does of Coterie. */
static void begin(void *data, struct fuse_conn_info *connection) {
  (void)data;
  connection->want &= ~(unsigned)(FUSE_CAP_SPLICE_READ | FUSE_CAP_READDIRPLUS);
}

static int serve(const char *name, const char *directory, int threads, struct fuse_lowlevel_ops *operations) {
  char options[128];
  snprintf(options, sizeof options, "default_permissions,allow_other,fsname=%s", name);
  char *words[] = {(char *)name, "-o", options};
  struct fuse_args arguments = FUSE_ARGS_INIT(3, words);
  operations->init = begin;
  struct fuse_session *session = fuse_session_new(&arguments, operations, sizeof *operations, NULL);
  if (!session || fuse_session_mount(session, directory)) return 1;
  mounted_on = directory;
  struct sigaction action = {.sa_handler = leave};
  sigaction(SIGTERM, &action, NULL);
  sigaction(SIGINT, &action, NULL);
  signal(SIGPIPE, SIG_IGN);
  pthread_t thread;
  if (pthread_create(&thread, NULL, answer_stdin, NULL)) return 1;
  puts("ready");
  fflush(stdout);
  int status;
  if (threads) {
    struct fuse_loop_config *config = fuse_loop_cfg_create();
    fuse_loop_cfg_set_clone_fd(config, 1);
    /* None ends, so that what they have used can be read at any time. */
    fuse_loop_cfg_set_idle_threads(config, 10);
    fuse_loop_cfg_set_max_threads(config, 10);
    status = fuse_session_loop_mt(session, config);
  } else {
    status = fuse_session_loop(session);
  }
  umount2(directory, MNT_DETACH);
  return status != 0;
}
