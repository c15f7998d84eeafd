package dev.coterie.client.copies;

import dev.coterie.api.Errno;
import dev.coterie.api.InodeId;
import dev.coterie.api.Name;
import dev.coterie.api.Stat;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * An own change under way: from before it is sent until its answer has come no copy of what it may
 * touch is used. The leader does not recall our own leases for it, and others may see it already.
 */
final class Change {
  /** Errors of operations on names that have changed nothing. */
  private static final Set<Errno> HARMLESS =
      EnumSet.of(
          Errno.ENOENT,
          Errno.EEXIST,
          Errno.EACCES,
          Errno.EPERM,
          Errno.ENOTDIR,
          Errno.EISDIR,
          Errno.ENOTEMPTY,
          Errno.EINTR,
          Errno.EAGAIN);

  private final Nodes nodes; // immutable
  private final Keeper keeper; // immutable
  private final List<Node> touched = new ArrayList<>(2); // of who makes the change
  private final List<Found> found = new ArrayList<>(2); // of who makes the change
  private final List<Nodes.Begun> begun = new ArrayList<>(2); // of who makes the change
  private boolean doubtful; // of who makes the change: it touches something else
  private boolean certain = true; // of who makes the change: which is among `touched`
  private boolean contents; // of who makes the change: and its content
  private int epoch; // of who makes the change

  /** A copy of a directory that told which inode a name is of. */
  private record Found(Node directory, Copy copy) {
    /**
     * Whether the leader has had nobody else's change of those names before ours: no other
     * client's, which would have ended the copy, and no other of our own, which would be under way
     * or have.
     */
    boolean stands() {
      return directory.changing == 1 && directory.has(copy);
    }
  }

  Change(Nodes nodes, Keeper keeper) {
    this.nodes = nodes;
    this.keeper = keeper;
  }

  // ---- what it touches ----

  Change of(InodeId id) {
    touch(id);
    return this;
  }

  private void touch(InodeId id) {
    Node node = nodes.hold(id);
    if (touched.contains(node)) {
      nodes.release(node);
    } else {
      touched.add(node);
    }
  }

  /** The attributes of whatever the name is of. */
  Change ofNamed(InodeId directory, Name name) {
    doubtful = true;
    Node node = nodes.get(directory);
    Copy copy = node == null ? null : node.nameable();
    Copy.Entry entry = copy == null ? null : copy.names.get(name);
    if (node == null || copy == null || entry == null) {
      certain = false;
      return this;
    }
    found.add(new Found(node, copy));
    Node child = entry.child();
    if (child != null) {
      touch(child.id);
    }
    return this;
  }

  /** Anything, its content too. */
  Change ofSomething() {
    doubtful = true;
    contents = true;
    return this;
  }

  Change begin() {
    if (doubtful) {
      keeper.doubts();
    }
    touched.forEach(node -> begun.add(nodes.begin(node)));
    epoch = keeper.epoch();
    return this;
  }

  // ---- its end ----

  /** It is done. {@code stat}: of the one inode that it has touched; null: not known. */
  void done(@Nullable Stat stat) {
    end(stat, doubtful && !(certain && found.stream().allMatch(Found::stands)), contents);
  }

  /** It is done, and the something was this. */
  void done(InodeId id) {
    Node node = nodes.hold(id);
    touched.add(node);
    begun.add(nodes.begin(node));
    end(null, false, false);
  }

  void failed(Errno errno) {
    boolean harmless = HARMLESS.contains(errno);
    end(null, !harmless, contents && !harmless);
  }

  private void end(@Nullable Stat stat, boolean anything, boolean allContents) {
    begun.forEach(each -> nodes.end(each, stat, epoch));
    if (doubtful) {
      if (allContents) {
        nodes.emptyAll();
      }
      keeper.doubtsEnd(anything);
    }
    touched.forEach(nodes::release);
  }
}
