package dev.coterie.check.history;

import java.util.Arrays;
import java.util.StringJoiner;
import org.jspecify.annotations.Nullable;

/**
 * How the content of a file behaves. The state holds the value of each cell; its length is the size
 * of the file. Sources: pread(2), pwrite(2), truncate(2), open(2) for O_APPEND and O_TRUNC.
 */
final class FileModel implements Model<FileAction> {
  /**
   * No history of ours goes beyond; a larger answer of a broken file system must not cost us
   * memory.
   */
  private static final int SIZE_MAX = 1 << 20;

  private final FileHistory history;
  private final boolean foresight;

  /**
   * By value: where among its readers the first was that had not returned, when that was last
   * looked for.
   */
  private final int[] firstReaders;

  FileModel(FileHistory history) {
    this(history, true);
  }

  private FileModel(FileHistory history, boolean foresight) {
    this.history = history;
    this.foresight = foresight;
    this.firstReaders = new int[history.values()];
    for (int value = 0; value < firstReaders.length; value++) {
      firstReaders[value] = history.readersFrom(value);
    }
  }

  @Override
  public int[] initial() {
    return new int[0];
  }

  @Override
  public int @Nullable [] apply(Configuration before, Step<FileAction> step) {
    FileAction action = step.action;
    int[] state = before.state;
    if (action.flaw() != null) {
      return null;
    }
    return switch (action.kind()) {
      case READ -> reads(state, action) ? state : null;
      case SIZE, OPEN -> action.size() == state.length ? state : null;
      case WRITE -> write(before, action.place(), action.values());
      case APPEND, WRITE_APPEND -> {
        boolean there = action.place() < 0 || action.place() == state.length;
        yield there ? write(before, state.length, action.values()) : null;
      }
      case TRUNCATE, OPEN_TRUNC -> {
        boolean told = action.size() < 0 || action.size() == action.place();
        yield told ? resize(before, action.place()) : null;
      }
      default -> throw new IllegalStateException(action.kind() + " on a file");
    };
  }

  /** Values that no read is still to see become one. */
  @Override
  @SuppressWarnings("ReferenceEquality") // whether it has been copied yet
  public int[] reduce(Configuration configuration) {
    int[] state = configuration.state;
    int[] reduced = state;
    boolean copied = false;
    for (int i = 0; foresight && i < state.length; i++) {
      if (state[i] > FileHistory.HOLE && !isNeeded(configuration, state[i])) {
        reduced = copied ? reduced : state.clone();
        copied = true;
        reduced[i] = FileHistory.DEAD;
      }
    }
    return reduced;
  }

  private static boolean reads(int[] state, FileAction action) {
    int from = Math.min(action.place(), state.length);
    int to = Math.min(action.place() + action.asked(), state.length);
    return Arrays.equals(state, from, to, action.values(), 0, action.values().length);
  }

  private int @Nullable [] write(Configuration before, int place, int[] values) {
    int[] state = before.state;
    int end = place + values.length;
    if (end > SIZE_MAX || isNeeded(before, place, end)) {
      return null;
    }
    int[] after = Arrays.copyOf(state, Math.max(state.length, end));
    System.arraycopy(values, 0, after, place, values.length);
    return after;
  }

  private int @Nullable [] resize(Configuration before, int size) {
    if (size > SIZE_MAX || isNeeded(before, size, Integer.MAX_VALUE)) {
      return null;
    }
    return Arrays.copyOf(before.state, size);
  }

  /**
   * Whether a read still to come saw a cell of this range: once overwritten, a value does not come
   * back.
   */
  private boolean isNeeded(Configuration configuration, int from, int to) {
    int[] state = configuration.state;
    for (int i = from; foresight && i < Math.min(to, state.length); i++) {
      if (state[i] > FileHistory.HOLE && isNeeded(configuration, state[i])) {
        return true;
      }
    }
    return false;
  }

  private boolean isNeeded(Configuration configuration, int value) {
    int end = history.readersFrom(value + 1);
    for (int at = firstReader(configuration.moment(), value, end); at < end; at++) {
      if (!configuration.took(history.reader(at))) {
        return true;
      }
    }
    return false;
  }

  /**
   * Finds where all readers before have returned by this moment; usually where it was last time.
   */
  private int firstReader(int moment, int value, int end) {
    int at = firstReaders[value];
    while (at > history.readersFrom(value) && history.lastReturn(at - 1) >= moment) {
      at--;
    }
    while (at < end && history.lastReturn(at) < moment) {
      at++;
    }
    firstReaders[value] = at;
    return at;
  }

  @Override
  public FileModel withoutForesight() {
    return new FileModel(history, false);
  }

  @Override
  public String describe(int[] state) {
    StringJoiner text = new StringJoiner(" ", state.length + " cells [", "]");
    for (int value : state) {
      text.add(history.describe(value));
    }
    return text.toString();
  }

  @Override
  public String objection(int[] state, Step<FileAction> step) {
    FileAction action = step.action;
    if (action.flaw() != null) {
      return action.flaw();
    }
    return switch (action.kind()) {
      case READ -> objectionToRead(state, action);
      case SIZE, OPEN -> "the size would be %d cells".formatted(state.length);
      case APPEND, WRITE_APPEND ->
          action.place() < 0 || action.place() == state.length
              ? "it would overwrite what a later read sees"
              : "it would write at cell %d, not %d".formatted(state.length, action.place());
      case TRUNCATE, OPEN_TRUNC ->
          action.size() >= 0 && action.size() != action.place()
              ? "it answered another size than it set"
              : "it would cut off what a later read sees";
      default -> "it would overwrite what a later read sees";
    };
  }

  private String objectionToRead(int[] state, FileAction action) {
    int from = Math.min(action.place(), state.length);
    int to = Math.min(action.place() + action.asked(), state.length);
    if (action.values().length != to - from) {
      return "it would read %d cells".formatted(to - from);
    }
    for (int i = from; i < to; i++) {
      if (state[i] != action.values()[i - from]) {
        return "cell %d would be %s".formatted(i, history.describe(state[i]));
      }
    }
    return "no objection";
  }
}
