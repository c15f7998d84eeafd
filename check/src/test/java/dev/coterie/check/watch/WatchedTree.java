package dev.coterie.check.watch;

import dev.coterie.api.Change;
import java.util.HashMap;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * The names below a directory as changes tell them. Throws when a change does not fit to what was
 * told before it, as it must when one was missed or came too early.
 */
final class WatchedTree {
  /** A name: a directory with names in it, or a file, which has none. */
  private static final class Node {
    final boolean directory;
    final TreeMap<String, Node> names = new TreeMap<>();

    Node(boolean directory) {
      this.directory = directory;
    }
  }

  private final Node root = new Node(true);
  private final Map<Integer, Node> moving = new HashMap<>(); // by cookie, between two halves
  private int changes;

  void apply(Change change) {
    if (change.is(Change.Q_OVERFLOW)) {
      throw new AssertionError(change.cookie() + " changes lost");
    }
    changes++;
    String path = change.path().toString();
    Node dir = directoryOf(path, change);
    String name = path.substring(path.lastIndexOf('/') + 1);
    boolean directory = change.is(Change.ISDIR);
    switch (change.mask() & ~Change.ISDIR) {
      case Change.CREATE -> requireNull(dir.names.put(name, new Node(directory)), change);
      case Change.DELETE -> {
        Node gone = remove(dir, name, change);
        if (gone.directory != directory || !gone.names.isEmpty()) {
          throw new AssertionError(change + " of what is not empty");
        }
      }
      case Change.MOVED_FROM -> {
        requireNull(moving.put(change.cookie(), remove(dir, name, change)), change);
      }
      case Change.MOVED_TO -> {
        Node moved = moving.remove(change.cookie());
        if (moved == null) {
          throw new AssertionError(change + " from nowhere");
        }
        dir.names.put(name, moved); // perhaps onto another
      }
      default -> throw new AssertionError("not asked for: " + change);
    }
  }

  private static Node remove(Node dir, String name, Change change) {
    Node gone = dir.names.remove(name);
    if (gone == null) {
      throw new AssertionError(change + " of a name that was never told");
    }
    return gone;
  }

  private static void requireNull(@Nullable Node node, Change change) {
    if (node != null) {
      throw new AssertionError(change + " where something is");
    }
  }

  private Node directoryOf(String path, Change change) {
    Node dir = root;
    String[] parts = path.split("/");
    for (int i = 0; i < parts.length - 1; i++) {
      dir = dir.names.get(parts[i]);
      if (dir == null || !dir.directory) {
        throw new AssertionError(change + ": no directory " + parts[i] + " was told");
      }
    }
    return dir;
  }

  int changes() {
    return changes;
  }

  /** All paths, in order, a slash behind those of directories. */
  String paths() {
    StringBuilder all = new StringBuilder();
    add(all, "", root);
    return all.toString();
  }

  private static void add(StringBuilder all, String above, Node dir) {
    dir.names.forEach((name, node) -> {
      String path = above + name + (node.directory ? "/" : "");
      all.append(path).append('\n');
      add(all, path, node);
    });
  }
}
