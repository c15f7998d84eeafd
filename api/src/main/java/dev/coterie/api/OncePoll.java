package dev.coterie.api;

import dev.coterie.api.Operation.Control;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** poll(2) as what it is: an event set that is used once. */
final class OncePoll {
  private static final int ALWAYS = EventMask.EPOLLIN | EventMask.EPOLLOUT;

  private OncePoll() {}

  static List<Event> poll(
      FileService service, Caller caller, Map<Long, Integer> masks, int timeoutMs)
      throws ErrnoException {
    long set = service.evset(caller).handle();
    try {
      List<Event> events = new ArrayList<>();
      for (Map.Entry<Long, Integer> entry : masks.entrySet()) {
        addOrNote(service, caller, set, entry.getKey(), entry.getValue(), events);
      }
      int wait = events.isEmpty() ? timeoutMs : 0;
      events.addAll(service.evwait(caller, set, Limits.EVENTS_PER_WAIT, wait));
      return events;
    } finally {
      service.close(caller, set);
    }
  }

  /** "Regular files always poll TRUE for reading and writing" (poll(3p)). */
  private static void addOrNote(
      FileService service, Caller caller, long set, long handle, int mask, List<Event> events)
      throws ErrnoException {
    try {
      service.evctl(caller, set, Control.ADD, handle, mask, handle);
    } catch (ErrnoException e) {
      if (e.errno() != Errno.EPERM) {
        throw e;
      }
      if ((mask & ALWAYS) != 0) {
        events.add(new Event(mask & ALWAYS, handle, 0));
      }
    }
  }
}
