package dev.coterie.console;

import dev.coterie.api.Mode;
import java.io.IOException;

/**
 * What a copy keeps beside content: owner, extended attributes, permissions, times; in this order.
 */
final class CopyAttributes {
  private static final int SET_ID = Mode.S_ISUID | Mode.S_ISGID;

  private final Side from;
  private final Side to;
  private final boolean archive;

  CopyAttributes(Side from, Side to, boolean archive) {
    this.from = from;
    this.to = to;
    this.archive = archive;
  }

  /** Of a file or directory, which may be reached by symbolic links. */
  void keep(String source, String target, Side.Info info) throws IOException {
    if (archive) {
      own(target, info, true);
      // Before the permissions, which may not allow it any more.
      for (Side.Attribute attribute : from.attributes(source)) {
        to.setAttribute(target, attribute);
      }
    }
    // Behind the owner, as chown(2) clears the set-ID bits.
    to.chmod(target, permissions(target, info));
    to.utimens(target, info.atime(), info.mtime(), true);
  }

  /** Of a symbolic link, FIFO, socket or device: the target is what was just made. */
  void keepOfNode(String target, Side.Info info) throws IOException {
    boolean link = Mode.isSymlink(info.mode());
    if (archive) {
      own(target, info, false);
    }
    if (!link) {
      to.chmod(target, permissions(target, info));
    }
    to.utimens(target, info.atime(), info.mtime(), false);
  }

  /** Gives the file away where that is allowed, else at least to the group, as cp(1) does. */
  private void own(String target, Side.Info info, boolean follow) {
    try {
      to.chown(target, info.uid(), info.gid(), follow);
    } catch (IOException e) {
      try {
        to.chown(target, -1, info.gid(), follow);
      } catch (IOException again) {
        // It stays ours; if there is more to it than that, the next call says so.
      }
    }
  }

  /** A set-ID bit would give the rights of whoever owns the copy, so it needs the same owner. */
  private int permissions(String target, Side.Info info) throws IOException {
    if ((info.mode() & SET_ID) == 0 || Mode.isDirectory(info.mode())) {
      return info.mode();
    }
    Side.Info there = to.info(target, true);
    boolean same = there.uid() == info.uid() && there.gid() == info.gid();
    return same ? info.mode() : info.mode() & ~SET_ID;
  }
}
