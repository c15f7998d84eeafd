package dev.coterie.check.history;

import dev.coterie.check.history.Event.Answer;
import dev.coterie.check.history.Event.Arguments;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * The content of a file as a list of stamps, in the plainest way: the second opinion on {@link
 * FileModel}.
 */
record FileReference(List<Long> cells) implements BruteForce.Reference {
  FileReference() {
    this(List.of());
  }

  @Override
  public List<FileReference> take(Event event, boolean open) {
    List<Long> after = new ArrayList<>(cells);
    Answer right = perform(event.kind(), event.arguments(), after);
    Answer given = event.answer();
    boolean agrees =
        open
            || (given.errno() == 0
                && given.count() == right.count()
                && Arrays.equals(given.stamps(), right.stamps())
                && (event.kind() == Kind.WRITE_APPEND || given.position() == right.position()));
    return agrees ? List.of(new FileReference(List.copyOf(after))) : List.of();
  }

  static Answer perform(Kind kind, Arguments asked, List<Long> cells) {
    int size = cells.size();
    return switch (kind) {
      case READ -> {
        int from = Math.min(asked.place(), size);
        int to = Math.min(asked.place() + asked.cells(), size);
        long[] read = cells.subList(from, to).stream().mapToLong(Long::longValue).toArray();
        yield Answer.read(read.length * Stamp.CELL_BYTES, read);
      }
      case SIZE, OPEN -> Answer.at((long) size * Stamp.CELL_BYTES, 0);
      case WRITE -> {
        write(cells, asked.place(), asked);
        yield Answer.at(0, asked.cells() * Stamp.CELL_BYTES);
      }
      case APPEND -> {
        write(cells, size, asked);
        yield Answer.at((long) size * Stamp.CELL_BYTES, asked.cells() * Stamp.CELL_BYTES);
      }
      case WRITE_APPEND -> {
        write(cells, size, asked);
        yield Answer.at(0, asked.cells() * Stamp.CELL_BYTES);
      }
      case TRUNCATE, OPEN_TRUNC -> {
        int newSize = kind == Kind.TRUNCATE ? asked.place() : 0;
        while (cells.size() > newSize) {
          cells.removeLast();
        }
        while (cells.size() < newSize) {
          cells.add(Stamp.HOLE);
        }
        yield Answer.at((long) newSize * Stamp.CELL_BYTES, 0);
      }
      default -> throw new IllegalArgumentException(kind.toString());
    };
  }

  private static void write(List<Long> cells, int place, Arguments asked) {
    while (cells.size() < place + asked.cells()) {
      cells.add(Stamp.HOLE);
    }
    for (int i = 0; i < asked.cells(); i++) {
      cells.set(place + i, asked.stamp() + i);
    }
  }
}
