package dev.coterie.api;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One resolution of a path, as path_resolution(7) has it (analogous to Linux's {@code nameidata},
 * link_path_walk and pick_link in fs/namei.c, whose order of checks decides which error is seen).
 *
 * <p>The walk owns at most one reference, of the inode it has come to, and gives it back when it
 * moves on or is closed. A symbolic link is followed by walking on with its target in front of what
 * is left.
 */
final class TreeWalk implements AutoCloseable {
  private final FileService service;
  private final Caller caller;
  private final InodeId root;
  private List<Name> names;
  private boolean slashesAtEnd;
  private int next; // in names: the first one not walked yet
  private int linksFollowed;

  private InodeId here;
  private boolean counted; // whether a reference of here is this walk's
  private @Nullable Stat stat; // of here, when known

  private @Nullable Name last;
  private boolean slashes;

  // Done ahead, beginning with the next step; what is left is given back.
  private boolean wantsLast;
  private StepsAhead.@Nullable Opening opening;
  private final ArrayDeque<Stat> found = new ArrayDeque<>(0);
  private Operation.@Nullable Opened opened;
  private int count = -1;
  private @Nullable ErrnoException failure;

  /** Starts at {@code root} if the path is absolute, else at {@code start}, which both are held. */
  TreeWalk(FileService service, Caller caller, InodeId root, InodeId start, TreePath path)
      throws ErrnoException {
    this.service = service;
    this.caller = caller;
    this.root = root;
    TreePath.Parts parts = path.checked();
    this.names = parts.names();
    this.slashesAtEnd = parts.slashes();
    this.here = parts.absolute() ? root : start;
  }

  // ---- what has been found ----

  /** The inode the walk has come to. */
  InodeId here() {
    return here;
  }

  /**
   * After {@link #toParent}: the last name, perhaps "." or ".."; null when the path is the root.
   */
  @Nullable Name last() {
    return last;
  }

  /** After {@link #toParent}: whether slashes follow the last name. */
  boolean slashes() {
    return slashes;
  }

  /** Attributes of {@link #here}: those that the walk found it with, else asked for now. */
  Stat stat() throws ErrnoException {
    if (stat == null) {
      stat = service.getattr(caller, here);
    }
    return stat;
  }

  // ---- walking ----

  /**
   * Walks to the directory of the last component, which is not looked up. ENOENT · ENOTDIR · EACCES
   * · ELOOP · ENAMETOOLONG.
   */
  void toParent() throws ErrnoException {
    last = null;
    slashes = false;
    while (next < names.size()) {
      Name name = names.get(next++);
      if (next == names.size()) {
        last = name;
        slashes = slashesAtEnd;
        return;
      }
      Stat child = step(name);
      if (child.isSymlink()) {
        follow(child, true);
        continue;
      }
      moveTo(child);
      if (!child.isDirectory()) {
        throw new ErrnoException(Errno.ENOTDIR);
      }
    }
  }

  /**
   * Walks to the inode the path names. "If the final component is a symbolic link" it is followed
   * when asked, and always when slashes come after it, which also demand a directory.
   */
  void toTarget(boolean followLast) throws ErrnoException {
    wantsLast = true;
    toParent();
    while (last != null) {
      Stat child = lookupLast();
      if (!child.isSymlink() || !(followLast || slashes)) {
        moveTo(child);
        if (slashes && !child.isDirectory()) {
          throw new ErrnoException(Errno.ENOTDIR);
        }
        return;
      }
      follow(child, slashes);
      toParent();
    }
  }

  /** Before {@link #toTarget}: what it leads to is going to be opened. */
  void opens(StepsAhead.Opening how) {
    opening = how;
  }

  /**
   * After {@link #toTarget}: {@link #here}, opened.
   *
   * @param flags as said to {@link #opens}
   */
  Operation.Opened open(int flags) throws ErrnoException {
    throwFailure();
    Operation.Opened ahead = opened;
    opened = null;
    return ahead != null ? ahead : service.open(caller, here, flags);
  }

  /** Bytes that were read when it was opened; -1: it was not. */
  int count() {
    return count;
  }

  /** Looks up the last name, with a reference that is the caller's to {@link #release}. */
  Stat lookupLast() throws ErrnoException {
    if (last == null) {
      throw new IllegalStateException("the path has no last name");
    }
    return step(last);
  }

  /**
   * Takes over the reference of a symbolic link in {@link #here} and puts its target before what is
   * left of the path; {@code slash}: something must be below, or a directory there.
   */
  void follow(Stat link, boolean slash) throws ErrnoException {
    byte[] target;
    try {
      if (++linksFollowed > Limits.SYMLINKS_FOLLOWED) {
        throw new ErrnoException(Errno.ELOOP);
      }
      target = service.readlink(caller, link.id());
    } finally {
      release(link.id());
    }
    if (target.length == 0) {
      throw new ErrnoException(Errno.ENOENT);
    }
    TreePath.Parts parts = TreePath.Parts.of(target);
    List<Name> left = names.subList(next, names.size());
    if (left.isEmpty()) {
      names = parts.names();
      slashesAtEnd = slash || parts.slashes();
    } else {
      List<Name> joined = new ArrayList<>(parts.names());
      joined.addAll(left);
      names = joined;
    }
    next = 0;
    if (parts.absolute()) {
      leave();
      here = root;
      stat = null;
    }
  }

  /** After {@link #toParent}: whether the last name may be looked up at all. EACCES. */
  void requireSearch() throws ErrnoException {
    if (last != null) {
      service.access(caller, here, 1);
    }
  }

  /** Walks to the last component once more, after what it named has changed. */
  void again() {
    next--;
  }

  /** Gives back a reference that the walk was left with. */
  void release(InodeId id) {
    release(service, caller, id);
  }

  /**
   * Gives back one reference and does not wait for it: nobody needs the answer, and an interrupt of
   * this thread must not keep it from being done.
   */
  static void release(FileService service, Caller caller, InodeId id) {
    service.submit(caller, new Operation.Forget(id, 1), Unheard.UNHEARD);
  }

  private enum Unheard implements Completion<Object> {
    UNHEARD;

    @Override
    public void done(Object result) {}

    @Override
    public void failed(Errno errno) {}
  }

  @Override
  public void close() {
    leave();
    for (Stat left = found.poll(); left != null; left = found.poll()) {
      release(left.id());
    }
    if (opened != null) {
      service.submit(caller, new Operation.Close(opened.handle()), Unheard.UNHEARD);
      opened = null;
    }
  }

  // ---- steps ----

  /** Looks a name up, the one before {@code next}. */
  private Stat step(Name name) throws ErrnoException {
    if (found.isEmpty() && failure == null && opened == null) {
      goAhead();
    }
    Stat child = found.poll();
    if (child != null) {
      return child;
    }
    throwFailure();
    return service.lookup(caller, here, upAtRoot(name));
  }

  private void goAhead() throws ErrnoException {
    int first = next - 1;
    int end = wantsLast ? names.size() : names.size() - 1;
    int stop = first;
    while (stop < Math.min(end, first + StepsAhead.NAMES) && !names.get(stop).isDots()) {
      stop++;
    }
    boolean opens = stop == names.size() && opening != null && !slashesAtEnd;
    if (stop - first < (opens ? 1 : 2)) {
      return; // one step is one message in any case
    }
    List<Name> some = names.subList(first, stop);
    StepsAhead.Walked walked = StepsAhead.by(service, caller, here, some, opens ? opening : null);
    found.addAll(walked.found());
    opened = walked.opened();
    count = walked.count();
    failure = walked.failure();
  }

  private void throwFailure() throws ErrnoException {
    ErrnoException thrown = failure;
    if (thrown != null) {
      failure = null;
      throw thrown;
    }
  }

  private void moveTo(Stat found) {
    leave();
    here = found.id();
    counted = true;
    stat = found;
  }

  private void leave() {
    if (counted) {
      counted = false;
      release(here);
    }
  }

  /** ".." of the root of this tree is the root, also where the service's own root is above it. */
  private Name upAtRoot(Name name) {
    return here.equals(root) && name.equals(Name.DOT_DOT) ? Name.DOT : name;
  }
}
