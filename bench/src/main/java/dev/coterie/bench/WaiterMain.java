package dev.coterie.bench;

import static dev.coterie.api.EventMask.EPOLLET;
import static dev.coterie.api.EventMask.EPOLLIN;

import dev.coterie.api.Caller;
import dev.coterie.api.ErrnoException;
import dev.coterie.api.Event;
import dev.coterie.api.FileService;
import dev.coterie.api.OpenFlags;
import dev.coterie.api.Operation.Control;
import dev.coterie.api.Token;
import dev.coterie.client.Address;
import dev.coterie.client.Client;
import dev.coterie.client.ClientOptions;
import dev.coterie.client.ProcessIdentity;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.SplittableRandom;

/**
 * One of our processes in {@code events}; does what {@code eventload.c} does. Argument: ADDRESS.
 * Each line is answered by one:
 *
 * <ul>
 *   <li>{@code members N}: makes a set with so many counters;
 *   <li>{@code wait N SECONDS}: adds to one of them, waits for it and empties it, again and again;
 *   <li>{@code share}: makes three counters and says how another can take them, {@code take
 *       SECRETS}: takes them;
 *   <li>{@code ping SECONDS} and {@code pong SECONDS}: the two wake each other.
 * </ul>
 */
public final class WaiterMain {
  private static final int SAMPLES = 1 << 16;
  private static final int COUNTERS = 3;

  /** Which of the three counters. */
  private static final int PING = 0;

  private static final int PONG = 1;
  private static final int END = 2;

  /** A set and its members. */
  private record Members(long set, long[] counters) {}

  private final FileService service;
  private final Caller caller = ProcessIdentity.self();
  private final Map<Integer, Members> bySize = new HashMap<>();
  private final long[] shared = new long[COUNTERS];

  private WaiterMain(FileService service) {
    this.service = service;
  }

  public static void main(String[] args) throws IOException {
    BufferedReader in =
        new BufferedReader(new InputStreamReader(System.in, StandardCharsets.US_ASCII));
    try (FileService service =
        Client.connect(Address.parse("unix:" + args[0]), ClientOptions.DEFAULT)) {
      WaiterMain waiter = new WaiterMain(service);
      System.out.println("ready");
      for (String order = in.readLine(); order != null; order = in.readLine()) {
        System.out.println(waiter.done(order.split(" ", -1)));
      }
    }
  }

  private String done(String[] words) throws ErrnoException {
    return switch (words[0]) {
      case "members" -> makeMembers(Integer.parseInt(words[1]));
      case "wait" -> waitForOne(members(words[1]), nanos(words[2]));
      case "share" -> share();
      case "take" -> take(words);
      case "ping" -> ping(nanos(words[1]));
      case "pong" -> pong();
      default -> throw new IllegalArgumentException(words[0]);
    };
  }

  private static long nanos(String seconds) {
    return Math.round(Double.parseDouble(seconds) * 1e9);
  }

  private static double since(long begin) {
    return (System.nanoTime() - begin) / 1e9;
  }

  // ---- counters and sets ----

  private long counter() throws ErrnoException {
    return service.eventfd(caller, 0, OpenFlags.O_NONBLOCK).handle();
  }

  private void add(long set, long counter, int mask) throws ErrnoException {
    service.evctl(caller, set, Control.ADD, counter, mask, counter);
  }

  private static ByteBuffer eight() {
    return ByteBuffer.allocate(Long.BYTES).order(ByteOrder.LITTLE_ENDIAN);
  }

  private void put(long counter) throws ErrnoException {
    service.writeNext(caller, counter, eight().putLong(0, 1));
  }

  private void empty(long counter) throws ErrnoException {
    service.readNext(caller, counter, eight());
  }

  /** The one that is ready. */
  private long await(long set) throws ErrnoException {
    Event event = service.evwait(caller, set, 1, -1).getFirst();
    return event.data();
  }

  // ---- one of many ----

  private Members members(String size) {
    Members members = bySize.get(Integer.parseInt(size));
    if (members == null) {
      throw new IllegalStateException("no set of " + size);
    }
    return members;
  }

  private String makeMembers(int count) throws ErrnoException {
    long begin = System.nanoTime();
    Members members = new Members(service.evset(caller).handle(), new long[count]);
    for (int i = 0; i < count; i++) {
      members.counters[i] = counter();
      add(members.set, members.counters[i], EPOLLIN);
    }
    bySize.put(count, members);
    return "{\"seconds\":" + since(begin) + "}";
  }

  private String waitForOne(Members members, long nanos) throws ErrnoException {
    long[] took = new long[SAMPLES];
    SplittableRandom random = new SplittableRandom(1);
    long begin = System.nanoTime();
    int count = 0;
    while (System.nanoTime() - begin < nanos) {
      long member = members.counters[random.nextInt(members.counters.length)];
      put(member);
      long before = System.nanoTime();
      long found = await(members.set);
      took[count++ % SAMPLES] = System.nanoTime() - before;
      if (found != member) {
        throw new IllegalStateException("another one is ready");
      }
      empty(found);
    }
    int kept = Math.min(count, SAMPLES);
    Arrays.sort(took, 0, kept);
    return "{\"ops\":" + count + ",\"p50_us\":" + took[kept / 2] / 1e3 + "}";
  }

  // ---- two processes ----

  private String share() throws ErrnoException {
    StringBuilder secrets = new StringBuilder();
    for (int i = 0; i < COUNTERS; i++) {
      shared[i] = counter();
      secrets.append(i == 0 ? "" : " ").append(service.share(caller, shared[i]).toSecret());
    }
    return secrets.toString();
  }

  private String take(String[] words) throws ErrnoException {
    for (int i = 0; i < COUNTERS; i++) {
      shared[i] = service.take(caller, Token.ofSecret(words[i + 1])).handle();
    }
    return "taken";
  }

  private String ping(long nanos) throws ErrnoException {
    long set = service.evset(caller).handle();
    add(set, shared[PONG], EPOLLIN | EPOLLET);
    long begin = System.nanoTime();
    long wakeUps = 0;
    for (; System.nanoTime() - begin < nanos; wakeUps += 2) {
      put(shared[PING]);
      await(set);
    }
    double seconds = since(begin);
    put(shared[END]);
    empty(shared[PONG]); // or the next ping would find an edge that is none
    service.close(caller, set);
    return "{\"ops\":" + wakeUps + ",\"seconds\":" + seconds + "}";
  }

  private String pong() throws ErrnoException {
    long set = service.evset(caller).handle();
    add(set, shared[PING], EPOLLIN | EPOLLET);
    add(set, shared[END], EPOLLIN);
    while (await(set) != shared[END]) {
      put(shared[PONG]);
    }
    empty(shared[END]);
    empty(shared[PING]);
    service.close(caller, set);
    return "{\"ops\":0,\"seconds\":1}"; // the other one counts
  }
}
