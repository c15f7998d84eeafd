package dev.coterie.check.history;

import dev.coterie.api.Errno;
import dev.coterie.api.InodeId;
import dev.coterie.check.history.Event.Answer;
import dev.coterie.check.history.Event.Arguments;
import java.util.ArrayList;
import java.util.List;

/**
 * A history written by hand: each line is a thread, its call and return, the operation and its
 * answer.
 */
final class Script {
  static final Universe UNIVERSE = new Universe(4, 1, 4, 1, 8);
  static final int FILE = NamesHistory.REGULAR;
  static final int DIRECTORY = NamesHistory.DIRECTORY;

  private final List<Event> events = new ArrayList<>();

  /** An operation that ran from one time to another. */
  Script op(int from, int to, Kind kind, Arguments arguments, Answer answer) {
    events.add(new Event(0, events.size(), kind, 0, from, to, arguments, answer));
    return this;
  }

  /** An operation that was never answered. */
  Script lost(int from, Kind kind, Arguments arguments) {
    events.add(new Event(0, events.size(), kind, 0, from, Event.NEVER, arguments, Answer.NONE));
    return this;
  }

  List<Event> events() {
    return events;
  }

  boolean isLegal() {
    boolean names = events.getFirst().kind().onNames();
    Verdict wide = AgreementTest.search(events, names, UNIVERSE, Checker.BREADTH_MAX);
    Verdict deep = AgreementTest.search(events, names, UNIVERSE, 0);
    if (!wide.getClass().equals(deep.getClass())) {
      throw new AssertionError(wide + " but depth first " + deep);
    }
    return wide instanceof Verdict.Linearizable;
  }

  static InodeId id(int number) {
    return new InodeId(number, 1);
  }

  static Arguments slot(int slot) {
    return Arguments.ofSlot(slot);
  }

  static Arguments move(int from, int to) {
    return Arguments.ofSlots(from, to);
  }

  /** The one name in a directory. */
  static Arguments in(int directory) {
    return Arguments.ofChild(id(directory));
  }

  static Arguments link(int file, int slot) {
    return Arguments.ofSubject(id(file), slot);
  }

  static Answer file(int number, int links) {
    return Answer.found(id(number), FILE, links);
  }

  static Answer directory(int number) {
    return Answer.found(id(number), DIRECTORY, -1);
  }

  static Answer done() {
    return Answer.OK;
  }

  static Answer error(Errno errno) {
    return Answer.failed(errno);
  }

  /** Cells to read; of a truncate the size. */
  static Arguments range(int place, int cells) {
    return Arguments.ofRange(place, cells);
  }

  /** The cells of write number {@code write}. */
  static Arguments cells(int place, int write, int count) {
    return Arguments.ofWrite(place, Stamp.of(0, 0, write), count);
  }

  static long cell(int write, int cell) {
    return Stamp.of(0, 0, write) + cell;
  }

  static Answer saw(long... stamps) {
    return Answer.read(stamps.length * Stamp.CELL_BYTES, stamps);
  }

  static Answer wrote(int cells) {
    return Answer.at(0, cells * Stamp.CELL_BYTES);
  }

  static Answer appended(int place, int cells) {
    return Answer.at((long) place * Stamp.CELL_BYTES, cells * Stamp.CELL_BYTES);
  }

  static Answer size(int cells) {
    return Answer.at((long) cells * Stamp.CELL_BYTES, 0);
  }
}
