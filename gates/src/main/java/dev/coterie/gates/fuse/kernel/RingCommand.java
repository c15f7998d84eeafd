package dev.coterie.gates.fuse.kernel;

import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;

import dev.coterie.sys.SubmissionEntry;
import java.lang.foreign.MemorySegment;

/**
 * What the device is told by a submission, since 7.42.
 *
 * <pre>
 *   0        8           16    18            24
 *  +--------+-----------+-----+-------------+
 *  | flags  | commit_id | qid |             |
 *  +--------+-----------+-----+-------------+
 * </pre>
 */
final class RingCommand {
  private RingCommand() {}

  /** Here is room for a request of this queue; completes when there is one. */
  static final int REGISTER = 1;

  /** Here is the answer to a request, and its room is there for the next one; completes with it. */
  static final int COMMIT_AND_FETCH = 2;

  static void put(MemorySegment submission, long commitId, int queue) {
    submission.set(JAVA_LONG, SubmissionEntry.COMMAND_OFFSET + 8L, commitId);
    submission.set(JAVA_SHORT, SubmissionEntry.COMMAND_OFFSET + 16L, (short) queue);
  }
}
