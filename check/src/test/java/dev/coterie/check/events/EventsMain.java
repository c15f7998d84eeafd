package dev.coterie.check.events;

import dev.coterie.api.Caller;
import dev.coterie.api.Event;
import dev.coterie.api.FileService;
import dev.coterie.api.InodeId;
import dev.coterie.api.Name;
import dev.coterie.api.Notifications;
import dev.coterie.api.OpenFlags;
import dev.coterie.api.Operation.Control;
import dev.coterie.api.RangeLock;
import dev.coterie.api.SetAttr;
import dev.coterie.api.Token;
import dev.coterie.client.Address;
import dev.coterie.client.Client;
import dev.coterie.client.ClientOptions;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * A process of tests of events: does what it is told, a line each, and answers with the line's
 * first word. Handles have the names that the lines give them.
 */
final class EventsMain {
  private static final Caller ME = Caller.ROOT;

  private final FileService service;
  private final Map<String, Long> handles = new HashMap<>();
  private @Nullable Notifications told;

  private EventsMain(FileService service) {
    this.service = service;
  }

  public static void main(String[] args) throws Exception {
    try (FileService service = Client.connect(new Address.Unix(args[0]), ClientOptions.DEFAULT);
        BufferedReader in =
            new BufferedReader(new InputStreamReader(System.in, StandardCharsets.US_ASCII))) {
      EventsMain main = new EventsMain(service);
      for (String line = in.readLine(); line != null; line = in.readLine()) {
        String[] words = line.split(" ");
        System.out.println(words[0] + " " + main.run(words));
      }
    }
  }

  private long handle(String name) {
    return Objects.requireNonNull(handles.get(name), name);
  }

  private InodeId id(String path) throws Exception {
    InodeId id = service.root(ME).id();
    for (String name : path.split("/")) {
      id = service.lookup(ME, id, Name.of(name)).id();
    }
    return id;
  }

  private String run(String[] words) throws Exception {
    switch (words[0]) {
      case "take" -> handles.put(words[1], service.take(ME, Token.ofSecret(words[2])).handle());
      case "open" -> {
        int flags = words[3].equals("w") ? OpenFlags.O_WRONLY : OpenFlags.O_RDONLY;
        handles.put(
            words[1], service.open(ME, id(words[2]), flags | OpenFlags.O_NONBLOCK).handle());
      }
      case "close" -> {
        service.close(ME, handle(words[1]));
        handles.remove(words[1]);
      }
      case "share" -> {
        return service.share(ME, handle(words[1])).toSecret();
      }
      case "put" -> repeat(words, () -> SharedSetIT.add(service, handle(words[1]), 1));
      case "write" -> repeat(words, () -> write(handle(words[1])));
      case "cycle" ->
          repeat(
              words,
              () -> {
                write(handle(words[1]));
                service.readNext(ME, handle(words[3]), ByteBuffer.allocate(16));
              });
      case "lock", "unlock" -> {
        RangeLock.Type type =
            words[0].equals("lock") ? RangeLock.Type.WRITE : RangeLock.Type.UNLOCK;
        RangeLock lock = new RangeLock(RangeLock.Kind.OFD, type, 0, 0, 0);
        service.lock(ME, handle(words[1]), lock, false);
      }
      case "chmod" -> {
        SetAttr change = SetAttr.ofMode(Integer.parseInt(words[2], 8));
        service.setattr(ME, id(words[1]), 0, change);
      }
      case "mkdir" -> service.mkdir(ME, id(words[1]), Name.of(words[2]), 0755);
      default -> {
        return events(words);
      }
    }
    return "";
  }

  private String events(String[] words) throws Exception {
    switch (words[0]) {
      case "set" -> handles.put(words[1], service.evset(ME).handle());
      case "add" ->
          service.evctl(
              ME,
              handle(words[1]),
              Control.ADD,
              handle(words[2]),
              Integer.parseInt(words[3]),
              Long.parseLong(words[4]));
      case "wait" -> {
        int timeout = Integer.parseInt(words[2]);
        return show(service.evwait(ME, handle(words[1]), 16, timeout));
      }
      case "queue" ->
          told =
              words.length > 1
                  ? Notifications.take(service, ME, Token.ofSecret(words[1]))
                  : Notifications.open(service, ME);
      case "on" ->
          queue().on(handle(words[1]), Integer.parseInt(words[2]), Long.parseLong(words[3]));
      case "off" -> queue().off(handle(words[1]));
      case "poll" -> {
        return show(queue().poll());
      }
      case "next" -> {
        return show(queue().take());
      }
      default -> throw new IllegalArgumentException(words[0]);
    }
    return "";
  }

  private Notifications queue() {
    Notifications queue = told;
    if (queue == null) {
      throw new IllegalStateException("no queue");
    }
    return queue;
  }

  private void write(long handle) throws Exception {
    service.writeNext(ME, handle, ByteBuffer.wrap(new byte[] {'x'}));
  }

  /** An action that is repeated. */
  private interface Action {
    void run() throws Exception;
  }

  private static void repeat(String[] words, Action action) throws Exception {
    for (int i = Integer.parseInt(words[2]); i > 0; i--) {
      action.run();
    }
  }

  /** As the test names events: mask, data and changes of each. */
  static String show(List<Event> events) {
    return events.stream()
        .map(event -> "%x:%d:%d".formatted(event.mask(), event.data(), event.changes()))
        .sorted()
        .collect(Collectors.joining(" "));
  }
}
