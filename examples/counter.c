/*
 * Counts under a key of a Coterie tree, beside any number of other processes in any language.
 *
 *   cc -O2 -o counter counter.c
 *   ./counter /run/user/1000/tree counter 10000
 *
 * A client of the dialect from docs/protocol.md alone: version, attach, openkey, and then the key
 * is used N times. It is kept from one use to the next, which costs no message, until a notice says
 * that another process wants it; then it is given back with its value.
 */
#include <errno.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

enum { TLERROR = 7, TVERSION = 100, TATTACH = 104, TNOTIFY = 162, TPING = 204 };
enum { TOPENKEY = 248, TUSEKEY = 250, TRETURNKEY = 252, TCLOSEKEY = 254 };
enum { NOTAG = 0xffff, ASK = 1, NOTIFY = 2 };           /* tags */
enum { PLANE_KEY = 4, EXCLUSIVE = 2, CHANGED = 1, RECALLED = 1, MSIZE = 8192 };
enum { LEASE_MS = 2000 };                               /* "Bounds": how long a lease may be used */

static int leader;                                      /* the socket */
static unsigned char out[MSIZE], in[MSIZE];
static size_t out_end, in_at, in_end;

static uint64_t key, seq, recalled_seq;                 /* the key, and which of its grants */
static uint32_t key_gen;
static int held, recalled, changed;
static int64_t deadline;                                /* until when what is held may be used */
static long long value;

static void die(const char *what, const char *why) {
    fprintf(stderr, "counter: %s: %s\n", what, why);
    exit(1);
}

static int64_t now_ms(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * 1000LL + now.tv_nsec / 1000000;
}

/* ---- frames: size[4] type[1] tag[2] body, little endian ---- */

static void put(uint64_t number, int bytes) {
    for (; bytes > 0; bytes--, number >>= 8)
        out[out_end++] = number & 0xff;
}

static void begin(int type, int tag) {
    out_end = 4;
    put(type, 1);
    put(tag, 2);
}

static void put_bytes(const void *bytes, size_t count, int length_bytes) {
    put(count, length_bytes);
    memcpy(out + out_end, bytes, count);
    out_end += count;
}

static void put_key(void) {
    put(key, 8);
    put(key_gen, 4);
}

static void send_frame(void) {
    size_t size = out_end, sent = 0;
    out_end = 0;
    put(size, 4);
    while (sent < size) {
        ssize_t count = send(leader, out + sent, size - sent, MSG_NOSIGNAL);
        if (count < 0 && errno != EINTR)
            die("send", strerror(errno));
        sent += count > 0 ? count : 0;
    }
}

static uint64_t get(int bytes) {
    uint64_t number = 0;
    if (in_at + bytes > in_end)
        die("leader", "a frame that ends early");
    for (int i = 0; i < bytes; i++)
        number |= (uint64_t) in[in_at++] << (8 * i);
    return number;
}

static void receive(size_t count) {
    while (count > 0) {
        ssize_t got = recv(leader, in + in_end, count, 0);
        if (got == 0)
            die("leader", "hung up");
        if (got < 0 && errno != EINTR)
            die("receive", strerror(errno));
        in_end += got > 0 ? got : 0;
        count -= got > 0 ? got : 0;
    }
}

/* The next frame: its type; its tag goes to *tag, its body is for get(). */
static int next_frame(int *tag) {
    size_t size;
    int type;
    in_at = in_end = 0;
    receive(7);
    size = get(4);
    if (size < 7 || size > sizeof in)
        die("leader", "a frame of an odd size");
    type = get(1);
    *tag = get(2);
    receive(size - 7);
    return type;
}

/* ---- recalls: one Tnotify is always at the leader ---- */

static void park(void) {
    begin(TNOTIFY, NOTIFY);
    put(64, 2);
    put(1, 1);                                          /* answered when there is something */
    send_frame();
}

static void heed(int type) {
    if (type != TNOTIFY + 1)
        die("notify", type == TLERROR ? strerror(get(4)) : "an odd answer");
    for (int count = get(2); count > 0; count--) {
        uint64_t kind = get(1), id = get(8), gen = get(4), plane = get(1), which = get(4);
        get(2);                                         /* to none; why */
        if (kind != 1 || plane != PLANE_KEY || id != key || gen != key_gen)
            continue;
        if (held && which == seq)
            recalled = 1;
        else
            recalled_seq = which;                       /* its grant may be on the way */
    }
    park();
}

/* ---- requests ---- */

/* Sends what was begun and waits for its reply, heeding recalls meanwhile. */
static void ask(int type, const char *what) {
    int64_t sent = now_ms();
    int tag, got;
    send_frame();
    for (got = next_frame(&tag); tag == NOTIFY; got = next_frame(&tag))
        heed(got);
    if (got == TLERROR)
        die(what, strerror(get(4)));
    if (got != type + 1)
        die(what, "an odd answer");
    if (sent + LEASE_MS > deadline)
        deadline = sent + LEASE_MS;                     /* from before it was sent */
}

static void ping(void) {
    begin(TPING, ASK);
    put(1, 8);
    ask(TPING, "ping");
}

static void connect_to(const char *path) {
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    if (strlen(path) >= sizeof address.sun_path)
        die(path, "too long for a socket");
    strcpy(address.sun_path, path);
    leader = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (leader < 0 || connect(leader, (struct sockaddr *) &address, sizeof address) < 0)
        die(path, strerror(errno));
    begin(TVERSION, NOTAG);
    put(MSIZE, 4);
    put_bytes("9P2000.L.coterie.1", 18, 2);
    ask(TVERSION, "version");
    get(4);
    if (get(2) != 18)
        die(path, "does not speak 9P2000.L.coterie.1");
    begin(TATTACH, ASK);
    put(0, 4);                                          /* fid 0: the root */
    put(0xffffffff, 4);
    put_bytes("", 0, 2);
    put_bytes("", 0, 2);
    put(getuid(), 4);
    ask(TATTACH, "attach");
    park();
}

static void give_back(void) {
    char text[24];
    int length = changed ? snprintf(text, sizeof text, "%lld", value) : 0;
    begin(TRETURNKEY, ASK);
    put_key();
    put(seq, 4);
    put(changed ? CHANGED : 0, 1);
    put_bytes(text, length, 4);
    held = 0;
    ask(TRETURNKEY, "returnkey");
    if (get(1) != 0)
        die("returnkey", "it was not held any more");
}

static void take(void) {
    char text[24] = "";
    size_t length;
    begin(TUSEKEY, ASK);
    put_key();
    put(EXCLUSIVE, 1);
    put((uint32_t) -1, 4);                              /* however long it takes */
    put(0, 1 + 4 + 4);                                  /* nothing is given back with it */
    ask(TUSEKEY, "usekey");
    get(1);
    seq = get(4);
    recalled = get(1) & RECALLED;                       /* others wait already */
    length = get(4);
    if (length >= sizeof text || in_at + length != in_end)
        die("usekey", "no number is so long");
    memcpy(text, in + in_at, length);
    value = atoll(text);
    changed = 0;
    held = 1;
    recalled |= seq == recalled_seq;                    /* the notice may overtake the grant */
}

/* One use: alone among all processes between its beginning and its end. */
static void add_one(void) {
    struct pollfd notices = {.fd = leader, .events = POLLIN};
    int tag;
    while (poll(&notices, 1, 0) > 0)
        heed(next_frame(&tag));                         /* nothing else is under way */
    if (held && recalled)
        give_back();
    if (!held)
        take();
    if (now_ms() >= deadline)
        ping();                                         /* if it is answered, all is still ours */
    value++;
    changed = 1;
    if (now_ms() >= deadline)
        ping();                                         /* it was, all the while */
}

int main(int argc, char **argv) {
    if (argc != 4)
        die("usage", "counter SOCKET KEY TIMES");
    connect_to(argv[1]);
    begin(TOPENKEY, ASK);
    put_bytes(argv[2], strlen(argv[2]) < 256 ? strlen(argv[2]) : 256, 2);
    ask(TOPENKEY, "openkey");
    key = get(8);
    key_gen = get(4);
    for (long times = atol(argv[3]); times > 0; times--)
        add_one();
    if (held)
        give_back();
    begin(TCLOSEKEY, ASK);
    put_key();
    ask(TCLOSEKEY, "closekey");
    return 0;
}
