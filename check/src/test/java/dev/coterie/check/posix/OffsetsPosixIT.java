package dev.coterie.check.posix;

import dev.coterie.check.posix.ClientProcess.Copies;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;

/**
 * Open files that two processes share now and then are like the kernel's: their offsets are where
 * read, write, lseek, O_APPEND and the other process have left them. The clients keep copies, and
 * so the offsets of what is not shared yet.
 */
class OffsetsPosixIT extends DifferentialSuite {
  private static final long BYTES = 512L << 20;

  @Override
  World open(Layout layout, Path scratch) throws IOException {
    return open(layout, scratch, Copies.READ);
  }

  static World open(Layout layout, Path scratch, Copies copies) throws IOException {
    Path socket = Files.createDirectory(scratch).resolve("socket");
    return new ClientWorld(layout.toCoterie(), Pace.Kind.OURS, socket, copies);
  }

  @Override
  List<Step> generate(long seed, int count) {
    return StepGenerator.stepsOnOpenFiles(seed, count);
  }

  @Override
  int steps() {
    return 3_000;
  }

  @Override
  int seedCount() {
    return 2;
  }

  /** A copy's may lag behind. */
  @Override
  Leeway leeway() {
    return Leeway.ATIME;
  }

  /** What is unlinked is in use as long as a copy of it is, which usage shows. */
  @Override
  boolean isAsked(Step step) {
    return !step.op().equals("usage");
  }

  /** Room enough: what is unlinked takes some for as long as a copy of it is there. */
  @Override
  long scarceBytes() {
    return BYTES;
  }

  /** Of paths, and of room; and a few thousand steps of a fresh seed may find no file to fill. */
  @Override
  List<String> unmet() {
    return FULL
        ? List.of(
            "open CREAT ELOOP",
            "open CREAT ENXIO",
            "open CREAT EXCL EACCES",
            "open DIRECTORY EACCES",
            "open ELOOP",
            "open ENXIO",
            "open TMPFILE EACCES",
            "open TMPFILE EXCL EACCES",
            "pwrite ENOSPC",
            "unlink EACCES",
            "unlink EPERM",
            "write ENOSPC")
        : List.of("fallocate", "fallocate KEEP_SIZE");
  }

  @Override
  void randomNames_withFewInodes_giveTheSameAnswers(long seed) {
    // Of what has no offset.
  }

  @Override
  void randomSteps_withRelatime_giveTheSameAnswers() {
    // Of access times.
  }

  @Override
  Set<String> unasked() {
    return StepGenerator.notOfOpenFiles(Expected.outcomes().keySet());
  }
}
