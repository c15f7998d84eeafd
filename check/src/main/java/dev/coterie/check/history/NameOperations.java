package dev.coterie.check.history;

import dev.coterie.api.ErrnoException;
import dev.coterie.api.FileService;
import dev.coterie.api.InodeId;
import dev.coterie.api.Mode;
import dev.coterie.api.Name;
import dev.coterie.api.OpenFlags;
import dev.coterie.api.Operation.Done;
import dev.coterie.api.Operation.Opened;
import dev.coterie.api.Operation.Rename;
import dev.coterie.api.Stat;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Objects;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/** Random operations of one thread on the groups of names. */
final class NameOperations {
  private static final Name CHILD = Name.of(Universe.CHILD_NAME);
  private static final byte[] TARGET = "nowhere".getBytes(StandardCharsets.UTF_8);

  private final Workspace space;
  private final Recorder recorder;
  private final RandomGenerator random;

  /** By group: an inode that this thread has seen there and refers to. */
  private final @Nullable Known[] files;

  private final @Nullable Known[] directories;

  /** An inode and how many references of ours it has. */
  private static final class Known {
    final InodeId id;
    long references = 1;

    Known(InodeId id) {
      this.id = id;
    }
  }

  NameOperations(Workspace space, Recorder recorder, RandomGenerator random) {
    this.space = space;
    this.recorder = recorder;
    this.random = random;
    this.files = new Known[space.universe().groups()];
    this.directories = new Known[space.universe().groups()];
  }

  /** One operation on a group. */
  void step(int group) throws IOException {
    int slot = random.nextInt(space.universe().groupSlots());
    int roll = random.nextInt(100);
    if (roll < 20) {
      lookup(group, Event.Arguments.ofSlot(slot));
    } else if (roll < 31) {
      create(Kind.CREATE, group, Event.Arguments.ofSlot(slot));
    } else if (roll < 38) {
      create(Kind.CREATE_EXCL, group, Event.Arguments.ofSlot(slot));
    } else if (roll < 50) {
      make(roll < 42 ? Kind.MKNOD : roll < 48 ? Kind.MKDIR : Kind.SYMLINK, group, slot);
    } else if (roll < 60) {
      remove(Kind.UNLINK, group, Event.Arguments.ofSlot(slot));
    } else if (roll < 66) {
      remove(Kind.RMDIR, group, Event.Arguments.ofSlot(slot));
    } else if (roll < 75) {
      withFile(group, slot, roll < 72);
    } else if (roll < 90) {
      int other = random.nextInt(space.universe().groupSlots() - 1);
      rename(
          roll < 82 ? Kind.RENAME : roll < 86 ? Kind.RENAME_NOREPLACE : Kind.RENAME_EXCHANGE,
          group,
          Event.Arguments.ofSlots(slot, other < slot ? other : other + 1));
    } else {
      inDirectory(group, slot);
    }
  }

  private InodeId parent(int group, Event.Arguments at) {
    return at.directory() != null ? at.directory() : space.directoryOf(group, at.place());
  }

  private Name name(int group, Event.Arguments at) {
    return at.directory() != null ? CHILD : space.nameOf(group, at.place());
  }

  private void lookup(int group, Event.Arguments at) throws IOException {
    Stat stat =
        recorder.record(
            Kind.LOOKUP,
            group,
            at,
            () -> service().lookup(space.caller(), parent(group, at), name(group, at)),
            NameOperations::found);
    remember(group, stat);
  }

  private void create(Kind kind, int group, Event.Arguments at) throws IOException {
    int flags =
        OpenFlags.O_RDWR | OpenFlags.O_CREAT | (kind == Kind.CREATE_EXCL ? OpenFlags.O_EXCL : 0);
    Opened opened =
        recorder.record(
            kind,
            group,
            at,
            () -> service().create(space.caller(), parent(group, at), name(group, at), flags, 0644),
            answer -> found(answer.stat()));
    if (opened != null) {
      release(() -> service().close(space.caller(), opened.handle()));
      remember(group, opened.stat());
    }
  }

  private void make(Kind kind, int group, int slot) throws IOException {
    make(kind, group, Event.Arguments.ofSlot(slot));
  }

  private void make(Kind kind, int group, Event.Arguments at) throws IOException {
    InodeId parent = parent(group, at);
    Name name = name(group, at);
    Stat stat =
        recorder.record(
            kind,
            group,
            at,
            () ->
                switch (kind) {
                  case MKNOD ->
                      service().mknod(space.caller(), parent, name, Mode.S_IFREG | 0644, 0);
                  case MKDIR -> service().mkdir(space.caller(), parent, name, 0755);
                  default -> service().symlink(space.caller(), parent, name, TARGET);
                },
            NameOperations::found);
    remember(group, stat);
  }

  private void remove(Kind kind, int group, Event.Arguments at) throws IOException {
    InodeId parent = parent(group, at);
    Name name = name(group, at);
    recorder.record(
        kind,
        group,
        at,
        () -> {
          if (kind == Kind.UNLINK) {
            service().unlink(space.caller(), parent, name);
          } else {
            service().rmdir(space.caller(), parent, name);
          }
          return Done.DONE;
        },
        done -> Event.Answer.OK);
  }

  private void rename(Kind kind, int group, Event.Arguments at) throws IOException {
    int flags =
        switch (kind) {
          case RENAME_NOREPLACE -> Rename.RENAME_NOREPLACE;
          case RENAME_EXCHANGE -> Rename.RENAME_EXCHANGE;
          default -> 0;
        };
    InodeId parent = parent(group, at);
    Name name = name(group, at);
    InodeId newParent = space.directoryOf(group, at.other());
    Name newName = space.nameOf(group, at.other());
    recorder.record(
        kind,
        group,
        at,
        () -> {
          service().rename(space.caller(), parent, name, newParent, newName, flags);
          return Done.DONE;
        },
        done -> Event.Answer.OK);
  }

  /** Gives a file that this thread knows one more name, or asks how many it has. */
  private void withFile(int group, int slot, boolean link) throws IOException {
    Known file = files[group];
    if (file == null) {
      lookup(group, Event.Arguments.ofSlot(slot));
    } else if (link) {
      link(group, Event.Arguments.ofSubject(file.id, slot));
    } else {
      recorder.record(
          Kind.GETATTR,
          group,
          Event.Arguments.ofSubject(file.id, 0),
          () -> service().getattr(space.caller(), file.id),
          stat -> Event.Answer.ofLinks(stat.nlink()));
    }
  }

  private void link(int group, Event.Arguments at) throws IOException {
    InodeId subject = Objects.requireNonNull(at.subject());
    recorder.record(
        Kind.LINK,
        group,
        at,
        () -> service().link(space.caller(), subject, parent(group, at), name(group, at)),
        stat -> Event.Answer.ofLinks(stat.nlink()));
  }

  /** Works on the name inside a directory that this thread knows, be it there still or not. */
  private void inDirectory(int group, int slot) throws IOException {
    Known directory = directories[group];
    if (directory == null) {
      make(Kind.MKDIR, group, slot);
      return;
    }
    Event.Arguments at = Event.Arguments.ofChild(directory.id);
    Known file = files[group];
    switch (random.nextInt(8)) {
      case 0, 1 -> create(Kind.CREATE, group, at);
      case 2 -> make(Kind.MKNOD, group, at);
      case 3, 4 -> lookup(group, at);
      case 5 -> remove(Kind.UNLINK, group, at);
      case 6 ->
          rename(
              random.nextBoolean() ? Kind.RENAME : Kind.RENAME_NOREPLACE,
              group,
              new Event.Arguments(Universe.CHILD, slot, directory.id, null, 0, 0));
      default -> {
        if (file == null) {
          lookup(group, at);
        } else {
          link(group, new Event.Arguments(Universe.CHILD, 0, directory.id, file.id, 0, 0));
        }
      }
    }
  }

  private static Event.Answer found(Stat stat) {
    return Event.Answer.found(stat.id(), Mode.direntType(stat.mode()), stat.nlink());
  }

  /** Keeps one inode of each group in mind; the references of the one before are given back. */
  private void remember(int group, @Nullable Stat stat) {
    if (stat == null) {
      return;
    }
    @Nullable Known[] known = stat.isDirectory() ? directories : files;
    Known before = known[group];
    if (before != null && before.id.equals(stat.id())) {
      before.references++;
      return;
    }
    known[group] = new Known(stat.id());
    if (before != null) {
      release(() -> service().forget(space.caller(), before.id, before.references));
    }
  }

  /** One of the calls that give back a reference or a handle. */
  private interface Release {
    void release() throws ErrnoException;
  }

  private void release(Release release) {
    recorder.quietly(() -> {
      release.release();
      return Done.DONE;
    });
  }

  private FileService service() {
    return space.service();
  }
}
