package dev.coterie.check.history;

import dev.coterie.api.Caller;
import dev.coterie.api.DirEntry;
import dev.coterie.api.Errno;
import dev.coterie.api.ErrnoException;
import dev.coterie.api.FileService;
import dev.coterie.api.InodeId;
import dev.coterie.api.Mode;
import dev.coterie.api.Name;
import dev.coterie.api.OpenFlags;
import dev.coterie.api.Operation.Opened;
import dev.coterie.api.Stat;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Walks the tree after all workers have ended and records what is there as further events: each
 * name by lookup and as readdir shows it, each file by its size and all its content. So the final
 * tree is checked as any other answer is.
 */
final class FinalTree {
  private static final int READDIR_BYTES = 64 << 10;

  private final Workspace space;
  private final Recorder recorder;
  private final List<String> strays = new ArrayList<>();

  private FinalTree(Workspace space, EventLog log) {
    this.space = space;
    this.recorder = new Recorder(log);
  }

  /**
   * Walks and records.
   *
   * @return names that are none of the universe's
   */
  static List<String> record(
      FileService service,
      Caller caller,
      String directory,
      Universe universe,
      long seed,
      Path output)
      throws IOException {
    Workspace space = Workspace.find(service, caller, directory, universe);
    Path file = Worker.logFile(output, Event.FINAL_PROCESS, 0);
    try (EventLog log = EventLog.create(file, Event.FINAL_PROCESS, 0, seed, universe)) {
      FinalTree walk = new FinalTree(space, log);
      walk.recordNames();
      for (int i = 0; i < universe.files(); i++) {
        walk.recordFile(i);
      }
      return walk.strays;
    }
  }

  private void recordNames() throws IOException {
    Universe universe = space.universe();
    List<Map<Name, DirEntry>> listings = new ArrayList<>();
    for (InodeId directory : space.directories()) {
      listings.add(list(directory));
    }
    for (int group = 0; group < universe.groups(); group++) {
      for (int slot = 0; slot < universe.groupSlots(); slot++) {
        Name name = space.nameOf(group, slot);
        Event.Arguments at = Event.Arguments.ofSlot(slot);
        recordListed(group, at, listings.get(universe.directoryOf(group, slot)).remove(name));
        Stat stat = lookup(group, at, space.directoryOf(group, slot), name);
        if (stat != null && stat.isDirectory()) {
          recordChild(group, stat.id());
        }
      }
    }
    for (int i = 0; i < listings.size(); i++) {
      String directory = Universe.directoryName(i);
      listings.get(i).keySet().forEach(name -> strays.add(directory + "/" + name));
    }
  }

  private void recordChild(int group, InodeId directory) throws IOException {
    Name name = Name.of(Universe.CHILD_NAME);
    Map<Name, DirEntry> listing = list(directory);
    Event.Arguments at = Event.Arguments.ofChild(directory);
    recordListed(group, at, listing.remove(name));
    lookup(group, at, directory, name);
    listing.keySet().forEach(stray -> strays.add("{" + directory + "}/" + stray));
  }

  private @Nullable Stat lookup(int group, Event.Arguments at, InodeId directory, Name name)
      throws IOException {
    return recorder.record(
        Kind.LOOKUP,
        group,
        at,
        () -> space.service().lookup(space.caller(), directory, name),
        stat -> Event.Answer.found(stat.id(), Mode.direntType(stat.mode()), stat.nlink()));
  }

  private void recordListed(int group, Event.Arguments at, @Nullable DirEntry entry)
      throws IOException {
    recorder.record(
        Kind.LIST,
        group,
        at,
        () -> {
          if (entry == null) {
            throw new ErrnoException(Errno.ENOENT);
          }
          return entry;
        },
        found -> Event.Answer.found(found.id(), found.type(), -1));
  }

  private Map<Name, DirEntry> list(InodeId directory) throws ErrnoException {
    FileService service = space.service();
    Caller caller = space.caller();
    Map<Name, DirEntry> entries = new HashMap<>();
    Opened opened = service.open(caller, directory, OpenFlags.O_RDONLY | OpenFlags.O_DIRECTORY);
    long cookie = 0;
    while (true) {
      List<DirEntry> more = service.readdir(caller, opened.handle(), cookie, READDIR_BYTES, false);
      if (more.isEmpty()) {
        break;
      }
      for (DirEntry entry : more) {
        if (!entry.name().isDots() && entries.put(entry.name(), entry) != null) {
          strays.add("{" + directory + "}/" + entry.name() + " is listed twice");
        }
      }
      cookie = more.getLast().cookie();
    }
    service.close(caller, opened.handle());
    return entries;
  }

  private void recordFile(int file) throws IOException {
    FileService service = space.service();
    Caller caller = space.caller();
    Stat stat =
        recorder.record(
            Kind.SIZE,
            file,
            Event.Arguments.ofRange(0, 0),
            () -> service.getattr(caller, space.files().get(file)),
            answer -> Event.Answer.at(answer.size(), 0));
    if (stat == null) {
      return;
    }
    int cells = (int) (stat.size() / Stamp.CELL_BYTES) + 1;
    ByteBuffer buffer =
        ByteBuffer.allocateDirect(cells * Stamp.CELL_BYTES).order(ByteOrder.LITTLE_ENDIAN);
    Opened opened = service.open(caller, space.files().get(file), OpenFlags.O_RDONLY);
    recorder.record(
        Kind.READ,
        file,
        Event.Arguments.ofRange(0, cells),
        () -> service.read(caller, opened.handle(), 0, buffer),
        count -> FileOperations.readAnswer(buffer, count));
    service.close(caller, opened.handle());
  }
}
