package dev.coterie.core.spi;

import dev.coterie.api.InodeId;
import dev.coterie.api.Name;
import dev.coterie.api.Timestamp;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/**
 * A validated change of an {@link InsideMount} that carries every decision made for it. Commands on
 * different nodes commute.
 *
 * <p>{@code now} is the moment of the change; a mount gives it to the times that POSIX says the
 * change marks.
 */
public sealed interface Command {
  Timestamp now();

  /**
   * A new inode, named in {@code dir}, or nameless when {@code name} is null (O_TMPFILE).
   *
   * @param mode type and permissions, umask, setgid and default list already applied
   * @param accessAcl null where the mode says it all
   * @param defaultAcl of a directory
   * @param rdev of a device node, else 0
   * @param target of a symbolic link, else empty
   * @param linkable whether a nameless inode may be linked later
   */
  record Create(
      InsideNode dir,
      @Nullable Name name,
      InodeId id,
      int mode,
      @Nullable Acl accessAcl,
      @Nullable Acl defaultAcl,
      int uid,
      int gid,
      long rdev,
      byte[] target,
      boolean linkable,
      Timestamp now)
      implements Command {}

  record Link(InsideNode dir, Name name, InsideNode node, Timestamp now) implements Command {}

  /** Removes a name; of a directory too, which is empty then. */
  record Unlink(InsideNode dir, Name name, InsideNode node, Timestamp now) implements Command {}

  /**
   * Moves a name.
   *
   * @param replaced what the new name named: removed, or with {@code exchange} given the old name
   */
  record Rename(
      InsideNode dir,
      Name name,
      InsideNode node,
      InsideNode newDir,
      Name newName,
      @Nullable InsideNode replaced,
      boolean exchange,
      Timestamp now)
      implements Command {}

  /**
   * New attributes, all of them. {@code size} is -1 when the length stays. {@code now} becomes
   * ctime.
   */
  record SetAttr(
      InsideNode node,
      int mode,
      @Nullable Acl accessAcl,
      int uid,
      int gid,
      long size,
      Timestamp atime,
      Timestamp mtime,
      Timestamp now)
      implements Command {}

  /** A read that marks the access time. */
  record Touch(InsideNode node, Timestamp now) implements Command {}

  /**
   * Bytes at an offset; {@code mode} is the new mode, without set-id bits where a write clears
   * them.
   */
  record Write(InsideNode node, long offset, ByteBuffer source, int mode, Timestamp now)
      implements Command {}

  /** fallocate(2): {@code kind} says what, {@code keepSize} whether the length may grow. */
  record Allocate(
      InsideNode node,
      Kind kind,
      boolean keepSize,
      long offset,
      long length,
      int mode,
      Timestamp now)
      implements Command {
    public enum Kind {
      ALLOCATE,
      PUNCH_HOLE,
      ZERO_RANGE
    }
  }

  /** Bytes from another file of this mount, or of the same one without overlap. */
  record CopyRange(
      InsideNode from,
      long fromOffset,
      InsideNode node,
      long offset,
      long length,
      int mode,
      Timestamp now)
      implements Command {}

  record SetXattr(InsideNode node, Name name, byte[] value, Timestamp now) implements Command {}

  record RemoveXattr(InsideNode node, Name name, Timestamp now) implements Command {}

  /** A new access control list, or none; {@code mode} is what a mode shows of it. */
  record SetAcl(InsideNode node, @Nullable Acl accessAcl, int mode, Timestamp now)
      implements Command {}

  record SetDefaultAcl(InsideNode dir, @Nullable Acl defaultAcl, Timestamp now)
      implements Command {}
}
