package dev.coterie.check.suite;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.coterie.api.Caller;
import dev.coterie.api.DirEntry;
import dev.coterie.api.ErrnoException;
import dev.coterie.api.FileService;
import dev.coterie.api.InodeId;
import dev.coterie.api.Mode;
import dev.coterie.api.Name;
import dev.coterie.api.OpenFlags;
import dev.coterie.api.Operation.Opened;
import dev.coterie.api.Operation.Transferred;
import dev.coterie.api.SetAttr;
import dev.coterie.api.Stat;
import dev.coterie.api.StatFs;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/**
 * One process of a check: a session, the user it acts as, and short forms of what checks do all the
 * time. A path here is only a way to write several lookups; no symbolic link in it is followed.
 */
record Actor(FileService service, Caller caller) {
  /** The same process as another user. */
  Actor as(Caller other) {
    return new Actor(service, other);
  }

  Actor withUmask(int umask) {
    return as(caller.withUmask(umask));
  }

  // ---- names ----

  InodeId root() throws ErrnoException {
    return service.root(caller).id();
  }

  Stat stat(String path) throws ErrnoException {
    Stat stat = service.root(caller);
    for (String part : path.split("/")) {
      if (!part.isEmpty()) {
        stat = service.lookup(caller, stat.id(), Name.of(part));
      }
    }
    return stat;
  }

  InodeId id(String path) throws ErrnoException {
    return stat(path).id();
  }

  private InodeId parent(String path) throws ErrnoException {
    return id(path.substring(0, path.lastIndexOf('/')));
  }

  private static Name last(String path) {
    return Name.of(path.substring(path.lastIndexOf('/') + 1));
  }

  Stat mkdir(String path) throws ErrnoException {
    return mkdir(path, 0755);
  }

  Stat mkdir(String path, int mode) throws ErrnoException {
    return service.mkdir(caller, parent(path), last(path), mode);
  }

  Stat mknod(String path, int mode, long rdev) throws ErrnoException {
    return service.mknod(caller, parent(path), last(path), mode, rdev);
  }

  Stat symlink(String target, String path) throws ErrnoException {
    return service.symlink(caller, parent(path), last(path), target.getBytes(UTF_8));
  }

  Stat link(String path, String newPath) throws ErrnoException {
    return service.link(caller, id(path), parent(newPath), last(newPath));
  }

  void unlink(String path) throws ErrnoException {
    service.unlink(caller, parent(path), last(path));
  }

  void rmdir(String path) throws ErrnoException {
    service.rmdir(caller, parent(path), last(path));
  }

  void rename(String path, String newPath) throws ErrnoException {
    rename(path, newPath, 0);
  }

  void rename(String path, String newPath, int flags) throws ErrnoException {
    service.rename(caller, parent(path), last(path), parent(newPath), last(newPath), flags);
  }

  // ---- attributes ----

  Stat setattr(String path, SetAttr change) throws ErrnoException {
    return service.setattr(caller, id(path), 0, change);
  }

  Stat chmod(String path, int mode) throws ErrnoException {
    return setattr(path, SetAttr.ofMode(mode));
  }

  Stat chown(String path, int uid, int gid) throws ErrnoException {
    return setattr(path, SetAttr.ofOwner(uid, gid));
  }

  Stat truncate(String path, long size) throws ErrnoException {
    return setattr(path, SetAttr.ofSize(size));
  }

  void access(String path, int mask) throws ErrnoException {
    service.access(caller, id(path), mask);
  }

  StatFs statfs(String path) throws ErrnoException {
    return service.statfs(caller, id(path));
  }

  int permissions(String path) throws ErrnoException {
    return stat(path).mode() & Mode.PERMISSIONS;
  }

  // ---- extended attributes ----

  void setxattr(String path, String name, String value) throws ErrnoException {
    setxattr(path, name, value, 0);
  }

  void setxattr(String path, String name, String value, int flags) throws ErrnoException {
    service.setxattr(caller, id(path), Name.of(name), value.getBytes(UTF_8), flags);
  }

  String getxattr(String path, String name) throws ErrnoException {
    return new String(service.getxattr(caller, id(path), Name.of(name)), UTF_8);
  }

  List<String> listxattr(String path) throws ErrnoException {
    return service.listxattr(caller, id(path)).stream().map(Name::toString).toList();
  }

  void removexattr(String path, String name) throws ErrnoException {
    service.removexattr(caller, id(path), Name.of(name));
  }

  // ---- open files ----

  Opened create(String path, int flags, int mode) throws ErrnoException {
    return service.create(caller, parent(path), last(path), flags | OpenFlags.O_CREAT, mode);
  }

  /** A new file, open for both. */
  long make(String path) throws ErrnoException {
    return create(path, OpenFlags.O_RDWR | OpenFlags.O_EXCL, 0644).handle();
  }

  /** A new file with this content, closed. */
  Stat file(String path, String content) throws ErrnoException {
    return file(path, content, 0644);
  }

  Stat file(String path, String content, int mode) throws ErrnoException {
    Opened opened = create(path, OpenFlags.O_RDWR | OpenFlags.O_EXCL, mode);
    write(opened.handle(), 0, content);
    close(opened.handle());
    return service.getattr(caller, opened.stat().id());
  }

  Opened tmpfile(String dir, int flags) throws ErrnoException {
    return service.tmpfile(caller, id(dir), flags | OpenFlags.O_TMPFILE, 0644);
  }

  long open(String path, int flags) throws ErrnoException {
    return service.open(caller, id(path), flags).handle();
  }

  void close(long handle) throws ErrnoException {
    service.close(caller, handle);
  }

  int write(long handle, long offset, String text) throws ErrnoException {
    return service.write(caller, handle, offset, bytes(text));
  }

  String read(long handle, long offset, int count) throws ErrnoException {
    ByteBuffer buffer = ByteBuffer.allocate(count);
    int got = service.read(caller, handle, offset, buffer);
    return new String(buffer.array(), 0, got, UTF_8);
  }

  Transferred append(long handle, String text) throws ErrnoException {
    return service.append(caller, handle, bytes(text));
  }

  String readNext(long handle, int count) throws ErrnoException {
    ByteBuffer buffer = ByteBuffer.allocate(count);
    Transferred moved = service.readNext(caller, handle, buffer);
    return new String(buffer.array(), 0, moved.count(), UTF_8);
  }

  Transferred writeNext(long handle, String text) throws ErrnoException {
    return service.writeNext(caller, handle, bytes(text));
  }

  /** What a file holds now, by an open of its own. */
  String content(String path) throws ErrnoException {
    long handle = open(path, OpenFlags.O_RDONLY);
    StringBuilder all = new StringBuilder();
    for (String part = read(handle, 0, 4096);
        !part.isEmpty();
        part = read(handle, all.length(), 4096)) {
      all.append(part);
    }
    close(handle);
    return all.toString();
  }

  /** All entries of a directory, "." and ".." included. */
  List<DirEntry> entries(String path) throws ErrnoException {
    long handle = open(path, OpenFlags.O_RDONLY | OpenFlags.O_DIRECTORY);
    List<DirEntry> all = new ArrayList<>();
    List<DirEntry> page = service.readdir(caller, handle, 0, 4096, false);
    while (!page.isEmpty()) {
      all.addAll(page);
      page = service.readdir(caller, handle, page.getLast().cookie(), 4096, false);
    }
    close(handle);
    return all;
  }

  /** Names of a directory but "." and "..", as they come. */
  List<String> names(String path) throws ErrnoException {
    return entries(path).stream()
        .map(DirEntry::name)
        .filter(name -> !name.isDots())
        .map(Name::toString)
        .toList();
  }

  static ByteBuffer bytes(String text) {
    return ByteBuffer.wrap(text.getBytes(UTF_8));
  }
}
