"""Runs a script of writes into a FIFO whose reader asked for signals (O_ASYNC, F_SETOWN, F_SETSIG):
a line in, a line out. A queued signal is one notification."""
import errno
import fcntl
import os
import signal
import sys

path = os.path.join(sys.argv[1], "p")
SIGNAL = signal.SIGRTMIN + 3
F_SETSIG = 10
POLL_IN = 1
signal.pthread_sigmask(signal.SIG_BLOCK, [SIGNAL, signal.SIGIO])
os.mkfifo(path)
reader = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
fcntl.fcntl(reader, fcntl.F_SETOWN, os.getpid())
fcntl.fcntl(reader, F_SETSIG, SIGNAL)
flags = fcntl.fcntl(reader, fcntl.F_GETFL)
writers = []


def taken():
    """How many signals there were. Too many of them, and the kernel sends SIGIO instead."""
    count = 0
    while True:
        info = signal.sigtimedwait([SIGNAL, signal.SIGIO], 0)
        if info is None:
            return count
        if info.si_signo != SIGNAL or info.si_code != POLL_IN:
            return -1
        count += 1


def run(words):
    what = words[0]
    if what == "on":
        fcntl.fcntl(reader, fcntl.F_SETFL, flags | os.O_ASYNC)
        return "ok"
    if what == "off":
        fcntl.fcntl(reader, fcntl.F_SETFL, flags)
        return "ok"
    if what == "open":
        writers.append(os.open(path, os.O_WRONLY | os.O_NONBLOCK))
        return "ok"
    if what == "close":
        os.close(writers.pop())
        return "ok"
    if what == "write":
        return "count %d" % os.write(writers[0], b"x" * int(words[1]))
    if what == "read":
        return "count %d" % len(os.read(reader, int(words[1])))
    return "taken %d" % taken()


for line in sys.stdin:
    try:
        answer = run(line.split())
    except OSError as e:
        answer = errno.errorcode[e.errno]
    print(answer, flush=True)
