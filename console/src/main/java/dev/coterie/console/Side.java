package dev.coterie.console;

import dev.coterie.api.Name;
import dev.coterie.api.Timestamp;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.List;

/**
 * One end of a copy: this machine's files, or the tree's. Paths are {@link ByteText}. For several
 * threads.
 */
interface Side {
  /** The name space of extended attributes that is kept: what programs store beside their files. */
  String USER = "user.";

  /**
   * A file as far as a copy is concerned.
   *
   * @param key tells files apart
   * @param mode type and permissions
   * @param nlink how many names it has
   * @param size in bytes
   * @param holes whether less is stored than the size says, as far as this side can tell
   * @param rdev of a device, in makedev(3)'s encoding
   */
  record Info(
      Object key,
      int mode,
      long nlink,
      int uid,
      int gid,
      long size,
      boolean holes,
      long rdev,
      Timestamp atime,
      Timestamp mtime) {}

  /** An extended attribute of the name space {@code user}. */
  record Attribute(Name name, byte[] value) {}

  /** An open file's content. */
  interface Content extends AutoCloseable {
    /** 0 at the end. */
    int read(ByteBuffer destination, long offset) throws IOException;

    /** All of it. */
    void write(ByteBuffer source, long offset) throws IOException;

    long size() throws IOException;

    /** Makes the file this long if it is shorter; what is new is a hole where that can be. */
    void extend(long size) throws IOException;

    /** Where data is at or behind an offset; -1 when there is none up to the end. */
    default long nextData(long offset) throws IOException {
      return offset;
    }

    /** Where the data at an offset ends. */
    default long nextHole(long offset) throws IOException {
      return Long.MAX_VALUE;
    }

    @Override
    void close() throws IOException;
  }

  /** Whether {@link Info#holes} can be relied on. */
  boolean knowsHoles();

  Info info(String path, boolean follow) throws IOException;

  /** Names without "." and "..". */
  List<String> list(String path) throws IOException;

  Content open(String path) throws IOException;

  /** A new file or an emptied old one; the permissions count for a new one, less the umask. */
  Content create(String path, int permissions) throws IOException;

  String readlink(String path) throws IOException;

  void symlink(String target, String path) throws IOException;

  /** One more name for a file that is no directory; a symbolic link is not followed. */
  void link(String path, String newPath) throws IOException;

  void mkdir(String path, int permissions) throws IOException;

  void mknod(String path, int mode, long rdev) throws IOException;

  void unlink(String path) throws IOException;

  void chmod(String path, int permissions) throws IOException;

  /** -1 leaves an id as it is. */
  void chown(String path, int uid, int gid, boolean follow) throws IOException;

  void utimens(String path, Timestamp atime, Timestamp mtime, boolean follow) throws IOException;

  /** The extended attributes of a file or directory; none where there cannot be any. */
  List<Attribute> attributes(String path) throws IOException;

  void setAttribute(String path, Attribute attribute) throws IOException;

  /** Whether an error says that there is no such file. */
  boolean isMissing(IOException cause);
}
