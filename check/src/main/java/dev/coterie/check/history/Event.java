package dev.coterie.check.history;

import dev.coterie.api.Errno;
import dev.coterie.api.InodeId;
import java.util.Arrays;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * One recorded operation: who called what when, and what was answered.
 *
 * @param process number of the worker process
 * @param thread number of the thread in it
 * @param kind what was called
 * @param object the group, or the file
 * @param invoked just before the call, in nanoseconds of the clock that all processes share
 * @param returned just after it; {@link #NEVER} when no answer came
 * @param arguments what was asked
 * @param answer what was answered
 */
public record Event(
    int process,
    int thread,
    Kind kind,
    int object,
    long invoked,
    long returned,
    Arguments arguments,
    Answer answer) {

  /** When an operation without an answer returned. */
  public static final long NEVER = Long.MAX_VALUE;

  /** The process number under which the orchestrator records the tree as it was left. */
  public static final int FINAL_PROCESS = 0x7F0;

  /**
   * What was asked.
   *
   * @param place names: slot, or {@link Universe#CHILD}; files: first cell, or the new size in
   *     cells
   * @param other the new slot of a rename
   * @param directory the directory whose child is meant
   * @param subject the inode of link and getattr
   * @param stamp of the first cell written
   * @param cells how many cells to read or write
   */
  public record Arguments(
      int place,
      int other,
      @Nullable InodeId directory,
      @Nullable InodeId subject,
      long stamp,
      int cells) {

    static Arguments ofSlot(int place) {
      return new Arguments(place, 0, null, null, 0, 0);
    }

    static Arguments ofSlots(int place, int other) {
      return new Arguments(place, other, null, null, 0, 0);
    }

    static Arguments ofChild(InodeId directory) {
      return new Arguments(Universe.CHILD, 0, directory, null, 0, 0);
    }

    static Arguments ofSubject(InodeId subject, int place) {
      return new Arguments(place, 0, null, subject, 0, 0);
    }

    static Arguments ofRange(int place, int cells) {
      return new Arguments(place, 0, null, null, 0, cells);
    }

    static Arguments ofWrite(int place, long stamp, int cells) {
      return new Arguments(place, 0, null, null, stamp, cells);
    }
  }

  /**
   * What was answered.
   *
   * @param errno 0 for success, the error's number, or {@link #NO_ANSWER}
   * @param id identity that was found or made
   * @param type of that inode as {@code d_type}
   * @param links its link count, -1 when the operation does not tell
   * @param position size of the file, or where an append wrote, in bytes
   * @param count bytes read or written
   * @param stamps the cells that were read
   */
  public record Answer(
      int errno,
      @Nullable InodeId id,
      int type,
      long links,
      long position,
      int count,
      long[] stamps) {

    static final int NO_ANSWER = -1;
    private static final long[] NO_STAMPS = {};

    static final Answer NONE = failed(NO_ANSWER);
    static final Answer OK = failed(0);

    static Answer failed(int errno) {
      return new Answer(errno, null, 0, -1, 0, 0, NO_STAMPS);
    }

    static Answer failed(Errno errno) {
      return failed(errno.number());
    }

    static Answer found(InodeId id, int type, long links) {
      return new Answer(0, id, type, links, 0, 0, NO_STAMPS);
    }

    static Answer ofLinks(long links) {
      return new Answer(0, null, 0, links, 0, 0, NO_STAMPS);
    }

    static Answer read(int count, long[] stamps) {
      return new Answer(0, null, 0, -1, 0, count, stamps);
    }

    /** Of a write or a change of size. */
    static Answer at(long position, int count) {
      return new Answer(0, null, 0, -1, position, count, NO_STAMPS);
    }

    boolean succeeded() {
      return errno == 0;
    }
  }

  /** The call and its answer in one line, without who and when. */
  public String describe(Universe universe) {
    return call(universe) + " -> " + outcome();
  }

  private String call(Universe universe) {
    Arguments a = arguments;
    if (!kind.onNames()) {
      return kind
          + switch (kind) {
            case READ -> " cells %d..%d".formatted(a.place, a.place + a.cells - 1);
            case WRITE ->
                " cells %d..%d of %s"
                    .formatted(a.place, a.place + a.cells - 1, Stamp.describe(a.stamp));
            case APPEND, WRITE_APPEND ->
                " %d cells of %s".formatted(a.cells, Stamp.describe(a.stamp));
            case TRUNCATE -> " to %d cells".formatted(a.place);
            default -> "";
          };
    }
    String where =
        a.place == Universe.CHILD
            ? "{" + a.directory + "}/" + Universe.CHILD_NAME
            : universe.slotPath(object, a.place);
    return kind
        + switch (kind) {
          case GETATTR -> " {" + a.subject + "}";
          case LINK -> " {" + a.subject + "} as " + where;
          case RENAME, RENAME_NOREPLACE, RENAME_EXCHANGE ->
              " " + where + " to " + universe.slotPath(object, a.other);
          default -> " " + where;
        };
  }

  private String outcome() {
    if (answer.errno == Answer.NO_ANSWER) {
      return "no answer";
    }
    if (answer.errno != 0) {
      return Errno.of(answer.errno).name();
    }
    return switch (kind) {
      case LOOKUP, LIST, CREATE, CREATE_EXCL, MKNOD, MKDIR, SYMLINK ->
          "%s {%s}%s"
              .formatted(
                  typeText(answer.type),
                  answer.id,
                  answer.links < 0 ? "" : ", links " + answer.links);
      case GETATTR, LINK -> "links " + answer.links;
      case UNLINK, RMDIR, RENAME, RENAME_NOREPLACE, RENAME_EXCHANGE -> "done";
      case READ -> answer.count + " bytes " + describeStamps();
      case SIZE, OPEN, TRUNCATE, OPEN_TRUNC -> sizeText(answer.position);
      case WRITE, WRITE_APPEND -> answer.count + " bytes";
      case APPEND -> "%d bytes at %s".formatted(answer.count, sizeText(answer.position));
    };
  }

  static String typeText(int type) {
    return type == NamesHistory.REGULAR
        ? "file"
        : type == NamesHistory.DIRECTORY
            ? "directory"
            : type == NamesHistory.SYMLINK ? "symlink" : "type " + type;
  }

  private static String sizeText(long bytes) {
    return bytes % Stamp.CELL_BYTES == 0
        ? "%d cells".formatted(bytes / Stamp.CELL_BYTES)
        : "%d bytes".formatted(bytes);
  }

  private String describeStamps() {
    return Arrays.toString(Arrays.stream(answer.stamps).mapToObj(Stamp::describe).toArray());
  }

  /** Who: {@code P1/T03}, or {@code final} for the walk at the end. */
  public String who() {
    return process == FINAL_PROCESS
        ? "final "
        : String.format(Locale.ROOT, "P%d/T%02d", process, thread);
  }
}
