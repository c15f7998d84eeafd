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
      boolean got = tryGet();
      assert got : "lookup of " + id + " taken from none";
      return this;
    }

    /** One more holder, unless the last has let go: then the lookup is forgotten. */
    boolean tryGet() {
      for (int count = holders.get(); count > 0; count = holders.get()) {
        if (holders.compareAndSet(count, count + 1)) {
          return true;
        }
      }
      return false;
    }

    /** One holder less; true if it was the last, and then the session must forget the lookup. */
    boolean put() {
      int left = holders.decrementAndGet();
      assert left >= 0 : "lookup of " + id + " given back twice";
      return left == 0;
    }
  }

  /** A name in a directory, which is held. */
  record Place(NodeRef dir, Name name) {}

  /** An extended attribute: one that is read, or one that is written and set at clunk. */
  sealed interface Xattr {
    /** What it holds, in bytes. */
    int bytes();

    record Reading(byte[] value) implements Xattr {
      @Override
      public int bytes() {
        return value.length;
      }
    }

    /** {@code value} is filled in order; its limit is the announced size. */
    record Writing(Name name, int flags, ByteBuffer value) implements Xattr {
      @Override
      public int bytes() {
        return value.capacity();
      }
    }
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
