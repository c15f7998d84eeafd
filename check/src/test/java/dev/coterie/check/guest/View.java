package dev.coterie.check.guest;

import static dev.coterie.api.OpenFlags.O_CREAT;
import static dev.coterie.api.OpenFlags.O_EXCL;
import static dev.coterie.api.OpenFlags.O_RDONLY;
import static dev.coterie.api.OpenFlags.O_RDWR;
import static dev.coterie.api.OpenFlags.O_WRONLY;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.coterie.api.Errno;
import dev.coterie.api.ErrnoException;
import dev.coterie.api.Mode;
import dev.coterie.api.OpenFile;
import dev.coterie.api.Stat;
import dev.coterie.api.Tree;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/** A directory as one of several clients sees it, for checks that let each do the same. */
interface View {
  /** What a name is: {@code -} nothing, {@code d}, {@code l TARGET}, {@code f NLINK CONTENT}. */
  String look(String name) throws IOException;

  void create(String name, String content) throws IOException;

  void write(String name, long offset, String content) throws IOException;

  void truncate(String name, long size) throws IOException;

  void rename(String from, String to) throws IOException;

  void unlink(String name) throws IOException;

  void mkdir(String name) throws IOException;

  void rmdir(String name) throws IOException;

  void symlink(String target, String name) throws IOException;

  void link(String from, String to) throws IOException;

  /** Opens a file for reading and writing, for the calls below. */
  void open(String name) throws IOException;

  String pread(int count, long offset) throws IOException;

  void pwrite(String content, long offset) throws IOException;

  void close() throws IOException;

  /** A mount in a guest. */
  record Mounted(Guest guest, String directory, int slot) implements View {
    private static final int TYPE = 0170000;

    private String path(String name) {
      return directory + "/" + name;
    }

    @Override
    public String look(String name) throws IOException {
      Answer answer = guest.ask("stat", path(name));
      if (!answer.isOk()) {
        assertThat(answer.errno()).as(name).isEqualTo(Errno.ENOENT);
        return "-";
      }
      GuestStat stat = GuestStat.of(answer);
      return switch (stat.mode() & TYPE) {
        case Mode.S_IFDIR -> "d";
        case Mode.S_IFLNK -> "l " + guest.ok("readlink", path(name)).text(1);
        default -> {
          String content = guest.get(path(name));
          assertThat(stat.size()).as("size of %s: %s", name, content).isEqualTo(content.length());
          yield "f " + stat.nlink() + " " + content;
        }
      };
    }

    @Override
    public void create(String name, String content) throws IOException {
      guest.open(slot, path(name), O_WRONLY | O_CREAT | O_EXCL).ok();
      guest.write(slot, content);
      guest.close(slot);
    }

    @Override
    public void write(String name, long offset, String content) throws IOException {
      guest.open(slot, path(name), O_WRONLY).ok();
      pwrite(content, offset);
      guest.close(slot);
    }

    @Override
    public void truncate(String name, long size) throws IOException {
      guest.ok("truncate", path(name), size);
    }

    @Override
    public void rename(String from, String to) throws IOException {
      guest.ok("rename", path(from), path(to));
    }

    @Override
    public void unlink(String name) throws IOException {
      guest.ok("unlink", path(name));
    }

    @Override
    public void mkdir(String name) throws IOException {
      guest.mkdir(path(name), 0755).ok();
    }

    @Override
    public void rmdir(String name) throws IOException {
      guest.ok("rmdir", path(name));
    }

    @Override
    public void symlink(String target, String name) throws IOException {
      guest.ok("symlink", target, path(name));
    }

    @Override
    public void link(String from, String to) throws IOException {
      guest.ok("link", path(from), path(to));
    }

    @Override
    public void open(String name) throws IOException {
      guest.open(slot, path(name), O_RDWR).ok();
    }

    @Override
    public String pread(int count, long offset) throws IOException {
      return guest.pread(slot, count, offset);
    }

    @Override
    public void pwrite(String content, long offset) throws IOException {
      assertThat(guest.ok("pwrite", slot, content, offset).number(0)).isEqualTo(content.length());
    }

    @Override
    public void close() throws IOException {
      guest.close(slot);
    }

    @Override
    public String toString() {
      return directory + " of guest " + guest;
    }
  }

  /** A Java client. */
  final class Client implements View {
    private final Tree tree;
    private final String directory;
    private final List<OpenFile> files = new ArrayList<>();

    Client(Tree tree, String directory) {
      this.tree = tree;
      this.directory = directory;
    }

    private String path(String name) {
      return directory + "/" + name;
    }

    @Override
    public String look(String name) throws IOException {
      Stat stat;
      try {
        stat = tree.lstat(path(name));
      } catch (ErrnoException e) {
        assertThat(e.errno()).as(name).isEqualTo(Errno.ENOENT);
        return "-";
      }
      if (stat.isDirectory()) {
        return "d";
      } else if (stat.isSymlink()) {
        return "l " + new String(tree.readlink(path(name)), UTF_8);
      }
      try (OpenFile file = tree.open(path(name), O_RDONLY, 0)) {
        return "f " + stat.nlink() + " " + read(file, 1 << 16, 0);
      }
    }

    @Override
    public void create(String name, String content) throws IOException {
      try (OpenFile file = tree.open(path(name), O_WRONLY | O_CREAT | O_EXCL, 0644)) {
        file.write(ByteBuffer.wrap(content.getBytes(UTF_8)));
      }
    }

    @Override
    public void write(String name, long offset, String content) throws IOException {
      try (OpenFile file = tree.open(path(name), O_WRONLY, 0)) {
        file.pwrite(ByteBuffer.wrap(content.getBytes(UTF_8)), offset);
      }
    }

    @Override
    public void truncate(String name, long size) throws IOException {
      tree.truncate(path(name), size);
    }

    @Override
    public void rename(String from, String to) throws IOException {
      tree.rename(path(from), path(to), 0);
    }

    @Override
    public void unlink(String name) throws IOException {
      tree.unlink(path(name));
    }

    @Override
    public void mkdir(String name) throws IOException {
      tree.mkdir(path(name), 0755);
    }

    @Override
    public void rmdir(String name) throws IOException {
      tree.rmdir(path(name));
    }

    @Override
    public void symlink(String target, String name) throws IOException {
      tree.symlink(target, path(name));
    }

    @Override
    public void link(String from, String to) throws IOException {
      tree.link(path(from), path(to), false);
    }

    @Override
    public void open(String name) throws IOException {
      files.add(tree.open(path(name), O_RDWR, 0));
    }

    @Override
    public String pread(int count, long offset) throws IOException {
      return read(files.getLast(), count, offset);
    }

    private static String read(OpenFile file, int count, long offset) throws IOException {
      ByteBuffer buffer = ByteBuffer.allocate(count);
      file.pread(buffer, offset);
      return new String(buffer.array(), 0, buffer.position(), UTF_8);
    }

    @Override
    public void pwrite(String content, long offset) throws IOException {
      files.getLast().pwrite(ByteBuffer.wrap(content.getBytes(UTF_8)), offset);
    }

    @Override
    public void close() throws IOException {
      files.removeLast().close();
    }

    @Override
    public String toString() {
      return "a Java client";
    }
  }
}
