"""What a program may expect of the files of a local file system, one function each.

usage: file_calls.py NAME DIRECTORY [MORE]

Without a name it says the names of those that need nothing but an empty directory. Needs root. Says nothing if all is
as expected.
"""

import ctypes
import errno
import fcntl
import mmap
import os
import random
import select
import signal
import sys
import termios
import time

libc = ctypes.CDLL(None, use_errno=True)
AT_FDCWD = -100
AT_EMPTY_PATH = 0x1000
AT_SYMLINK_FOLLOW = 0x400
PAGE = 4096


def error_of(call, *arguments):
    """The errno of a call that has to fail."""
    try:
        result = call(*arguments)
    except OSError as e:
        return e.errno
    raise AssertionError(f"{call.__name__}{arguments}: {result}, no error")


def equal(actual, expected, what=""):
    if actual != expected:
        raise AssertionError(f"{what}: {actual!r}, not {expected!r}")


def in_child(action):
    """Runs it in a process of its own; what that raises is raised here."""
    child = os.fork()
    if child == 0:
        status = 1
        try:
            action()
            status = 0
        finally:
            os._exit(status)
    equal(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), 0, "status of a child")


# ---- mapped memory ----


def mapped_pages_are_shared(directory):
    fd = os.open(directory + "/f", os.O_RDWR | os.O_CREAT)
    os.ftruncate(fd, 4 * PAGE)
    ours = mmap.mmap(fd, 4 * PAGE)

    def other():
        again = os.open(directory + "/f", os.O_RDWR)
        theirs = mmap.mmap(again, 4 * PAGE)
        equal(theirs[:5], b"hello", "seen in the other mapping")
        theirs[PAGE : PAGE + 5] = b"there"

    ours[:5] = b"hello"
    in_child(other)
    equal(ours[PAGE : PAGE + 5], b"there", "seen in the first mapping")
    # What is read and written beside the mapping, at once and without msync.
    equal(os.pread(fd, 5, PAGE), b"there", "read beside the mapping")
    os.pwrite(fd, b"again", 2 * PAGE)
    equal(ours[2 * PAGE : 2 * PAGE + 5], b"again", "written beside the mapping")
    os.pwrite(fd, b"HE", 0)
    equal(ours[:5], b"HEllo", "written into a dirty page")
    ours[3:5] = b"LO"
    equal(os.pread(fd, 5, 0), b"HElLO", "read from a page that is dirty again")


def mapped_pages_with_direct_io(directory):
    fd = os.open(directory + "/f", os.O_RDWR | os.O_CREAT)
    os.pwrite(fd, bytes(64 * PAGE), 0)
    direct = os.open(directory + "/f", os.O_RDWR | os.O_DIRECT)
    mapping = mmap.mmap(fd, 64 * PAGE)
    aligned = mmap.mmap(-1, PAGE)
    chance = random.Random(1)
    for i in range(500):
        page = chance.randrange(64)
        value = bytes([i % 251 + 1]) * PAGE
        if i % 2:
            mapping[page * PAGE : (page + 1) * PAGE] = value
            equal(os.preadv(direct, [aligned], page * PAGE), PAGE, "read")
            equal(aligned[:], value, "read direct what was mapped")
        else:
            aligned[:] = value
            equal(os.pwritev(direct, [aligned], page * PAGE), PAGE, "written")
            equal(mapping[page * PAGE : (page + 1) * PAGE], value, "mapped what was written direct")


def mapped_private_pages_are_not_written(directory):
    fd = os.open(directory + "/f", os.O_RDWR | os.O_CREAT)
    os.pwrite(fd, b"before", 0)
    mapping = mmap.mmap(fd, 6, access=mmap.ACCESS_COPY)
    mapping[:] = b"copied"
    equal(os.pread(fd, 6, 0), b"before")


def mapped_behind_the_end_is_sigbus(directory):
    fd = os.open(directory + "/f", os.O_RDWR | os.O_CREAT)
    os.ftruncate(fd, 2 * PAGE)
    mapping = mmap.mmap(fd, 2 * PAGE)
    mapping[PAGE] = 1
    os.ftruncate(fd, 10)
    child = os.fork()
    if child == 0:
        mapping[PAGE]
        os._exit(0)
    equal(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), -signal.SIGBUS, "a page behind the end")
    os.ftruncate(fd, 2 * PAGE)
    equal(mapping[PAGE], 0, "what was cut off")


def mapped_pages_reach_the_other_mount(first, second):
    """Two directories which show the same tree."""
    fd = os.open(first + "/f", os.O_RDWR | os.O_CREAT)
    os.ftruncate(fd, 2 * PAGE)
    mapping = mmap.mmap(fd, 2 * PAGE)
    for i in range(50):
        text = b"round%03d" % i
        mapping[:8] = text
        mapping.flush()
        with open(second + "/f", "r+b") as other:
            equal(other.read(8), text, "read on the other mount after msync")
            with mmap.mmap(other.fileno(), 2 * PAGE) as theirs:
                equal(theirs[:8], text, "mapped on the other mount after msync")
                theirs[PAGE : PAGE + 8] = text
        # Theirs is unmapped; a new mapping of ours has it.
        with mmap.mmap(os.open(first + "/f", os.O_RDWR), 2 * PAGE) as anew:
            equal(anew[PAGE : PAGE + 8], text, "mapped anew after munmap on the other mount")


# ---- direct input and output ----


def direct_io_needs_no_alignment(directory):
    fd = os.open(directory + "/f", os.O_RDWR | os.O_CREAT | os.O_DIRECT)
    room = bytearray(1 << 20)
    view = memoryview(room)
    model = bytearray()
    chance = random.Random(2)
    for _ in range(200):
        at, length, start = chance.randrange(200000), chance.randrange(1, 70000), chance.randrange(1, 9)
        data = chance.randbytes(length)
        view[start : start + length] = data
        equal(os.pwritev(fd, [view[start : start + length]], at), length, "written")
        model.extend(bytes(max(0, at + length - len(model))))
        model[at : at + length] = data
        at, length = chance.randrange(len(model)), chance.randrange(1, 70000)
        expected = model[at : at + length]
        count = os.preadv(fd, [view[7 : 7 + length]], at)
        equal(bytes(view[7 : 7 + count]), bytes(expected), f"read {length} at {at}")


# ---- file handles ----


class FileHandle(ctypes.Structure):
    _fields_ = [("bytes", ctypes.c_uint), ("type", ctypes.c_int), ("data", ctypes.c_ubyte * 128)]


def handle_of(path):
    handle = FileHandle(bytes=128)
    mount = ctypes.c_int()
    if libc.name_to_handle_at(AT_FDCWD, path.encode(), ctypes.byref(handle), ctypes.byref(mount), 0):
        raise OSError(ctypes.get_errno(), "name_to_handle_at " + path)
    return handle


def open_by_handle(directory, handle, flags):
    mount = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fd = libc.open_by_handle_at(mount, ctypes.byref(handle), flags)
        if fd < 0:
            raise OSError(ctypes.get_errno(), "open_by_handle_at")
        return fd
    finally:
        os.close(mount)


def drop_caches():
    with open("/proc/sys/vm/drop_caches", "w") as caches:
        caches.write("2")


def has_file_handles(directory):
    """Not a demand: whether this file system has them."""
    os.close(open_by_handle(directory, handle_of(directory), os.O_RDONLY))


def file_handles_outlive_the_caches(directory):
    os.makedirs(directory + "/d/e")
    with open(directory + "/d/e/f", "w") as file:
        file.write("content")
    inode = os.stat(directory + "/d/e/f").st_ino
    file_handle, dir_handle = handle_of(directory + "/d/e/f"), handle_of(directory + "/d/e")
    for name in ["f", "renamed", "moved"]:
        drop_caches()
        fd = open_by_handle(directory, file_handle, os.O_RDWR)
        equal(os.read(fd, 100), b"content", name)
        equal(os.fstat(fd).st_ino, inode, "number of " + name)
        os.close(fd)
        drop_caches()
        fd = open_by_handle(directory, dir_handle, os.O_RDONLY | os.O_DIRECTORY)
        if name == "f":
            equal(os.listdir(fd), ["f"], "a directory by its handle")
            os.rename("f", "renamed", src_dir_fd=fd, dst_dir_fd=fd)
        elif name == "renamed":
            os.rename("renamed", directory + "/moved", src_dir_fd=fd)
        os.close(fd)


def await_released(directory, handle):
    """The kernel does not wait until a file system of programs has heard of a close."""
    end = time.monotonic() + 60
    while time.monotonic() < end:
        try:
            os.close(open_by_handle(directory, handle, os.O_RDONLY))
        except OSError:
            return


def file_handle_of_a_removed_file_is_stale(directory):
    path = directory + "/f"
    for cached in [True, False]:
        with open(path, "w") as file:
            file.write("gone")
        handle = handle_of(path)
        held = os.open(path, os.O_RDONLY)
        os.unlink(path)
        equal(os.read(open_by_handle(directory, handle, os.O_RDONLY), 9), b"gone", "while it is open")
        for fd in range(held, held + 3):
            try:
                os.close(fd)
            except OSError:
                pass
        if not cached:
            drop_caches()
        await_released(directory, handle)
        equal(error_of(open_by_handle, directory, handle, os.O_RDONLY), errno.ESTALE, "removed")
    with open(path, "w"):
        pass
    equal(error_of(open_by_handle, directory, handle, os.O_RDONLY), errno.ESTALE, "another file there")


# ---- open files without a name ----


def unlinked_file_can_be_used(directory):
    path = directory + "/f"
    fd = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    os.write(fd, b"first")
    os.unlink(path)
    drop_caches()
    use_nameless(fd)
    equal(error_of(os.stat, path), errno.ENOENT, "its name")
    equal(link_descriptor(fd, path), errno.ENOENT, "a link to what has no name")
    os.close(fd)
    equal(os.listdir(directory), [], "what is left")


def use_nameless(fd):
    equal(os.fstat(fd).st_nlink, 0, "links")
    equal(os.fstat(fd).st_size, 5, "size")
    os.fsync(fd)
    os.fdatasync(fd)
    os.ftruncate(fd, 100000)
    equal(os.fstat(fd).st_size, 100000, "size when longer")
    os.pwrite(fd, b"second", 50000)
    os.ftruncate(fd, 50006)
    equal(os.pread(fd, 100, 49999), b"\0second", "content")
    os.posix_fallocate(fd, 0, 60000)
    equal(os.fstat(fd).st_size, 60000, "size when allocated")
    os.fchmod(fd, 0o640)
    os.fchown(fd, 1000, 1000)
    os.utime(fd, ns=(1234567890123456789, 987654321987654321))
    os.setxattr(fd, "user.k", b"v")
    equal(os.getxattr(fd, "user.k"), b"v", "attribute")
    stat = os.fstat(fd)
    equal((stat.st_mode & 0o777, stat.st_uid, stat.st_gid), (0o640, 1000, 1000), "mode and owner")
    equal((stat.st_atime_ns, stat.st_mtime_ns), (1234567890123456789, 987654321987654321), "times")
    with mmap.mmap(fd, 60000) as mapping:
        equal(mapping[50000:50006], b"second", "mapped")
        mapping[0:3] = b"map"
    equal(os.pread(fd, 5, 0), b"mapst", "after the mapping")


def link_descriptor(fd, path):
    """linkat of an open file; the errno, or 0."""
    source = f"/proc/self/fd/{fd}".encode()
    if libc.linkat(AT_FDCWD, source, AT_FDCWD, path.encode(), AT_SYMLINK_FOLLOW):
        return ctypes.get_errno()
    return 0


def temporary_file_gets_a_name(directory):
    fd = os.open(directory, os.O_TMPFILE | os.O_RDWR, 0o600)
    os.write(fd, b"nobody")
    equal(os.fstat(fd).st_nlink, 0, "links before")
    equal(os.listdir(directory), [], "names before")
    equal(link_descriptor(fd, directory + "/f"), 0, "linkat")
    equal(os.fstat(fd).st_nlink, 1, "links afterwards")
    with open(directory + "/f") as file:
        equal(file.read(), "nobody", "content")
    secret = os.open(directory, os.O_TMPFILE | os.O_RDWR | os.O_EXCL, 0o600)
    equal(link_descriptor(secret, directory + "/g"), errno.ENOENT, "linkat after O_EXCL")


def removed_directory_is_empty(directory):
    os.mkdir(directory + "/d")
    fd = os.open(directory + "/d", os.O_RDONLY | os.O_DIRECTORY)
    os.rmdir(directory + "/d")
    equal(os.listdir(fd), [], "what is in it")
    equal(os.fstat(fd).st_nlink, 0, "links")
    equal(error_of(lambda: os.open("f", os.O_CREAT | os.O_WRONLY, dir_fd=fd)), errno.ENOENT, "to make something in it")


# ---- other calls ----


def poll_says_that_files_are_ready(directory):
    fd = os.open(directory + "/f", os.O_RDWR | os.O_CREAT)
    equal(select.select([fd], [fd], [], 10)[:2], ([fd], [fd]), "select")
    poll = select.poll()
    poll.register(fd, select.POLLIN | select.POLLOUT | select.POLLPRI)
    equal(poll.poll(10000), [(fd, select.POLLIN | select.POLLOUT)], "poll")


def ioctl_of_terminals_is_refused(directory):
    fd = os.open(directory + "/f", os.O_RDWR | os.O_CREAT)
    dir_fd = os.open(directory, os.O_RDONLY)
    for each in [fd, dir_fd]:
        equal(error_of(fcntl.ioctl, each, termios.TCGETS, bytes(64)), errno.ENOTTY, "TCGETS")
        equal(error_of(fcntl.ioctl, each, 0x12345678, bytes(64)), errno.ENOTTY, "a number of nobody's")
    equal(os.isatty(fd), False, "isatty")
    os.write(fd, b"twelve bytes")
    os.lseek(fd, 5, os.SEEK_SET)
    left = fcntl.ioctl(fd, termios.FIONREAD, bytes(4))
    equal(int.from_bytes(left, sys.byteorder), 7, "FIONREAD")


def seek_finds_data_and_holes(directory):
    fd = os.open(directory + "/f", os.O_RDWR | os.O_CREAT)
    mebibyte = 1 << 20
    os.pwrite(fd, bytes(1), 0)
    os.pwrite(fd, bytes(1), mebibyte)
    os.ftruncate(fd, 2 * mebibyte)
    equal(os.lseek(fd, 0, os.SEEK_DATA), 0, "data at the start")
    equal(os.lseek(fd, 0, os.SEEK_HOLE), PAGE, "the first hole")
    equal(os.lseek(fd, PAGE, os.SEEK_DATA), mebibyte, "data behind it")
    equal(os.lseek(fd, mebibyte, os.SEEK_HOLE), mebibyte + PAGE, "the second hole")
    equal(error_of(os.lseek, fd, mebibyte + PAGE, os.SEEK_DATA), errno.ENXIO, "data behind the last")
    equal(error_of(os.lseek, fd, 2 * mebibyte, os.SEEK_HOLE), errno.ENXIO, "behind the end")
    equal(os.lseek(fd, 0, os.SEEK_CUR), mebibyte + PAGE, "the offset after errors")
    with open(directory + "/g", "w") as full:
        full.write("x" * 10)
        full.flush()
        equal(os.lseek(full.fileno(), 3, os.SEEK_HOLE), 10, "the hole at the end")


def signals_do_not_interrupt(directory):
    """By way of libc, as Python goes on by itself after EINTR."""
    count = 0

    def caught(*_):
        nonlocal count
        count += 1

    signal.signal(signal.SIGALRM, caught)
    signal.siginterrupt(signal.SIGALRM, True)
    fd = os.open(directory + "/f", os.O_RDWR | os.O_CREAT)
    block = ctypes.create_string_buffer(100000)
    signal.setitimer(signal.ITIMER_REAL, 0.0005, 0.0005)
    try:
        while count < 300:
            for call, *arguments in [
                (libc.pwrite, fd, block, len(block), ctypes.c_long(0)),
                (libc.fsync, fd),
                (libc.pread, fd, block, len(block), ctypes.c_long(0)),
                (libc.access, (directory + "/f").encode(), 0),
                (libc.ftruncate, fd, ctypes.c_long(0)),
            ]:
                if call(*arguments) < 0:
                    raise OSError(ctypes.get_errno(), call.__name__)
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)


def many_files_are_looked_up(directory, number):
    """More than the one who serves may have open."""
    for i in range(int(number)):
        os.close(os.open(f"{directory}/{i}", os.O_CREAT | os.O_WRONLY))
    for i in range(int(number)):
        equal(os.stat(f"{directory}/{i}").st_size, 0)
    equal(len(os.listdir(directory)), int(number), "names")
    held = [os.open(f"{directory}/{i}", os.O_RDONLY | os.O_PATH) for i in range(500)]
    for fd in held:
        equal(os.fstat(fd).st_size, 0)


ALONE = [
    mapped_pages_are_shared,
    mapped_pages_with_direct_io,
    mapped_private_pages_are_not_written,
    mapped_behind_the_end_is_sigbus,
    direct_io_needs_no_alignment,
    file_handles_outlive_the_caches,
    file_handle_of_a_removed_file_is_stale,
    unlinked_file_can_be_used,
    temporary_file_gets_a_name,
    removed_directory_is_empty,
    poll_says_that_files_are_ready,
    ioctl_of_terminals_is_refused,
    seek_finds_data_and_holes,
    signals_do_not_interrupt,
]

if __name__ == "__main__":
    if len(sys.argv) == 1:
        print("\n".join(each.__name__ for each in ALONE))
        sys.exit()
    globals()[sys.argv[1]](*sys.argv[2:])
