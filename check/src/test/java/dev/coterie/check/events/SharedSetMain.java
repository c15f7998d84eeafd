package dev.coterie.check.events;

import dev.coterie.api.Caller;
import dev.coterie.api.Event;
import dev.coterie.api.FileService;
import dev.coterie.api.Token;
import dev.coterie.client.Address;
import dev.coterie.client.Client;
import dev.coterie.client.ClientOptions;
import java.util.List;

/** A process of {@link SharedSetIT}: takes a set and two counters, and answers each report once. */
final class SharedSetMain {
  /** Added to the counter, ends the process that is told. */
  static final long END = 1L << 32;

  private SharedSetMain() {}

  public static void main(String[] args) throws Exception {
    Caller me = Caller.ROOT;
    try (FileService service = Client.connect(new Address.Unix(args[0]), ClientOptions.DEFAULT)) {
      long set = service.take(me, Token.ofSecret(args[1])).handle();
      long work = service.take(me, Token.ofSecret(args[2])).handle();
      long done = service.take(me, Token.ofSecret(args[3])).handle();
      System.out.println("waits");
      int reports = 0;
      for (long taken = 0; taken < END; ) {
        List<Event> events = service.evwait(me, set, 8, -1);
        reports += events.size();
        taken = SharedSetIT.take(service, work);
        SharedSetIT.add(service, done, 1);
      }
      System.out.println("reports " + reports);
    }
  }
}
