package dev.coterie.gates.fuse;

import dev.coterie.api.Errno;
import dev.coterie.api.ErrnoException;
import dev.coterie.api.InodeId;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * The inodes the kernel knows, with how often it was told of each.
 *
 * <p>A node id is the inode's number. Only 1 means the root, by the protocol; if the root has
 * another number, an inode of number 1 has that one instead, so that the two stay apart.
 */
final class NodeTable {
  private static final long ROOT = 1;

  /** Identities that the kernel has given back and may still ask for by a file handle. */
  private static final int REMEMBERED = 1 << 16;

  /** Replaced, never changed. */
  private record Node(InodeId id, long lookups) {}

  private final InodeId root;
  private final ConcurrentHashMap<Long, Node> nodes = new ConcurrentHashMap<>();
  private final Map<Long, InodeId> forgotten =
      Collections.synchronizedMap(
          new LinkedHashMap<>() {
            private static final long serialVersionUID = 1L;

            @Override
            protected boolean removeEldestEntry(Map.Entry<Long, InodeId> eldest) {
              return size() > REMEMBERED;
            }
          });

  NodeTable(InodeId root) {
    this.root = root;
  }

  long nodeId(InodeId id) {
    return exchanged(id.number());
  }

  /** The way there and back: 1 and the root's number change places. */
  private long exchanged(long number) {
    return number == root.number() ? ROOT : number == ROOT ? root.number() : number;
  }

  /** The inode of a node id. ESTALE the kernel was not told of it. */
  InodeId require(long nodeId) throws ErrnoException {
    if (nodeId == ROOT) {
      return root;
    }
    Node node = nodes.get(nodeId);
    if (node == null) {
      throw new ErrnoException(Errno.ESTALE);
    }
    return node.id();
  }

  /** The inode the kernel means by a node id that it may have given back, as far as is known. */
  @Nullable InodeId remembered(long nodeId) {
    Node node = nodes.get(nodeId);
    return nodeId == ROOT ? root : node != null ? node.id() : forgotten.get(nodeId);
  }

  /**
   * The kernel is told of an inode, of which the caller got one reference.
   *
   * @return the inode whose reference is to be given back: this one, as there is one already, or
   *     one that had the number before; null: none
   */
  @Nullable InodeId told(InodeId id) {
    if (id.equals(root)) {
      return id;
    }
    InodeId[] surplus = new InodeId[1];
    nodes.compute(
        exchanged(id.number()),
        (nodeId, known) -> {
          if (known == null) {
            return new Node(id, 1);
          }
          surplus[0] = known.id();
          return new Node(id, known.lookups() + 1);
        });
    return surplus[0];
  }

  /**
   * The kernel was told of an inode it knows, without a reference of its own; false, and nothing is
   * counted: it does not know it.
   */
  boolean toldAgain(InodeId id) {
    Node now =
        nodes.computeIfPresent(
            exchanged(id.number()),
            (nodeId, known) -> known.id().equals(id) ? new Node(id, known.lookups() + 1) : known);
    return now != null && now.id().equals(id);
  }

  /**
   * The kernel gives back what it was told.
   *
   * @return the inode whose reference is to be given back, as the kernel does not know it any more;
   *     or null
   */
  @Nullable InodeId forget(long nodeId, long lookups) {
    InodeId[] gone = new InodeId[1];
    nodes.computeIfPresent(
        nodeId,
        (key, known) -> {
          if (known.lookups() > lookups) {
            return new Node(known.id(), known.lookups() - lookups);
          }
          gone[0] = known.id();
          return null;
        });
    if (gone[0] != null) {
      forgotten.put(nodeId, gone[0]);
    }
    return gone[0];
  }

  int size() {
    return nodes.size();
  }
}
