package dev.coterie.check.history;

import java.lang.foreign.ValueLayout;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/**
 * The layout of an event log: one file per worker thread, little-endian, a header and then records.
 *
 * <pre>
 *  header   0 magic        8 version  12 process  16 thread
 *          20 directories 24 names    28 group slots  32 files  36 file cells   40 seed    48 end
 *
 *  record   0              4        6      8            16           24
 *          +--------------+--------+------+------------+------------+
 *          | length       | kind   |status| invoked    | returned   |
 *          +--------------+--------+------+------------+------------+
 *          24             28       32     36           40           44
 *          | object       | place  | other| cells      | errno      | type       |
 *          48                             56           64           72
 *          | directory number             | subject no | id number  |
 *          72             76       80     84           88
 *          | directory gen| subj gen| id gen| count     |
 *          88             96              104          112
 *          | stamp        | links           | position  | stamps read, 8 bytes each ...
 * </pre>
 *
 * A record is written in two steps. Before the call everything that is asked, with {@code length}
 * last: from then on the record counts. After the call the answer, with {@code status} last. The
 * file is mapped memory, so both are in the kernel's hands at once, and a worker that is killed at
 * any moment leaves all its operations, the last one perhaps without answer. Length 0 is the end;
 * {@link #SKIP} means that the next record begins at the next multiple of {@link #CHUNK_BYTES}.
 */
final class EventLayout {
  private EventLayout() {}

  static final long MAGIC = 0x31474F4C54524F43L; // "CORTLOG1"
  static final int VERSION = 1;

  static final long MAGIC_AT = 0;
  static final long VERSION_AT = 8;
  static final long PROCESS_AT = 12;
  static final long THREAD_AT = 16;
  static final long UNIVERSE_AT = 20;
  static final long SEED_AT = 40;
  static final int HEADER_BYTES = 48;

  static final long LENGTH = 0;
  static final long KIND = 4;
  static final long STATUS = 6;
  static final long INVOKED = 8;
  static final long RETURNED = 16;
  static final long OBJECT = 24;
  static final long PLACE = 28;
  static final long OTHER = 32;
  static final long CELLS = 36;
  static final long ERRNO = 40;
  static final long TYPE = 44;
  static final long DIRECTORY = 48;
  static final long SUBJECT = 56;
  static final long ID = 64;
  static final long DIRECTORY_GENERATION = 72;
  static final long SUBJECT_GENERATION = 76;
  static final long ID_GENERATION = 80;
  static final long COUNT = 84;
  static final long STAMP = 88;
  static final long LINKS = 96;
  static final long POSITION = 104;
  static final int RECORD_BYTES = 112;
  static final int STAMP_BYTES = 8;

  /** The length that sends the reader to the next chunk. */
  static final int SKIP = -1;

  /** What is mapped at a time. */
  static final long CHUNK_BYTES = 4L << 20;

  /** {@code status}, bit by bit: the answer is there, and which identities are. */
  static final short ANSWERED = 1;

  static final short HAS_DIRECTORY = 2;
  static final short HAS_SUBJECT = 4;
  static final short HAS_ID = 8;

  static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT.withOrder(ByteOrder.LITTLE_ENDIAN);
  static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG.withOrder(ByteOrder.LITTLE_ENDIAN);
  static final ValueLayout.OfShort SHORT =
      ValueLayout.JAVA_SHORT.withOrder(ByteOrder.LITTLE_ENDIAN);

  /** The handles that publish: nothing written before may be seen after. */
  static final VarHandle LENGTH_HANDLE = INT.varHandle();

  static final VarHandle STATUS_HANDLE = SHORT.varHandle();
}
