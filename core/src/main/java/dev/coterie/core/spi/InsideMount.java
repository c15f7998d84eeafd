package dev.coterie.core.spi;

import dev.coterie.api.ErrnoException;
import dev.coterie.api.InodeId;
import dev.coterie.api.Name;
import dev.coterie.api.Pieces;
import dev.coterie.api.Stat;
import dev.coterie.api.StatFs;
import java.nio.ByteBuffer;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A back end whose content only this tree changes: the core decides and the mount stores. Locking
 * and commands: the package's front page.
 */
public non-sealed interface InsideMount extends Mount {
  @Override
  InsideNode root();

  /** When a read marks the access time (mount(8), relatime). */
  AtimePolicy atimePolicy();

  /** When a read marks the access time. */
  enum AtimePolicy {
    /** Never. */
    NOATIME,
    /** When it is not newer than the last change, or a day old. */
    RELATIME,
    /** Always. */
    STRICTATIME
  }

  // ---- queries ----

  /** What a name names, or null. "." and ".." do not get here. */
  @Nullable InsideNode lookup(InsideNode dir, Name name) throws ErrnoException;

  /**
   * The directory that holds this one; of a removed directory the one that did. The root's is the
   * root.
   */
  InsideNode parent(InsideNode dir) throws ErrnoException;

  /** One directory that names this inode, or null when none does. */
  @Nullable InsideNode anyParent(InsideNode node) throws ErrnoException;

  /**
   * Gives each name of an inode. The inode is locked, shared or alone; of a directory that nothing
   * moves or removes meanwhile it may be asked without.
   */
  void links(InsideNode node, LinkSink sink);

  /** Takes names of an inode. */
  interface LinkSink {
    void accept(InsideNode dir, Name name);
  }

  /** The node of an identity, or null when there is none any more. No operation lock is held. */
  @Nullable InsideNode find(InodeId id) throws ErrnoException;

  /** As {@link InsideNode}'s accessors: may be called without the lock and its result discarded. */
  Stat stat(InsideNode node) throws ErrnoException;

  /**
   * Gives entries after {@code cookie} (at least 2, as 0 to 2 stand for "." and "..") until the
   * sink has enough.
   */
  void readdir(InsideNode dir, long cookie, EntrySink sink) throws ErrnoException;

  /** Takes entries of a directory. */
  interface EntrySink {
    /** Returns false when this entry was not taken and no further one is wanted. */
    boolean accept(Name name, InsideNode node, long cookie) throws ErrnoException;
  }

  /** Whether a directory has no entries. */
  boolean isEmpty(InsideNode dir) throws ErrnoException;

  /** Reads into the remaining bytes of the buffer; 0 at or after the end. */
  int read(InsideNode file, long offset, ByteBuffer destination) throws ErrnoException;

  /**
   * Adds up to {@code count} bytes as they lie in memory.
   *
   * @return how many; 0 at or after the end; -1: not possible, and nothing was added
   */
  default int show(InsideNode file, long offset, int count, Pieces pieces) throws ErrnoException {
    return -1;
  }

  /**
   * The next offset at or after {@code offset}, which is before the end, with data; -1 when only a
   * hole follows.
   */
  long seekData(InsideNode file, long offset) throws ErrnoException;

  /**
   * The next offset at or after {@code offset}, which is before the end, with a hole; the end
   * counts as one.
   */
  long seekHole(InsideNode file, long offset) throws ErrnoException;

  /** Target of a symbolic link. */
  byte[] readlink(InsideNode link) throws ErrnoException;

  /** Access control lists are none: {@link InsideNode#accessAcl}. */
  byte @Nullable [] getxattr(InsideNode node, Name name) throws ErrnoException;

  List<Name> listxattr(InsideNode node) throws ErrnoException;

  StatFs statfs() throws ErrnoException;

  // ---- effects ----

  /** ENOSPC. */
  InsideNode apply(Command.Create command) throws ErrnoException;

  /** ENOENT the node has no link left, unless it was made linkable without one · ENOSPC. */
  void apply(Command.Link command) throws ErrnoException;

  void apply(Command.Unlink command) throws ErrnoException;

  void apply(Command.Rename command) throws ErrnoException;

  void apply(Command.SetAttr command) throws ErrnoException;

  void apply(Command.Touch command) throws ErrnoException;

  /** The bytes written: fewer when space ran out after some. ENOSPC none. */
  int apply(Command.Write command) throws ErrnoException;

  /** ENOSPC, and then nothing has changed. */
  void apply(Command.Allocate command) throws ErrnoException;

  /** The bytes copied, as for a write; 0 at the end of the source. */
  long apply(Command.CopyRange command) throws ErrnoException;

  void apply(Command.SetXattr command) throws ErrnoException;

  void apply(Command.RemoveXattr command) throws ErrnoException;

  /** ENOSPC. */
  void apply(Command.SetAcl command) throws ErrnoException;

  /** ENOSPC. */
  void apply(Command.SetDefaultAcl command) throws ErrnoException;

  /** Makes durable as far as this mount is. Shared lock. */
  void fsync(InsideNode node, boolean dataOnly) throws ErrnoException;

  /** The last link is gone and nobody refers to the node any more: it is freed. Exclusive lock. */
  void release(InsideNode node);
}
