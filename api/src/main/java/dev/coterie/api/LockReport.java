package dev.coterie.api;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.StringJoiner;

/**
 * Who holds locks of a tree's files, who waits for them, and for whom: as a leader tells it by an
 * extended attribute that only the tree's root has, so that any 9P client can ask. Everybody may
 * read it, and is told of the files that he could reach by a name.
 *
 * <p>The value is records, each with a NUL behind it. Fields are divided by spaces, numbers are
 * decimal; a path is the last field and any bytes.
 *
 * <pre>
 *  T deadlocks hidden left               first: the totals below
 *  F number generation path              a file; what follows up to the next one is of it
 *  H kind type start end owner pid       a lock that is held
 *  W kind type start end owner pid owner…   one that is waited for, and whose locks stand in the way
 * </pre>
 *
 * {@code kind} is P, O or F (POSIX, OFD, flock), {@code type} R or W. {@code start} and {@code end}
 * are the first and the last byte, the largest offset for a lock to the end of the file. An {@code
 * owner} is a number that means the same owner wherever it stands in one report, and nothing beyond
 * it.
 *
 * @param deadlocks waits refused with EDEADLK since the leader started
 * @param hidden files with locks that the reader cannot reach
 * @param left records that had no room in the value
 */
public record LockReport(long deadlocks, int hidden, int left, List<File> files) {
  public static final Name ATTRIBUTE = Name.of("system.coterie.locks");

  /**
   * A file with locks.
   *
   * @param path one of its paths; empty if the leader knows none
   * @param waits in the order of the queue
   */
  public record File(InodeId id, TreePath path, List<Lock> held, List<Wait> waits) {}

  /**
   * @param start first byte
   * @param end last byte; {@link Limits#FILE_BYTES}: to the end of the file
   * @param owner the same number for the same owner
   * @param pid the process that asked; 0 unknown
   */
  public record Lock(
      RangeLock.Kind kind, boolean exclusive, long start, long end, int owner, int pid) {
    private String fields() {
      return kind.name().charAt(0)
          + (exclusive ? " W " : " R ")
          + start
          + " "
          + end
          + " "
          + owner
          + " "
          + Integer.toUnsignedString(pid);
    }
  }

  /**
   * @param blockers the owners whose locks stand in the way
   */
  public record Wait(Lock wanted, List<Integer> blockers) {}

  // ---- as bytes ----

  /** The value: as many whole records as have room. */
  public byte[] toBytes() {
    Writer writer = new Writer();
    for (File file : files) {
      String head =
          "F "
              + Long.toUnsignedString(file.id().number())
              + " "
              + Integer.toUnsignedString(file.id().generation())
              + " ";
      writer.add(head, file.path().toBytes());
      for (Lock lock : file.held()) {
        writer.add("H " + lock.fields());
      }
      for (Wait wait : file.waits()) {
        StringJoiner joined = new StringJoiner(" ", "W " + wait.wanted().fields() + " ", "");
        wait.blockers().forEach(owner -> joined.add(owner.toString()));
        writer.add(joined.toString());
      }
    }
    return writer.value("T " + deadlocks + " " + hidden + " " + (left + writer.left));
  }

  private static final class Writer {
    /** What the first record can take. */
    private static final int ROOM_BYTES = Limits.XATTR_VALUE_BYTES - 64;

    final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    int left;

    void add(String text, byte... more) {
      byte[] head = text.getBytes(StandardCharsets.US_ASCII);
      // Once one is left out, so are all behind it: they would be taken for those of another file.
      if (left > 0 || bytes.size() + head.length + more.length + 1 > ROOM_BYTES) {
        left++;
        return;
      }
      bytes.writeBytes(head);
      bytes.writeBytes(more);
      bytes.write(0);
    }

    byte[] value(String first) {
      ByteArrayOutputStream all = new ByteArrayOutputStream();
      all.writeBytes(first.getBytes(StandardCharsets.US_ASCII));
      all.write(0);
      all.writeBytes(bytes.toByteArray());
      return all.toByteArray();
    }
  }

  /**
   * The report of a value.
   *
   * @throws IllegalArgumentException it is none
   */
  public static LockReport of(byte[] value) {
    Reader reader = new Reader();
    int start = 0;
    for (int i = 0; i < value.length; i++) {
      if (value[i] == 0) {
        reader.take(Arrays.copyOfRange(value, start, i));
        start = i + 1;
      }
    }
    return new LockReport(reader.deadlocks, reader.hidden, reader.left, reader.files);
  }

  private static final class Reader {
    long deadlocks;
    int hidden;
    int left;
    final List<File> files = new ArrayList<>();

    void take(byte[] record) {
      String text = new String(record, StandardCharsets.ISO_8859_1);
      String[] fields = text.split(" ", text.startsWith("F ") ? 4 : -1);
      try {
        switch (fields[0]) {
          case "T" -> {
            deadlocks = Long.parseLong(fields[1]);
            hidden = Integer.parseInt(fields[2]);
            left = Integer.parseInt(fields[3]);
          }
          case "F" -> {
            InodeId id =
                new InodeId(Long.parseUnsignedLong(fields[1]), Integer.parseUnsignedInt(fields[2]));
            byte[] path = fields[3].getBytes(StandardCharsets.ISO_8859_1);
            files.add(new File(id, TreePath.wrap(path), new ArrayList<>(), new ArrayList<>()));
          }
          case "H" -> files.getLast().held().add(lock(fields));
          case "W" -> {
            List<Integer> blockers = new ArrayList<>();
            for (int i = 7; i < fields.length; i++) {
              if (!fields[i].isEmpty()) {
                blockers.add(Integer.valueOf(fields[i]));
              }
            }
            files.getLast().waits().add(new Wait(lock(fields), blockers));
          }
          default -> {} // of a later version
        }
      } catch (RuntimeException e) {
        throw new IllegalArgumentException("no record of a report on locks: " + text, e);
      }
    }

    private static Lock lock(String[] fields) {
      RangeLock.Kind kind =
          switch (fields[1]) {
            case "P" -> RangeLock.Kind.POSIX;
            case "O" -> RangeLock.Kind.OFD;
            case "F" -> RangeLock.Kind.FLOCK;
            default -> throw new IllegalArgumentException(fields[1]);
          };
      return new Lock(
          kind,
          fields[2].equals("W"),
          Long.parseLong(fields[3]),
          Long.parseLong(fields[4]),
          Integer.parseInt(fields[5]),
          Integer.parseUnsignedInt(fields[6]));
    }
  }
}
