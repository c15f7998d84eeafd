package dev.coterie.check.history;

import static dev.coterie.check.history.Kind.*;
import static dev.coterie.check.history.Script.*;
import static org.assertj.core.api.Assertions.assertThat;

import dev.coterie.api.Errno;
import org.junit.jupiter.api.Test;

/** Histories of a file's content written by hand, each with the reason why it is legal or not. */
class FileHistoryTest {

  /** Cells 0 to 3 are those of write 1, from before time 10. */
  private static Script written() {
    return new Script().op(0, 5, WRITE, cells(0, 1, 4), wrote(4));
  }

  private static void legal(Script script) {
    assertThat(script.isLegal()).isTrue();
  }

  private static void illegal(Script script) {
    assertThat(script.isLegal()).isFalse();
  }

  @Test
  void read_ofOverwrittenCell_isStale() {
    illegal(
        written()
            .op(10, 20, WRITE, cells(0, 2, 1), wrote(1))
            .op(21, 30, READ, range(0, 1), saw(cell(1, 0))));
  }

  @Test
  void read_duringWrite_seesAllOrNothing() {
    legal(
        written()
            .op(10, 40, WRITE, cells(0, 2, 2), wrote(2))
            .op(11, 12, READ, range(0, 2), saw(cell(1, 0), cell(1, 1)))
            .op(13, 14, READ, range(0, 2), saw(cell(2, 0), cell(2, 1))));
    illegal(
        written()
            .op(10, 40, WRITE, cells(0, 2, 2), wrote(2))
            .op(11, 12, READ, range(0, 2), saw(cell(2, 0), cell(1, 1))));
  }

  /** Two readers of different cells: the first sees the new content, the later one the old. */
  @Test
  void write_inTwoSteps_isIllegal() {
    illegal(
        written()
            .op(10, 40, WRITE, cells(0, 2, 2), wrote(2))
            .op(11, 12, READ, range(0, 1), saw(cell(2, 0)))
            .op(13, 14, READ, range(1, 1), saw(cell(1, 1))));
    legal(
        written()
            .op(10, 40, WRITE, cells(0, 2, 2), wrote(2))
            .op(11, 12, READ, range(1, 1), saw(cell(1, 1)))
            .op(13, 14, READ, range(0, 1), saw(cell(2, 0))));
  }

  /** Cells of both of two overlapping writes can stay only where one does not cover the other. */
  @Test
  void write_overlapping_mixesOnlyAtTheEdges() {
    legal(
        written()
            .op(10, 20, WRITE, cells(0, 2, 2), wrote(2))
            .op(10, 20, WRITE, cells(1, 3, 2), wrote(2))
            .op(21, 30, READ, range(0, 3), saw(cell(2, 0), cell(3, 0), cell(3, 1))));
    illegal(
        written()
            .op(10, 20, WRITE, cells(0, 2, 2), wrote(2))
            .op(10, 20, WRITE, cells(0, 3, 2), wrote(2))
            .op(21, 30, READ, range(0, 2), saw(cell(2, 0), cell(3, 1))));
  }

  @Test
  void append_twoAtOnePlace_isIllegal() {
    illegal(
        new Script()
            .op(10, 20, APPEND, cells(0, 1, 1), appended(0, 1))
            .op(10, 20, APPEND, cells(0, 2, 1), appended(0, 1)));
    legal(
        new Script()
            .op(10, 20, APPEND, cells(0, 1, 1), appended(1, 1))
            .op(10, 20, APPEND, cells(0, 2, 1), appended(0, 1)));
    // Fine as well if the file is emptied in between.
    legal(
        new Script()
            .op(10, 20, APPEND, cells(0, 1, 1), appended(0, 1))
            .op(10, 20, APPEND, cells(0, 2, 1), appended(0, 1))
            .op(10, 20, TRUNCATE, range(0, 0), size(0)));
  }

  @Test
  void append_orderAgainstTime_isIllegal() {
    illegal(
        new Script()
            .op(10, 20, APPEND, cells(0, 1, 1), appended(1, 1))
            .op(21, 30, APPEND, cells(0, 2, 1), appended(0, 1)));
  }

  @Test
  void append_lostByTruncate_isIllegal() {
    // A truncate to a larger size may not take away what was appended before it.
    illegal(
        written()
            .op(10, 20, APPEND, cells(0, 2, 1), appended(4, 1))
            .op(10, 20, TRUNCATE, range(6, 0), size(6))
            .op(21, 30, READ, range(4, 1), saw(Stamp.HOLE)));
    legal(
        written()
            .op(10, 20, APPEND, cells(0, 2, 1), appended(4, 1))
            .op(10, 20, TRUNCATE, range(2, 0), size(2))
            .op(21, 30, SIZE, range(0, 0), size(2)));
  }

  /** Where an O_APPEND write went is known from the reads only. */
  @Test
  void writeAppend_placeFollowsFromReads() {
    legal(
        new Script()
            .op(10, 20, WRITE_APPEND, cells(0, 1, 1), wrote(1))
            .op(10, 20, WRITE_APPEND, cells(0, 2, 2), wrote(2))
            .op(10, 20, WRITE_APPEND, cells(0, 3, 1), wrote(1))
            .op(21, 30, READ, range(0, 8), saw(cell(3, 0), cell(2, 0), cell(2, 1), cell(1, 0))));
    illegal(
        new Script()
            .op(10, 20, WRITE_APPEND, cells(0, 1, 1), wrote(1))
            .op(10, 20, WRITE_APPEND, cells(0, 2, 2), wrote(2))
            .op(21, 30, READ, range(0, 8), saw(cell(2, 0), cell(1, 0), cell(2, 1))));
  }

  @Test
  void size_beforeAndAfter() {
    illegal(written().op(10, 20, SIZE, range(0, 0), size(3)));
    legal(
        written()
            .op(10, 20, TRUNCATE, range(2, 0), size(2))
            .op(11, 12, SIZE, range(0, 0), size(4))
            .op(13, 14, OPEN, range(0, 0), size(2)));
    illegal(
        written()
            .op(10, 20, TRUNCATE, range(2, 0), size(2))
            .op(11, 12, SIZE, range(0, 0), size(2))
            .op(13, 14, SIZE, range(0, 0), size(4)));
  }

  @Test
  void truncate_grown_readsAsZeros() {
    legal(
        written()
            .op(6, 7, TRUNCATE, range(3, 0), size(3))
            .op(8, 9, TRUNCATE, range(5, 0), size(5))
            .op(10, 20, READ, range(2, 8), saw(cell(1, 2), Stamp.HOLE, Stamp.HOLE)));
    // What was cut off does not come back.
    illegal(
        written()
            .op(6, 7, TRUNCATE, range(3, 0), size(3))
            .op(8, 9, TRUNCATE, range(5, 0), size(5))
            .op(10, 20, READ, range(2, 8), saw(cell(1, 2), cell(1, 3), Stamp.HOLE)));
  }

  @Test
  void write_behindTheEnd_leavesAHole() {
    legal(
        written()
            .op(6, 7, WRITE, cells(5, 2, 1), wrote(1))
            .op(10, 20, READ, range(3, 8), saw(cell(1, 3), Stamp.HOLE, cell(2, 0))));
  }

  @Test
  void read_behindTheEnd_isEmpty() {
    legal(written().op(10, 20, READ, range(4, 2), saw()));
    illegal(written().op(10, 20, READ, range(3, 2), saw()));
  }

  @Test
  void openTrunc_empties() {
    illegal(
        written()
            .op(10, 20, OPEN_TRUNC, range(0, 0), size(0))
            .op(21, 30, READ, range(0, 1), saw(cell(1, 0))));
  }

  @Test
  void read_ofWhatNobodyWrote_isIllegal() {
    illegal(written().op(10, 20, READ, range(0, 1), saw(cell(9, 0))));
    illegal(written().op(10, 20, READ, range(0, 1), saw(Stamp.TORN)));
    // Nor of what is written later only.
    illegal(
        written()
            .op(10, 20, READ, range(0, 1), saw(cell(2, 0)))
            .op(21, 30, WRITE, cells(0, 2, 1), wrote(1)));
  }

  @Test
  void answers_inBrokenCells_areIllegal() {
    illegal(written().op(10, 20, READ, range(0, 4), Event.Answer.read(63, new long[3])));
    illegal(written().op(10, 20, SIZE, range(0, 0), Event.Answer.at(63, 0)));
    illegal(written().op(10, 20, APPEND, cells(0, 2, 1), Event.Answer.at(63, 16)));
    illegal(written().op(10, 20, WRITE, cells(0, 2, 1), Event.Answer.at(0, 8)));
    illegal(written().op(10, 20, TRUNCATE, range(2, 0), size(3)));
    illegal(written().op(10, 20, READ, range(0, 1), error(Errno.EBADF)));
  }

  @Test
  void write_withoutAnswer_showsOnceAndStays() {
    legal(
        written()
            .lost(10, WRITE, cells(0, 2, 1))
            .op(20, 25, READ, range(0, 1), saw(cell(1, 0)))
            .op(30, 35, READ, range(0, 1), saw(cell(2, 0))));
    illegal(
        written()
            .lost(10, WRITE, cells(0, 2, 1))
            .op(20, 25, READ, range(0, 1), saw(cell(2, 0)))
            .op(30, 35, READ, range(0, 1), saw(cell(1, 0))));
  }

  /**
   * Two equal appends nobody reads: the one that ended with ENOSPC may have written or not, the
   * other one has.
   */
  @Test
  void append_outOfSpace_isNoStandInForItsTwin() {
    legal(
        new Script()
            .op(10, 20, WRITE_APPEND, cells(0, 1, 2), error(Errno.ENOSPC))
            .op(10, 40, WRITE_APPEND, cells(0, 2, 2), wrote(2))
            .op(12, 15, SIZE, range(0, 0), size(2))
            .op(41, 50, SIZE, range(0, 0), size(2)));
    legal(
        new Script()
            .op(10, 20, WRITE_APPEND, cells(0, 1, 2), error(Errno.ENOSPC))
            .op(10, 40, WRITE_APPEND, cells(0, 2, 2), wrote(2))
            .op(12, 15, SIZE, range(0, 0), size(2))
            .op(41, 50, SIZE, range(0, 0), size(4)));
    illegal(
        new Script()
            .op(10, 20, WRITE_APPEND, cells(0, 1, 2), error(Errno.ENOSPC))
            .op(21, 40, WRITE_APPEND, cells(0, 2, 2), wrote(2))
            .op(22, 25, SIZE, range(0, 0), size(0))
            .op(41, 50, SIZE, range(0, 0), size(4)));
    // One without effect after its return cannot take the place of one that is still under way.
    legal(
        new Script()
            .op(10, 20, WRITE_APPEND, cells(0, 1, 2), wrote(2))
            .op(10, 40, WRITE_APPEND, cells(0, 2, 2), error(Errno.ENOSPC))
            .op(12, 15, SIZE, range(0, 0), size(2))
            .op(22, 25, SIZE, range(0, 0), size(2))
            .op(30, 35, SIZE, range(0, 0), size(4)));
  }

  @Test
  void write_interrupted_hasNoEffect() {
    illegal(
        written()
            .op(10, 20, WRITE, cells(0, 2, 1), error(Errno.EINTR))
            .op(21, 30, READ, range(0, 1), saw(cell(2, 0))));
  }
}
