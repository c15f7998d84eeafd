package dev.coterie.check.history;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The history of one file's content, made ready for {@link FileModel}.
 *
 * <p>Each cell that a write put anywhere becomes a <b>value</b>, a number from 1. A value is
 * written once and stays where it was written until something is written over it, so which reads
 * saw it tells a lot: where an append wrote that did not say so, and how long the value is still
 * needed.
 */
final class FileHistory {
  /** The value of a cell of zeros. */
  static final int HOLE = 0;

  /**
   * Stands for every value that no read is still to see: which one it is makes no difference any
   * more.
   */
  static final int DEAD = -1;

  /** The value of a cell that no write of this history can have made. */
  static final int FOREIGN = -2;

  private static final int UNKNOWN = -1;
  private static final int[] NO_VALUES = {};
  private static final long BYTES_MAX = (long) Integer.MAX_VALUE * Stamp.CELL_BYTES;

  private final List<Step<FileAction>> steps = new ArrayList<>();
  private final Map<Long, Integer> firstValues = new HashMap<>(); // by stamp of the first cell
  private final List<Event> writes = new ArrayList<>();
  private final Timeline<FileAction> time;
  private int[] firsts = {}; // by number of the write: its first value
  private int values = 1;

  /**
   * By value: where its first reader stands in {@link #readers}; they are there in the order of
   * invocation.
   */
  private int[] readersFrom = {};

  private List<Step<FileAction>> readers = List.of();

  /** By place in {@link #readers}: when the last of the value's readers up to this one returns. */
  private int[] lastReturns = {};

  FileHistory(List<Event> events) {
    List<Event> inOrder = new ArrayList<>(events);
    inOrder.sort(Comparator.comparingLong(Event::invoked));
    numberValues(inOrder);
    int[] places = placesSeen(inOrder);
    for (Event event : inOrder) {
      add(event, places);
    }
    gatherReaders();
    markTwins();
    time = new Timeline<>(steps);
    noteReturns();
  }

  Timeline<FileAction> time() {
    return time;
  }

  /** One more than the largest value. */
  int values() {
    return values;
  }

  /** Where the readers of a value begin; they end where those of the next begin. */
  int readersFrom(int value) {
    return readersFrom[value];
  }

  Step<FileAction> reader(int index) {
    return readers.get(index);
  }

  /** The moment at which the last of the value's readers up to this one returns. */
  int lastReturn(int index) {
    return lastReturns[index];
  }

  private void noteReturns() {
    lastReturns = new int[readers.size()];
    for (int value = 0; value < values; value++) {
      int last = -1;
      for (int at = readersFrom[value]; at < readersFrom[value + 1]; at++) {
        last = Math.max(last, readers.get(at).lastMoment);
        lastReturns[at] = last;
      }
    }
  }

  String describe(int value) {
    if (value <= HOLE) {
      return value == HOLE ? "0" : value == DEAD ? "unread" : "?";
    }
    int found = Arrays.binarySearch(firsts, value);
    int write = found >= 0 ? found : -found - 2;
    return Stamp.describe(writes.get(write).arguments().stamp() + value - firsts[write]);
  }

  private void numberValues(List<Event> events) {
    for (Event event : events) {
      if (event.arguments().cells() > 0 && event.kind() != Kind.READ) {
        firstValues.put(event.arguments().stamp(), values);
        writes.add(event);
        values += event.arguments().cells();
      }
    }
    firsts = new int[writes.size()];
    for (int i = 0; i < firsts.length; i++) {
      firsts[i] = firstValue(writes.get(i));
    }
  }

  private int firstValue(Event write) {
    return firstValues.getOrDefault(write.arguments().stamp(), FOREIGN);
  }

  /** By first value of a write: where reads saw it, in cells from the start of the file. */
  private int[] placesSeen(List<Event> events) {
    int[] places = new int[values];
    Arrays.fill(places, UNKNOWN);
    for (Event event : events) {
      long[] stamps = event.answer().stamps();
      for (int i = 0; i < stamps.length; i++) {
        Integer first = firstValues.get(Stamp.write(stamps[i]));
        if (first != null) {
          places[first] = event.arguments().place() + i - Stamp.cell(stamps[i]);
        }
      }
    }
    return places;
  }

  private void add(Event event, int[] places) {
    Certainty certainty = Certainty.of(event);
    Kind kind = event.kind();
    boolean answered = certainty == Certainty.ANSWERED;
    if (certainty == Certainty.REFUSED || (!answered && kind.onlyLooks())) {
      return;
    }
    boolean failed = answered && !event.answer().succeeded();
    FileAction action = failed ? refused(event) : action(event, answered, places);
    Step.Effect effect = kind.onlyLooks() || failed ? Step.Effect.LOOKS : Step.Effect.CHANGES;
    steps.add(new Step<>(event, action, effect));
  }

  /** No operation on content has an error that is right in some state and wrong in another. */
  private static FileAction refused(Event event) {
    return new FileAction(event.kind(), 0, 0, NO_VALUES, UNKNOWN, "this error is never right here");
  }

  private FileAction action(Event event, boolean answered, int[] places) {
    Event.Arguments asked = event.arguments();
    Event.Answer answer = event.answer();
    return switch (event.kind()) {
      case READ ->
          new FileAction(
              Kind.READ,
              asked.place(),
              asked.cells(),
              valuesRead(answer),
              UNKNOWN,
              flawOfRead(answer));
      case SIZE, OPEN -> ofSize(event, 0, answer.position());
      case TRUNCATE -> ofSize(event, asked.place(), answered ? answer.position() : UNKNOWN);
      case OPEN_TRUNC -> ofSize(event, 0, answered ? answer.position() : UNKNOWN);
      case APPEND ->
          answered
              ? ofWrite(event, cells(answer.position()), true)
              : ofWrite(event, placeSeen(event, places), false);
      case WRITE_APPEND -> ofWrite(event, placeSeen(event, places), answered);
      default -> ofWrite(event, asked.place(), answered);
    };
  }

  private int placeSeen(Event write, int[] places) {
    int first = firstValue(write);
    return first == FOREIGN ? UNKNOWN : places[first];
  }

  private static FileAction ofSize(Event event, int place, long bytes) {
    boolean odd = bytes != UNKNOWN && bytes % Stamp.CELL_BYTES != 0;
    return new FileAction(
        event.kind(),
        place,
        0,
        NO_VALUES,
        bytes == UNKNOWN ? UNKNOWN : cells(bytes),
        odd ? "a size that no operation can have made" : null);
  }

  private FileAction ofWrite(Event event, int place, boolean answered) {
    Event.Arguments asked = event.arguments();
    Event.Answer answer = event.answer();
    String flaw = null;
    if (answered && answer.position() % Stamp.CELL_BYTES != 0) {
      flaw = "an offset that no operation can have led to";
    } else if (answered && answer.count() != asked.cells() * Stamp.CELL_BYTES) {
      flaw = "a short write to a file with room";
    }
    int first = firstValue(event);
    int[] written = new int[asked.cells()];
    for (int i = 0; i < written.length; i++) {
      written[i] = first + i;
    }
    return new FileAction(event.kind(), place, 0, written, UNKNOWN, flaw);
  }

  private static int cells(long bytes) {
    return bytes > BYTES_MAX ? Integer.MAX_VALUE : (int) (bytes / Stamp.CELL_BYTES);
  }

  private int[] valuesRead(Event.Answer answer) {
    int[] read = new int[answer.stamps().length];
    for (int i = 0; i < read.length; i++) {
      read[i] = value(answer.stamps()[i]);
    }
    return read;
  }

  private int value(long stamp) {
    if (stamp == Stamp.HOLE) {
      return HOLE;
    }
    Integer first = stamp == Stamp.TORN ? null : firstValues.get(Stamp.write(stamp));
    return first == null ? FOREIGN : first + Stamp.cell(stamp);
  }

  private @Nullable String flawOfRead(Event.Answer answer) {
    if (answer.count() % Stamp.CELL_BYTES != 0) {
      return "it ends inside a cell, and no operation leaves such a size";
    }
    for (long stamp : answer.stamps()) {
      if (stamp == Stamp.TORN) {
        return "a cell is made of parts of several writes";
      }
      if (value(stamp) == FOREIGN) {
        return "a cell holds what nobody wrote to this file: " + Stamp.describe(stamp);
      }
    }
    return null;
  }

  private void gatherReaders() {
    List<List<Step<FileAction>>> byValue = new ArrayList<>();
    for (int i = 0; i <= values; i++) {
      byValue.add(List.of());
    }
    for (Step<FileAction> step : steps) {
      if (step.action.kind() == Kind.READ && step.action.flaw() == null) {
        for (int value : step.action.values()) {
          if (value != HOLE) {
            if (byValue.get(value).isEmpty()) {
              byValue.set(value, new ArrayList<>(4));
            }
            byValue.get(value).add(step);
          }
        }
      }
    }
    readers = new ArrayList<>();
    readersFrom = new int[values + 1];
    for (int value = 0; value <= values; value++) {
      readersFrom[value] = readers.size();
      readers.addAll(byValue.get(value));
    }
  }

  /** Steps that do the same and leave nothing that tells one from the other. */
  private void markTwins() {
    Map<List<Integer>, Integer> classes = new HashMap<>();
    for (Step<FileAction> step : steps) {
      FileAction action = step.action;
      if (!step.mayChange() || action.flaw() != null || isRead(action)) {
        continue;
      }
      int sort =
          switch (action.kind()) {
            case WRITE -> 0;
            case APPEND, WRITE_APPEND -> 1;
            default -> 2;
          };
      List<Integer> key =
          List.of(sort, action.place(), action.values().length, action.size() - action.place());
      step.setTwins(classes.computeIfAbsent(key, any -> classes.size() + 1));
    }
  }

  private boolean isRead(FileAction write) {
    for (int value : write.values()) {
      if (value < 0 || readersFrom[value] != readersFrom[value + 1]) {
        return true;
      }
    }
    return false;
  }
}
