package dev.coterie.console.demo;

import dev.coterie.api.DirEntry;
import dev.coterie.api.Errno;
import dev.coterie.api.ErrnoException;
import dev.coterie.api.OpenFile;
import dev.coterie.api.OpenFlags;
import dev.coterie.api.Stat;
import dev.coterie.api.Tree;
import java.nio.ByteBuffer;
import java.util.List;

/** How one process sees a state that another one has made, by every way there is to look. */
final class Look {
  private final Tree tree;
  private final String folder;
  private final Scene scene;
  private int answers;
  private int stale;

  Look(Tree tree, String folder, Scene scene) {
    this.tree = tree;
    this.folder = folder;
    this.scene = scene;
  }

  int answers() {
    return answers;
  }

  /** Answers that were not the state. */
  int stale() {
    return stale;
  }

  void all() throws ErrnoException {
    stat(scene.firstName());
    stat(scene.secondName());
    open(scene.firstName());
    open(scene.secondName());
    list();
  }

  private void answer(boolean right) {
    answers++;
    stale += right ? 0 : 1;
  }

  /** Whether "no such file" is right; other errors are wrong, and a lost leader ends it all. */
  private boolean isRight(ErrnoException cause, String name) throws ErrnoException {
    if (Worker.isGone(cause)) {
      throw cause;
    }
    return cause.errno() == Errno.ENOENT && !name.equals(scene.name());
  }

  private void stat(String name) throws ErrnoException {
    try {
      Stat stat = tree.stat(folder + "/" + name);
      answer(name.equals(scene.name()) && stat.size() == scene.content().length);
    } catch (ErrnoException e) {
      answer(isRight(e, name));
    }
  }

  /** Two answers if the file is there: that it can be opened, and what is in it. */
  private void open(String name) throws ErrnoException {
    boolean expected = name.equals(scene.name());
    try (OpenFile file = tree.open(folder + "/" + name, OpenFlags.O_RDONLY, 0)) {
      answer(expected);
      if (expected) {
        answer(holds(file, scene.content()));
      }
    } catch (ErrnoException e) {
      boolean right = isRight(e, name);
      answer(right);
      if (expected) {
        answer(right);
      }
    }
  }

  private static boolean holds(OpenFile file, byte[] content) throws ErrnoException {
    ByteBuffer buffer = ByteBuffer.allocate(content.length + 1);
    while (file.read(buffer) > 0) {
      // Until the end, or until there is more than there should be.
    }
    return buffer.flip().equals(ByteBuffer.wrap(content));
  }

  private void list() throws ErrnoException {
    String name = scene.name();
    List<String> found =
        tree.list(folder, false).stream().map(DirEntry::name).map(Object::toString).toList();
    answer(found.equals(name == null ? List.of() : List.of(name)));
  }
}
