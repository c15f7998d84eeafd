"""Runs a script of event calls with the kernel's own epoll, eventfd and FIFOs: a line in, a line out."""
import errno
import fcntl
import os
import select
import sys

directory = sys.argv[1]
fds = {}  # by number in the script
sets = {}  # descriptor in the kernel: what it was added as
next_fd = 64


def keep(number, fd):
    """No descriptor is used twice, so that an event always says which it was."""
    global next_fd
    unique = fcntl.fcntl(fd, fcntl.F_DUPFD_CLOEXEC, next_fd)
    next_fd = unique + 1
    os.close(fd)
    fds[number] = unique
    return "ok"


def flags(mode):
    return {"r": os.O_RDONLY, "w": os.O_WRONLY, "rw": os.O_RDWR}[mode] | os.O_NONBLOCK


def wait(number):
    epoll = select.epoll.fromfd(os.dup(fds[number]))
    try:
        found = epoll.poll(0, 1000)
    finally:
        epoll.close()
    named = {fd: name for name, fd in fds.items()}
    names = dict(sets)
    names.update(named)
    return " ".join(["events"] + sorted("%x:%s" % (mask, names[fd]) for fd, mask in found))


def control(operation, number, member, mask):
    epoll = select.epoll.fromfd(os.dup(fds[number]))
    try:
        fd = fds[member]
        sets[fd] = member
        if operation == "add":
            epoll.register(fd, int(mask) & 0xFFFFFFFF)
        elif operation == "mod":
            epoll.modify(fd, int(mask) & 0xFFFFFFFF)
        else:
            epoll.unregister(fd)
    finally:
        epoll.close()
    return "ok"


def run(words):
    what = words[0]
    if what == "evset":
        epoll = select.epoll()
        return keep(words[1], os.dup(epoll.fileno()))
    if what == "eventfd":
        semaphore = os.EFD_SEMAPHORE if words[3] == "true" else 0
        return keep(words[1], os.eventfd(int(words[2]), os.EFD_NONBLOCK | semaphore))
    if what == "mkfifo":
        os.mkfifo(os.path.join(directory, words[1]))
        return "ok"
    if what == "open":
        return keep(words[1], os.open(os.path.join(directory, words[2]), flags(words[3])))
    if what == "file":
        return keep(words[1], os.open(directory, os.O_RDONLY))
    if what == "dup":
        return keep(words[1], os.dup(fds[words[2]]))
    if what == "write":
        return "count %d" % os.write(fds[words[1]], b"x" * int(words[2]))
    if what == "read":
        return "count %d" % len(os.read(fds[words[1]], int(words[2])))
    if what == "put":
        os.write(fds[words[1]], int(words[2]).to_bytes(8, "little"))
        return "ok"
    if what == "get":
        return "value %d" % int.from_bytes(os.read(fds[words[1]], 8), "little")
    if what == "close":
        os.close(fds.pop(words[1]))
        return "ok"
    if what == "wait":
        return wait(words[1])
    return control(what, *words[1:])


for line in sys.stdin:
    try:
        answer = run(line.split())
    except OSError as e:
        answer = errno.errorcode[e.errno]
    except KeyError:
        answer = "EBADF"  # its making had failed
    print(answer, flush=True)
