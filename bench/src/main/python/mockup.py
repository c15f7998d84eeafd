"""A file system for several processes, as one would first write it: the peer of mockup-*.

A client caches what it knows of a file under a "sync handle": a key, a mode (INVALID, SHARED,
EXCLUSIVE), a small value, and a local lock that is held while it is in use. A handle is given back
lazily, when another client asks for it. The dentry's handle guards the size of a file; that of an
open file guards its position. Bytes go straight to the host's file.

Messages are JSON lines over a unix socket:
  client -> server   req_up key mode value    I want this mode; value: what I last knew
                     down key mode value      I have given in to that mode; value: if I changed it
  server -> client   up key mode value        you have it
                     req_down key mode        give in to that mode

It loses lines, and is meant to: a client that leaves does not give back what it holds, the server
files its own older value and forgets the handle when nobody else has it, and the next client makes
it anew from what it last knew itself. Lines are then written over others.

  mockup.py server SOCKET           says "ready", ends with its stdin
  mockup.py client SOCKET INDEX KEEP_SECONDS
                                    is told lines: FILE MODE WINDOW_SECONDS TAIL_SECONDS
"""

import json
import os
import select
import socket
import sys
import threading
import time

INVALID, SHARED, EXCLUSIVE = 0, 1, 2
LOOK = 0.005  # how often the reader looks whether what is in use can be given in
RECORD = 40


class Lines:
    """JSON lines on a socket."""

    def __init__(self, sock):
        self.sock = sock
        self.rest = b""
        self.lock = threading.Lock()
        self.sent = 0

    def send(self, **message):
        data = json.dumps(message, separators=(",", ":")).encode() + b"\n"
        with self.lock:
            self.sent += 1
            self.sock.sendall(data)

    def take(self):
        """Messages that have come in one receive; None at the end."""
        data = self.sock.recv(65536)
        if not data:
            return None
        *whole, self.rest = (self.rest + data).split(b"\n")
        return [json.loads(line) for line in whole]


# ---- server ----


class Entry:
    """What the server knows of one key."""

    def __init__(self, value):
        self.value = value
        self.holders = {}  # connection -> mode
        self.waiting = []  # (connection, mode), in order
        self.asked = set()  # holders that were asked to give in


class Server:
    def __init__(self):
        self.lock = threading.Lock()
        self.entries = {}

    def serve(self, lines):
        try:
            while (messages := lines.take()) is not None:
                for m in messages:
                    with self.lock:
                        if m["op"] == "req_up":
                            self.req_up(lines, m)
                        else:
                            self.down(lines, m)
        except OSError:
            pass
        with self.lock:
            self.left(lines)
        lines.sock.close()

    def req_up(self, lines, m):
        entry = self.entries.get(m["key"])
        if entry is None:
            entry = self.entries[m["key"]] = Entry(m["value"])
        entry.waiting.append((lines, m["mode"]))
        self.advance(m["key"], entry)

    def down(self, lines, m):
        entry = self.entries.get(m["key"])
        if entry is None:
            return
        if m["value"] is not None:
            entry.value = m["value"]
        self.give_in(entry, lines, m["mode"])
        self.advance(m["key"], entry)

    @staticmethod
    def give_in(entry, lines, mode):
        entry.asked.discard(lines)
        if mode == INVALID:
            entry.holders.pop(lines, None)
        else:
            entry.holders[lines] = mode

    def left(self, lines):
        for key, entry in list(self.entries.items()):
            entry.waiting = [w for w in entry.waiting if w[0] is not lines]
            if lines in entry.holders:
                self.give_in(entry, lines, INVALID)  # with the value that is filed here
            if not entry.holders and not entry.waiting:
                del self.entries[key]
            else:
                self.advance(key, entry)

    @staticmethod
    def advance(key, entry):
        while entry.waiting:
            lines, mode = entry.waiting[0]
            in_the_way = [
                h for h, m in entry.holders.items()
                if h is not lines and (mode == EXCLUSIVE or m == EXCLUSIVE)
            ]
            for holder in in_the_way:
                if holder not in entry.asked:
                    entry.asked.add(holder)
                    Server.tell(holder, op="req_down", key=key,
                                mode=INVALID if mode == EXCLUSIVE else SHARED)
            if in_the_way:
                return
            entry.waiting.pop(0)
            entry.holders[lines] = mode
            Server.tell(lines, op="up", key=key, mode=mode, value=entry.value)

    @staticmethod
    def tell(lines, **message):
        try:
            lines.send(**message)
        except OSError:
            pass  # its own thread sees that it is gone


def serve(path):
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(path)
    listener.listen(64)
    server = Server()

    def accept():
        while True:
            sock, _ = listener.accept()
            threading.Thread(target=server.serve, args=(Lines(sock),), daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()
    print("ready", flush=True)
    sys.stdin.read()


# ---- client ----


class SyncHandle:
    """Use it as a context; while it is in use the mode is what was asked for."""

    def __init__(self, client, key, value):
        self.client = client
        self.key = key
        self.value = value
        self.mode = INVALID
        self.modified = False
        self.lock = threading.Lock()
        self.granted = threading.Event()
        self.since = 0.0
        self.wanted = None  # the mode another client waits for us to give in to

    def up(self, mode):
        """With the lock held, until release()."""
        self.lock.acquire()
        if self.mode < mode:
            if self.mode != INVALID:
                self.give_in(INVALID)  # an upgrade gives up the old mode first
            self.granted.clear()
            self.client.lines.send(op="req_up", key=self.key, mode=mode, value=self.value)
            self.granted.wait()

    def release(self):
        if self.client.keep == 0:
            self.give_in(INVALID)
        elif self.wanted is not None and time.monotonic() - self.since >= self.client.keep:
            self.give_in(self.wanted)
        self.lock.release()

    def give_in(self, mode):
        value = self.value if self.modified else None
        self.mode, self.modified, self.wanted = mode, False, None
        self.client.lines.send(op="down", key=self.key, mode=mode, value=value)

    def try_give_in(self):
        """By the reader; False when it is to try again later."""
        if time.monotonic() - self.since < self.client.keep or not self.lock.acquire(blocking=False):
            return False
        if self.wanted is not None:
            self.give_in(self.wanted)
        self.lock.release()
        return True


class Client:
    def __init__(self, path, keep):
        self.keep = keep  # seconds to go on for when another asks; 0: no longer than one write
        sock = socket.socket(socket.AF_UNIX)
        sock.connect(path)
        self.lines = Lines(sock)
        self.handles = {}
        self.stopped = False
        self.reader = threading.Thread(target=self.read, daemon=True)
        self.reader.start()

    def handle(self, key, value):
        return self.handles.setdefault(key, SyncHandle(self, key, value))

    def read(self):
        pending = []  # handles others want
        while not self.stopped:
            ready, _, _ = select.select([self.lines.sock], [], [], LOOK if pending else None)
            messages = self.lines.take() if ready else []
            if messages is None:
                return
            for m in messages:
                handle = self.handles[m["key"]]
                if m["op"] == "up":
                    handle.mode, handle.value = m["mode"], m["value"]
                    handle.since = time.monotonic()
                    handle.granted.set()
                else:
                    handle.wanted = m["mode"]
                    pending.append(handle)
            pending = [h for h in pending if h.wanted is not None and not h.try_give_in()]

    def stop(self):
        """As the first version does it: what is held is not given back."""
        self.stopped = True
        self.lines.sock.shutdown(socket.SHUT_RDWR)
        self.reader.join()
        self.lines.sock.close()


class OpenFile:
    def __init__(self, client, path, mode):
        self.fd = os.open(path, os.O_WRONLY | os.O_CREAT, 0o600)
        self.append = mode == "append"
        owner = "all" if mode == "shared" else str(os.getpid())
        self.handle = client.handle("handle:%s:%s" % (owner, path), 0)
        self.dentry = client.handle("dentry:%s" % path, 0)

    def write(self, data):
        handle, dentry = self.handle, self.dentry
        handle.up(EXCLUSIVE)
        dentry.up(EXCLUSIVE)
        at = dentry.value if self.append else handle.value
        os.pwrite(self.fd, data, at)
        handle.value = at + len(data)
        handle.modified = True
        if handle.value > dentry.value:
            dentry.value = handle.value
            dentry.modified = True
        dentry.release()
        handle.release()

    def close(self):
        os.close(self.fd)


def write_for(file, index, seconds, first):
    """Writes records until the time is over; how many."""
    count = first
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        text = "%03d %010d " % (index, count)
        file.write((text + "x" * (RECORD - 1 - len(text)) + "\n").encode())
        count += 1
    return count


def work(path, index, keep):
    print("ready", flush=True)
    for line in iter(sys.stdin.readline, ""):
        name, mode, window, tail = line.split()
        client = Client(path, keep)
        file = OpenFile(client, name, mode)
        print("open", flush=True)
        if sys.stdin.readline().strip() != "go":
            return
        in_window = write_for(file, index, float(window), 0)
        written = write_for(file, index, float(tail), in_window)
        file.close()
        client.stop()
        print(json.dumps({"window": in_window, "written": written, "messages": client.lines.sent}),
              flush=True)


if __name__ == "__main__":
    if sys.argv[1] == "server":
        serve(sys.argv[2])
    else:
        work(sys.argv[2], int(sys.argv[3]), float(sys.argv[4]))
