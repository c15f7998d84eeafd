package dev.coterie.api;

import org.jspecify.annotations.Nullable;

/**
 * A change of attributes, made as one: chmod, chown, truncate and utimensat together. A component
 * that is null is left as it is.
 *
 * @param mode new permission bits (07777); the type cannot change
 * @param uid new owner; {@link #SAME} marks the change time and clears set-id bits alone
 * @param gid new group; {@link #SAME} as for the owner
 * @param size new length in bytes; growth reads as zeros
 * @param atime new access time
 * @param mtime new modification time
 */
public record SetAttr(
    @Nullable Integer mode,
    @Nullable Integer uid,
    @Nullable Integer gid,
    @Nullable Long size,
    @Nullable Time atime,
    @Nullable Time mtime) {

  /** An owner or group that stays as it is, in a chown(2) all the same. */
  public static final int SAME = -1;

  public static final SetAttr NOTHING = new SetAttr(null, null, null, null, null, null);

  /** A time to set: the server's now (UTIME_NOW), or a given one. */
  public sealed interface Time {
    /** The server's clock at the moment of the change; needs only write permission. */
    enum Now implements Time {
      NOW
    }

    /** A given time; needs ownership. */
    record At(Timestamp time) implements Time {}
  }

  public static SetAttr ofMode(int mode) {
    return new SetAttr(mode, null, null, null, null, null);
  }

  /** chown(2); -1 leaves an id as it is. That of nothing at all is a change too, on Linux. */
  public static SetAttr ofOwner(int uid, int gid) {
    Integer owner = uid == SAME && gid != SAME ? null : uid;
    return new SetAttr(null, owner, gid == SAME ? null : gid, null, null, null);
  }

  public static SetAttr ofSize(long size) {
    return new SetAttr(null, null, null, size, null, null);
  }

  public static SetAttr ofTimes(@Nullable Time atime, @Nullable Time mtime) {
    return new SetAttr(null, null, null, null, atime, mtime);
  }

  /** The same change without the size. */
  public SetAttr withoutSize() {
    return new SetAttr(mode, uid, gid, null, atime, mtime);
  }
}
