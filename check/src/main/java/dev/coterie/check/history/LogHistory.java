package dev.coterie.check.history;

import dev.coterie.api.Errno;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;

/**
 * The history that the event logs of a directory hold. The logs stay mapped; in memory there is
 * only, for each object, where its events are.
 */
final class LogHistory implements History, AutoCloseable {
  static final String SUFFIX = ".events";

  /** A place is the number of the file above this many bits, and the position in it below. */
  private static final int POSITION_BITS = 44;

  private final Arena arena = Arena.ofShared();
  private final List<EventFile> files = new ArrayList<>();
  private final Universe universe;
  private final Census census;
  private final long[][] places;
  private final int[] counts;

  private LogHistory(List<Path> paths) throws IOException {
    if (paths.isEmpty()) {
      throw new IOException("no event logs");
    }
    for (Path path : paths) {
      if (EventFile.isBegun(path)) {
        files.add(EventFile.open(path, arena));
      }
    }
    if (files.isEmpty()) {
      throw new IOException("no event logs that were begun");
    }
    universe = files.getFirst().universe();
    census = new Census(universe);
    places = new long[universe.partitions()][64];
    counts = new int[universe.partitions()];
    for (int i = 0; i < files.size(); i++) {
      gather(i, files.get(i));
    }
  }

  /** Maps and indexes every log of a directory. */
  static LogHistory open(Path directory) throws IOException {
    try (Stream<Path> entries = Files.list(directory)) {
      return new LogHistory(
          entries.filter(path -> path.toString().endsWith(SUFFIX)).sorted().toList());
    }
  }

  private void gather(int number, EventFile file) throws IOException {
    if (!file.universe().equals(universe)) {
      throw new IOException(file.path() + ": of another run");
    }
    long last = Long.MIN_VALUE;
    for (long at = file.first(); at != 0; at = file.next(at)) {
      int partition = History.partition(universe, file.kind(at), file.object(at));
      Certainty certainty = certainty(file.errno(at));
      census.count(partition, certainty, file.id(at));
      if (file.invoked(at) < last || file.returned(at) < file.invoked(at)) {
        census.find(file.path().getFileName() + ": the clock went back at byte " + at);
      }
      last = file.returned(at) == Event.NEVER ? file.invoked(at) : file.returned(at);
      if (counts[partition] == places[partition].length) {
        places[partition] = Arrays.copyOf(places[partition], counts[partition] * 2);
      }
      places[partition][counts[partition]++] = (long) number << POSITION_BITS | at;
    }
  }

  private static Certainty certainty(int errno) {
    return errno == 0
        ? Certainty.ANSWERED
        : errno == Event.Answer.NO_ANSWER ? Certainty.OPEN : Certainty.of(Errno.of(errno));
  }

  @Override
  public Universe universe() {
    return universe;
  }

  @Override
  public List<Event> events(int partition) {
    List<Event> events = new ArrayList<>(counts[partition]);
    for (int i = 0; i < counts[partition]; i++) {
      long place = places[partition][i];
      EventFile file = files.get((int) (place >>> POSITION_BITS));
      events.add(file.event(place & (1L << POSITION_BITS) - 1));
    }
    return events;
  }

  @Override
  public Census census() {
    return census;
  }

  @Override
  public void close() {
    arena.close();
  }
}
