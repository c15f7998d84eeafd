package dev.coterie.api;

import org.jspecify.annotations.Nullable;

/**
 * A change of attributes, made as one: chmod, chown, truncate and utimensat together. A component
 * that is null is left as it is.
 *
 * @param mode new permission bits (07777); the type cannot change
 * @param uid new owner
 * @param gid new group
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

  /** chown(2); -1 leaves an id as it is. */
  public static SetAttr ofOwner(int uid, int gid) {
    return new SetAttr(null, uid == -1 ? null : uid, gid == -1 ? null : gid, null, null, null);
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
