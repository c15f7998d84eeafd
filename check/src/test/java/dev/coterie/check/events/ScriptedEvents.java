package dev.coterie.check.events;

import dev.coterie.api.Caller;
import dev.coterie.api.ErrnoException;
import dev.coterie.api.Event;
import dev.coterie.api.FileService;
import dev.coterie.api.InodeId;
import dev.coterie.api.Mode;
import dev.coterie.api.Name;
import dev.coterie.api.OpenFlags;
import dev.coterie.api.Operation.Control;
import dev.coterie.api.Operation.Eventfd;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/** Runs an {@link EventScript} by a {@link FileService}. */
final class ScriptedEvents {
  private static final Caller ROOT = Caller.ROOT;

  private final FileService service;
  private final InodeId root;
  private final Map<String, Long> handles = new HashMap<>();

  ScriptedEvents(FileService service) throws ErrnoException {
    this.service = service;
    this.root = service.root(ROOT).id();
  }

  String run(String line) {
    String[] words = line.split(" ");
    try {
      return run(words[0], words);
    } catch (ErrnoException e) {
      return e.errno().name();
    }
  }

  /** As after a call that failed: no such number. */
  private long handle(String number) {
    return handles.getOrDefault(number, -1L);
  }

  private String keep(String number, long handle) {
    handles.put(number, handle);
    return "ok";
  }

  private String run(String what, String[] words) throws ErrnoException {
    return switch (what) {
      case "evset" -> keep(words[1], service.evset(ROOT).handle());
      case "eventfd" -> {
        int semaphore = words[3].equals("true") ? Eventfd.EFD_SEMAPHORE : 0;
        int flags = semaphore | OpenFlags.O_NONBLOCK;
        yield keep(words[1], service.eventfd(ROOT, Long.parseLong(words[2]), flags).handle());
      }
      case "mkfifo" -> {
        service.mknod(ROOT, root, Name.of(words[1]), Mode.S_IFIFO | 0600, 0);
        yield "ok";
      }
      case "open" -> keep(words[1], open(words[2], words[3]));
      case "file" -> keep(words[1], service.open(ROOT, root, OpenFlags.O_RDONLY).handle());
      case "dup" ->
          keep(words[1], service.take(ROOT, service.share(ROOT, handle(words[2]))).handle());
      case "close" -> {
        long handle = handle(words[1]);
        handles.remove(words[1]);
        service.close(ROOT, handle);
        yield "ok";
      }
      case "wait" -> events(handle(words[1]));
      case "write", "read", "put", "get" -> move(what, words);
      default -> {
        Control control = Control.valueOf(what.toUpperCase(java.util.Locale.ROOT));
        long member = handle(words[2]);
        service.evctl(
            ROOT, handle(words[1]), control, member, Integer.parseInt(words[3]), number(words[2]));
        yield "ok";
      }
    };
  }

  private static long number(String number) {
    return Long.parseLong(number);
  }

  private long open(String name, String mode) throws ErrnoException {
    int access =
        switch (mode) {
          case "r" -> OpenFlags.O_RDONLY;
          case "w" -> OpenFlags.O_WRONLY;
          default -> OpenFlags.O_RDWR;
        };
    InodeId id = service.lookup(ROOT, root, Name.of(name)).id();
    return service.open(ROOT, id, access | OpenFlags.O_NONBLOCK).handle();
  }

  private String events(long set) throws ErrnoException {
    List<Event> events = service.evwait(ROOT, set, 1000, 0);
    return events.stream()
        .map(event -> " %x:%d".formatted(event.mask(), event.data()))
        .sorted()
        .collect(Collectors.joining("", "events", ""));
  }

  private String move(String what, String[] words) throws ErrnoException {
    long handle = handle(words[1]);
    ByteBuffer eight = ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN);
    return switch (what) {
      case "write" -> {
        ByteBuffer data = ByteBuffer.allocate(Integer.parseInt(words[2]));
        yield "count " + service.writeNext(ROOT, handle, data).count();
      }
      case "read" -> {
        ByteBuffer data = ByteBuffer.allocate(Integer.parseInt(words[2]));
        yield "count " + service.readNext(ROOT, handle, data).count();
      }
      case "put" -> {
        service.writeNext(ROOT, handle, eight.putLong(0, Long.parseLong(words[2])));
        yield "ok";
      }
      default -> {
        service.readNext(ROOT, handle, eight);
        yield "value " + Long.toUnsignedString(eight.getLong(0));
      }
    };
  }
}
