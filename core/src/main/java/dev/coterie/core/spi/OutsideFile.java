package dev.coterie.core.spi;

import dev.coterie.api.Caller;
import dev.coterie.api.ErrnoException;
import dev.coterie.api.InodeId;
import dev.coterie.api.Name;
import dev.coterie.api.Operation.Transferred;
import dev.coterie.api.Stat;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/**
 * A file of an {@link OutsideMount} that was opened, and the right to read or write it checked: its
 * {@link Content}, or a {@link Directory}. Closed once, when nobody uses it any more.
 */
public interface OutsideFile extends AutoCloseable {
  /** Says which of {@link dev.coterie.api.OpenFlags#SETTABLE} hold from now on. EPERM. */
  void setFlags(Caller caller, int flags) throws ErrnoException;

  /** As fsync(2), or fdatasync(2) with {@code dataOnly}. */
  void fsync(boolean dataOnly) throws ErrnoException;

  @Override
  void close();

  /** A regular file. */
  interface Content extends OutsideFile {
    /** Reads into the remaining bytes of the buffer; 0 at or after the end. */
    int read(long offset, ByteBuffer destination) throws ErrnoException;

    /** Writes the buffer's remaining bytes at an offset; perhaps fewer. */
    int write(Caller caller, long offset, ByteBuffer source) throws ErrnoException;

    /**
     * Writes at the end, wherever that is when it happens, and says where it was: exactly, also
     * while others write there.
     */
    Transferred append(Caller caller, ByteBuffer source) throws ErrnoException;

    /** EINVAL no file here reaches so far (lseek(2)). */
    void requireOffset(long offset) throws ErrnoException;

    /** The next offset with data. ENXIO none, or {@code offset} is not before the end. */
    long seekData(long offset) throws ErrnoException;

    /** The next offset with a hole; the end counts as one. ENXIO not before the end. */
    long seekHole(long offset) throws ErrnoException;

    /** As fallocate(2), with its modes. */
    void allocate(Caller caller, int mode, long offset, long length) throws ErrnoException;

    /** As copy_file_range(2), to another file of this mount or the same; perhaps fewer bytes. */
    long copyTo(Caller caller, long offset, Content to, long toOffset, long length)
        throws ErrnoException;
  }

  /** A directory. */
  interface Directory extends OutsideFile {
    /**
     * Gives entries after {@code cookie} (at least 2, as 0 to 2 stand for "." and "..") until the
     * sink has enough. One call at a time.
     *
     * @param bytes about how much the sink will take: what is fetched beyond is fetched again
     * @param withStat whether attributes are asked for
     */
    void readdir(Caller caller, long cookie, int bytes, boolean withStat, EntrySink sink)
        throws ErrnoException;
  }

  /** Takes entries of a directory. */
  interface EntrySink {
    /**
     * Takes one.
     *
     * @param type the type bits of {@code st_mode}
     * @param attributes asks for the attributes; only during this call
     * @return false when this entry was not taken and no further one is wanted
     */
    boolean accept(Name name, InodeId id, int type, long cookie, Attributes attributes)
        throws ErrnoException;
  }

  /** The attributes of an entry, fetched when they are asked for. */
  interface Attributes {
    /** Null when they cannot be had: the caller may not, or the name leads elsewhere. */
    @Nullable Stat get() throws ErrnoException;
  }
}
