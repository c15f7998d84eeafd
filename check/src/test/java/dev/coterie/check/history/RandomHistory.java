package dev.coterie.check.history;

import dev.coterie.api.Errno;
import dev.coterie.api.InodeId;
import dev.coterie.check.history.Event.Answer;
import dev.coterie.check.history.Event.Arguments;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;

/**
 * Histories of an object that is atomic: threads invoke, take effect and return at random times,
 * with the answers of a reference. Such a history is linearizable by construction. {@link #spoil}
 * then changes something, which may or may not make it illegal.
 */
final class RandomHistory {
  private static final Kind[] NAME_KINDS = {
    Kind.LOOKUP, Kind.LOOKUP, Kind.CREATE, Kind.CREATE, Kind.CREATE_EXCL, Kind.MKNOD, Kind.MKDIR,
    Kind.SYMLINK, Kind.UNLINK, Kind.UNLINK, Kind.RMDIR, Kind.LINK, Kind.GETATTR, Kind.RENAME,
    Kind.RENAME, Kind.RENAME_NOREPLACE, Kind.RENAME_EXCHANGE, Kind.LIST
  };
  private static final Kind[] FILE_KINDS = {
    Kind.READ,
    Kind.READ,
    Kind.READ,
    Kind.WRITE,
    Kind.WRITE,
    Kind.APPEND,
    Kind.WRITE_APPEND,
    Kind.TRUNCATE,
    Kind.SIZE,
    Kind.OPEN,
    Kind.OPEN_TRUNC
  };

  final SplittableRandom random;
  private final Universe universe;
  private final boolean names;
  private final int threads;
  private final NamesReference tree;
  private final List<Long> cells = new ArrayList<>();
  private final List<InodeId> ids = new ArrayList<>();

  // What can be asked for: identities that an answer has told.
  private final List<InodeId> files = new ArrayList<>();
  private final Set<InodeId> directories = new HashSet<>();
  private int sequence;

  private static final class Running {
    final Kind kind;
    final Arguments arguments;
    final long invoked;
    @Nullable Answer answer;

    Running(Kind kind, Arguments arguments, long invoked) {
      this.kind = kind;
      this.arguments = arguments;
      this.invoked = invoked;
    }
  }

  RandomHistory(long seed, Universe universe, boolean names, int threads) {
    this.random = new SplittableRandom(seed);
    this.universe = universe;
    this.names = names;
    this.threads = threads;
    this.tree = new NamesReference(universe.groupSlots(), Set.of());
  }

  /**
   * A legal history of so many operations; some of them end without answer, with this probability.
   */
  List<Event> generate(int operations, double lost) {
    List<Event> events = new ArrayList<>();
    @Nullable Running[] running = new Running[threads];
    int begun = 0;
    long now = 0;
    while (events.size() < operations) {
      int thread = random.nextInt(threads);
      now += random.nextInt(3);
      Running at = running[thread];
      if (at == null) {
        if (begun < operations) {
          begun++;
          Kind kind = pick(names ? NAME_KINDS : FILE_KINDS);
          running[thread] = new Running(kind, arguments(kind, thread), now);
        }
      } else if (at.answer == null) {
        at.answer = random.nextDouble() < lost / 2 ? withoutEffect() : perform(at);
      } else {
        Answer answer = random.nextDouble() < lost ? withoutAnswer() : at.answer;
        events.add(event(thread, at, now, answer));
        learn(answer);
        running[thread] = null;
      }
    }
    return events;
  }

  private Answer withoutAnswer() {
    return random.nextInt(3) > 0 ? Answer.NONE : Answer.failed(Errno.ENOSPC);
  }

  private Answer withoutEffect() {
    return random.nextInt(3) > 0 ? withoutAnswer() : Answer.failed(Errno.EINTR);
  }

  private void learn(Answer answer) {
    InodeId id = answer.id();
    if (id != null) {
      if (answer.type() == NamesHistory.DIRECTORY) {
        directories.add(id);
      } else {
        files.add(id);
      }
    }
  }

  private static Event event(int thread, Running at, long now, Answer answer) {
    return new Event(
        0,
        thread,
        at.kind,
        0,
        at.invoked,
        answer.errno() == Answer.NO_ANSWER ? Event.NEVER : now,
        at.arguments,
        answer);
  }

  private <T> T pick(T[] from) {
    return from[random.nextInt(from.length)];
  }

  private Arguments arguments(Kind kind, int thread) {
    if (!names) {
      int cellsMax = universe.fileCells();
      int count = 1 + random.nextInt(3);
      return switch (kind) {
        case READ -> Arguments.ofRange(random.nextInt(cellsMax), 1 + random.nextInt(cellsMax));
        case WRITE -> Arguments.ofWrite(random.nextInt(cellsMax), stamp(thread), count);
        case APPEND, WRITE_APPEND -> Arguments.ofWrite(0, stamp(thread), count);
        case TRUNCATE -> Arguments.ofRange(random.nextInt(cellsMax), 0);
        default -> Arguments.ofRange(0, 0);
      };
    }
    int slot = random.nextInt(universe.groupSlots());
    InodeId directory = directories.isEmpty() ? null : pick(directories.toArray(InodeId[]::new));
    InodeId file = anyFile();
    int other = (slot + 1 + random.nextInt(universe.groupSlots() - 1)) % universe.groupSlots();
    boolean child =
        directory != null
            && random.nextInt(3) == 0
            && kind != Kind.MKDIR
            && kind != Kind.RMDIR
            && kind != Kind.RENAME_EXCHANGE;
    int place = child ? Universe.CHILD : slot;
    return new Arguments(
        place,
        kind.renames() ? other : 0,
        child ? directory : null,
        kind == Kind.LINK || kind == Kind.GETATTR ? file : null,
        0,
        0);
  }

  /** Of a file that was there once, or of none. */
  private InodeId anyFile() {
    return files.isEmpty()
        ? NamesReference.NOBODY
        : files.get(Math.max(0, files.size() - 1 - random.nextInt(3)));
  }

  private long stamp(int thread) {
    return Stamp.of(0, thread, sequence++);
  }

  private Answer perform(Running at) {
    if (!names) {
      return FileReference.perform(at.kind, at.arguments, cells);
    }
    Set<Errno> errors = tree.errors(at.kind, at.arguments);
    if (!errors.isEmpty()) {
      return Answer.failed(pick(errors.toArray(Errno[]::new)));
    }
    InodeId fresh = new InodeId(ids.size() + 1, 1);
    Answer answer = Objects.requireNonNull(tree.perform(at.kind, at.arguments, fresh));
    if (fresh.equals(answer.id())) {
      ids.add(fresh);
    }
    return answer;
  }

  /** All identities in the answers of a history, and some that are in none. */
  static Set<InodeId> pool(List<Event> events) {
    Set<InodeId> pool = new HashSet<>();
    for (Event event : events) {
      if (event.answer().id() != null) {
        pool.add(event.answer().id());
      }
      pool.add(new InodeId(1000 + pool.size(), 1));
    }
    return pool;
  }

  /** Changes the answer or the times of one event. */
  List<Event> spoil(List<Event> events) {
    List<Event> spoiled = new ArrayList<>(events);
    int at = random.nextInt(events.size());
    Event e = events.get(at);
    switch (random.nextInt(4)) {
      case 0 -> {
        long invoked = Math.max(0, e.invoked() + random.nextInt(-8, 9));
        long returned = e.returned() == Event.NEVER ? Event.NEVER : invoked + random.nextInt(6);
        spoiled.set(at, with(e, invoked, returned, e.answer()));
      }
      case 1 -> {
        Event other = events.get(random.nextInt(events.size()));
        if (other.kind() == e.kind() && other.answer().errno() >= 0 && e.answer().errno() >= 0) {
          spoiled.set(at, with(e, e.invoked(), e.returned(), other.answer()));
        }
      }
      default -> {
        if (e.answer().errno() >= 0) {
          spoiled.set(at, with(e, e.invoked(), e.returned(), spoil(e)));
        }
      }
    }
    return spoiled;
  }

  private static Event with(Event e, long invoked, long returned, Answer answer) {
    return new Event(
        e.process(), e.thread(), e.kind(), e.object(), invoked, returned, e.arguments(), answer);
  }

  private Answer spoil(Event e) {
    Answer a = e.answer();
    if (!names) {
      return switch (e.kind()) {
        case READ -> spoilRead(a);
        case WRITE, WRITE_APPEND -> a;
        default ->
            Answer.at(
                (long) random.nextInt(universe.fileCells() + 2) * Stamp.CELL_BYTES, a.count());
      };
    }
    if (a.errno() != 0) {
      Errno[] known = {Errno.ENOENT, Errno.EEXIST, Errno.EISDIR, Errno.ENOTDIR, Errno.ENOTEMPTY};
      boolean bare = !e.kind().creates() && a.id() == null && e.kind() != Kind.LOOKUP;
      return bare && e.kind() != Kind.LIST && random.nextBoolean()
          ? Answer.ofLinks(e.kind() == Kind.LINK ? 1 + random.nextInt(2) : -1)
          : Answer.failed(pick(known));
    }
    if (a.id() != null && random.nextBoolean()) {
      InodeId id = new InodeId(1 + random.nextInt(ids.size() + 1), 1);
      return directories.contains(id) == (a.type() == NamesHistory.DIRECTORY)
          ? Answer.found(id, a.type(), a.links())
          : a;
    }
    return a.links() > 0 && random.nextBoolean()
        ? new Answer(0, a.id(), a.type(), 3 - Math.min(2, a.links()), 0, 0, a.stamps())
        : Answer.failed(Errno.ENOENT);
  }

  private Answer spoilRead(Answer a) {
    long[] stamps = a.stamps().clone();
    if (stamps.length == 0 || random.nextInt(4) == 0) {
      stamps = Arrays.copyOf(stamps, Math.max(0, stamps.length + random.nextInt(-1, 2)));
    } else {
      int at = random.nextInt(stamps.length);
      stamps[at] = random.nextBoolean() ? Stamp.HOLE : stamps[random.nextInt(stamps.length)];
    }
    return Answer.read(stamps.length * Stamp.CELL_BYTES, stamps);
  }
}
