package dev.coterie.console;

import dev.coterie.api.Timestamp;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.List;

/**
 * One end of a copy: this machine's files, or the tree's. Paths are {@link ByteText}. For several
 * threads.
 */
interface Side {
  /**
   * A file as far as a copy is concerned.
   *
   * @param key tells files apart
   * @param mode type and permissions
   * @param size in bytes
   * @param rdev of a device, in makedev(3)'s encoding
   */
  record Info(Object key, int mode, long size, long rdev, Timestamp atime, Timestamp mtime) {}

  /** An open file's content. */
  interface Content extends AutoCloseable {
    /** 0 at the end. */
    int read(ByteBuffer destination, long offset) throws IOException;

    /** All of it. */
    void write(ByteBuffer source, long offset) throws IOException;

    @Override
    void close() throws IOException;
  }

  Info info(String path, boolean follow) throws IOException;

  /** Names without "." and "..". */
  List<String> list(String path) throws IOException;

  Content open(String path) throws IOException;

  /** A new file or an emptied old one; the permissions count for a new one, less the umask. */
  Content create(String path, int permissions) throws IOException;

  String readlink(String path) throws IOException;

  void symlink(String target, String path) throws IOException;

  void mkdir(String path, int permissions) throws IOException;

  void mknod(String path, int mode, long rdev) throws IOException;

  void unlink(String path) throws IOException;

  void chmod(String path, int permissions) throws IOException;

  /** Times of the file itself, also of a symbolic link. */
  void utimens(String path, Timestamp atime, Timestamp mtime) throws IOException;

  /** Whether an error says that there is no such file. */
  boolean isMissing(IOException cause);
}
