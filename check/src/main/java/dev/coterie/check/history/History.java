package dev.coterie.check.history;

import java.util.ArrayList;
import java.util.List;

/** All events of a run, by object. */
public interface History {

  Universe universe();

  /** The events of one object, in any order. Objects are the groups, then the files. */
  List<Event> events(int partition);

  /** What was found while the events were gathered. */
  Census census();

  /** A history that is in memory already. */
  static History of(Universe universe, List<Event> events) {
    Census census = new Census(universe);
    List<List<Event>> partitions = new ArrayList<>();
    for (int i = 0; i < universe.partitions(); i++) {
      partitions.add(new ArrayList<>());
    }
    for (Event event : events) {
      int partition = partition(universe, event.kind(), event.object());
      census.count(partition, event);
      partitions.get(partition).add(event);
    }
    return new History() {
      @Override
      public Universe universe() {
        return universe;
      }

      @Override
      public List<Event> events(int partition) {
        return partitions.get(partition);
      }

      @Override
      public Census census() {
        return census;
      }
    };
  }

  /** Which object an event belongs to. */
  static int partition(Universe universe, Kind kind, int object) {
    int objects = kind.onNames() ? universe.groups() : universe.files();
    if (object < 0 || object >= objects) {
      throw new IllegalArgumentException(kind + " of object " + object);
    }
    return kind.onNames() ? object : universe.groups() + object;
  }
}
