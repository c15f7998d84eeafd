package dev.coterie.leader;

import dev.coterie.api.Caller;
import dev.coterie.api.InodeId;
import dev.coterie.api.Name;
import java.nio.ByteBuffer;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * What a client's number stands for: an inode, perhaps with an open handle, or an extended
 * attribute on its way. Immutable; opening and creating put a new one in its place.
 *
 * @param caller who attached, and so acts through this fid
 * @param id the inode
 * @param node the reference by lookup that this fid shares, or null: then its handle holds the
 *     inode
 * @param handle of the session, or 0
 * @param flags it was opened with
 * @param attached root of the attach it came from: ".." stops there
 * @param place where it was found, for the messages that name a file by its fid alone
 * @param xattr the extended attribute it stands for, or null
 */
record Fid(
    Caller caller,
    InodeId id,
    @Nullable NodeRef node,
    long handle,
    int flags,
    InodeId attached,
    @Nullable Place place,
    @Nullable Xattr xattr) {

  /** Stands in the table while the request that makes the fid is under way. */
  static final Fid RESERVED =
      new Fid(Caller.NOBODY, new InodeId(0, 0), null, 0, 0, new InodeId(0, 0), null, null);

  /** One lookup reference of the session, shared by the fids that were cloned from each other. */
  static final class NodeRef {
    private final InodeId id;
    private final AtomicInteger holders = new AtomicInteger(1);

    NodeRef(InodeId id) {
      this.id = id;
    }

    InodeId id() {
      return id;
    }

    /** One more holder; the caller is one. */
    NodeRef get() {
      holders.incrementAndGet();
      return this;
    }

    /** One holder less; true if it was the last, and then the session must forget the lookup. */
    boolean put() {
      return holders.decrementAndGet() == 0;
    }
  }

  /** A name in a directory, which is held. */
  record Place(NodeRef dir, Name name) {}

  /** An extended attribute: one that is read, or one that is written and set at clunk. */
  sealed interface Xattr {
    record Reading(byte[] value) implements Xattr {}

    /** {@code value} is filled in order; its limit is the announced size. */
    record Writing(Name name, int flags, ByteBuffer value) implements Xattr {}
  }

  static Fid ofNode(Caller caller, NodeRef node, InodeId attached, @Nullable Place place) {
    return new Fid(caller, node.id(), node, 0, 0, attached, place, null);
  }

  /** Whether this is {@link #RESERVED}: any other fid holds something. */
  boolean isReserved() {
    return node == null && handle == 0 && xattr == null;
  }

  boolean isOpen() {
    return handle != 0;
  }

  Fid opened(long newHandle, int newFlags) {
    return new Fid(caller, id, node, newHandle, newFlags, attached, place, null);
  }

  Fid withXattr(Xattr attribute) {
    return new Fid(caller, id, node, 0, 0, attached, place, attribute);
  }

  Fid at(@Nullable Place newPlace) {
    return new Fid(caller, id, node, handle, flags, attached, newPlace, xattr);
  }
}
