package dev.coterie.check.history;

import dev.coterie.api.Caller;
import dev.coterie.api.ErrnoException;
import dev.coterie.api.FileService;
import dev.coterie.api.InodeId;
import dev.coterie.api.Name;
import dev.coterie.api.OpenFlags;
import dev.coterie.api.Operation.Opened;
import java.util.ArrayList;
import java.util.List;

/**
 * The universe in a tree: a directory below the root with the directories of the slots and, in
 * {@link #FILES}, the shared files. Identities are those of one session.
 *
 * @param service the session
 * @param caller on whose behalf
 * @param universe what there is
 * @param directories the directories of the slots
 * @param files the shared files
 */
record Workspace(
    FileService service,
    Caller caller,
    Universe universe,
    List<InodeId> directories,
    List<InodeId> files) {

  private static final Name FILES = Name.of("files");

  /** Makes the directory and all that a run needs in it. EEXIST when it is there already. */
  static Workspace make(FileService service, Caller caller, String directory, Universe universe)
      throws ErrnoException {
    InodeId root = service.root(caller).id();
    InodeId top = service.mkdir(caller, root, Name.of(directory), 0755).id();
    for (int i = 0; i < universe.directories(); i++) {
      service.mkdir(caller, top, Name.of(Universe.directoryName(i)), 0755);
    }
    InodeId holder = service.mkdir(caller, top, FILES, 0755).id();
    for (int i = 0; i < universe.files(); i++) {
      Opened opened =
          service.create(
              caller,
              holder,
              Name.of(Universe.fileName(i)),
              OpenFlags.O_RDWR | OpenFlags.O_EXCL,
              0644);
      service.close(caller, opened.handle());
    }
    return find(service, caller, directory, universe);
  }

  /** Finds what {@link #make} made. The references stay for as long as the session does. */
  static Workspace find(FileService service, Caller caller, String directory, Universe universe)
      throws ErrnoException {
    InodeId root = service.root(caller).id();
    InodeId top = service.lookup(caller, root, Name.of(directory)).id();
    List<InodeId> directories = new ArrayList<>();
    for (int i = 0; i < universe.directories(); i++) {
      directories.add(service.lookup(caller, top, Name.of(Universe.directoryName(i))).id());
    }
    InodeId holder = service.lookup(caller, top, FILES).id();
    List<InodeId> files = new ArrayList<>();
    for (int i = 0; i < universe.files(); i++) {
      files.add(service.lookup(caller, holder, Name.of(Universe.fileName(i))).id());
    }
    return new Workspace(service, caller, universe, directories, files);
  }

  /** The directory that holds a slot. */
  InodeId directoryOf(int group, int slot) {
    return directories.get(universe.directoryOf(group, slot));
  }

  Name nameOf(int group, int slot) {
    return Name.of(universe.nameOf(group, slot));
  }
}
