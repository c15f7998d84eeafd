"""Makes a history of a real source tree, for git fast-import.

usage: fast_import.py COMMITS DIRECTORY...

Each commit adds a file of the directories, or changes one when all are there.
"""

import os
import sys

LARGEST = 100_000


def files(directories):
    for top in directories:
        for directory, below, names in os.walk(top):
            below.sort()
            for name in sorted(names):
                path = os.path.join(directory, name)
                if os.path.isfile(path) and not os.path.islink(path) and os.path.getsize(path) < LARGEST:
                    yield path


def main(commits, directories):
    out = sys.stdout.buffer
    known = [path for _, path in zip(range(commits), files(directories))]
    for i in range(commits):
        path = known[i % len(known)]
        with open(path, "rb") as file:
            content = file.read() + b"\n# revision %d\n" % i * (i // len(known))
        message = b"change %d\n" % i
        out.write(b"commit refs/heads/main\ncommitter a <a@example.org> %d +0000\n" % (1_700_000_000 + i))
        out.write(b"data %d\n%s" % (len(message), message))
        name = os.fsencode(path).lstrip(b"/")
        out.write(b'M 100644 inline %s\ndata %d\n%s\n' % (name, len(content), content))


main(int(sys.argv[1]), sys.argv[2:])
