package dev.coterie.console.demo;

import java.util.LinkedHashMap;
import java.util.Map;

/**
 * What one demo came to. Of events, a record is an edge, a unit of a counter, a record through a
 * FIFO or a change; one that is counted by an event which says that some were not kept has arrived.
 *
 * @param expected records that were to be written; in the first demo answers that were to be given
 * @param arrived of them, how many did
 * @param lost the others
 * @param torn lines that are no record, changes that nobody made
 * @param doubled records found once more
 * @param misordered records that stand behind a later one of the same writer
 * @param stale answers that were not the present state, wake-ups that went to a dead process
 * @param perSecond records or changes per second, from the moment all were told to begin
 * @param failure why it ended early, in one line; empty when it did not
 */
public record Tally(
    long expected,
    long arrived,
    long lost,
    long torn,
    long doubled,
    long misordered,
    long stale,
    long perSecond,
    String failure) {

  static Tally failed(String failure) {
    return new Tally(0, 0, 0, 0, 0, 0, 0, 0, failure);
  }

  Tally because(String reason) {
    return new Tally(expected, arrived, lost, torn, doubled, misordered, stale, perSecond, reason);
  }

  /** Whether all that must be zero is. */
  public boolean isGood() {
    return failure.isEmpty()
        && arrived == expected
        && lost + torn + doubled + misordered + stale == 0;
  }

  /** The columns by name, in order. */
  public Map<String, Long> columns() {
    Map<String, Long> columns = new LinkedHashMap<>();
    columns.put("expected", expected);
    columns.put("arrived", arrived);
    columns.put("lost", lost);
    columns.put("torn", torn);
    columns.put("doubled", doubled);
    columns.put("misordered", misordered);
    columns.put("stale", stale);
    columns.put("perSecond", perSecond);
    return columns;
  }
}
