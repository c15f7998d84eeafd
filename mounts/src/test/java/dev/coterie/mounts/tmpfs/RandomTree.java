package dev.coterie.mounts.tmpfs;

import static org.assertj.core.api.Assertions.assertThat;

import dev.coterie.api.Errno;
import dev.coterie.api.ErrnoException;
import dev.coterie.api.Mode;
import dev.coterie.api.Name;
import dev.coterie.core.spi.Command;
import dev.coterie.core.spi.InsideNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.jspecify.annotations.Nullable;

/** Random commands, as the core would let them through, and then the removal of everything. */
final class RandomTree {
  private final Fixture fixture;
  private final Random random;

  /** Every inode that was not released, the root first. */
  private final List<InsideNode> nodes = new ArrayList<>();

  RandomTree(Fixture fixture, Random random) {
    this.fixture = fixture;
    this.random = random;
    nodes.add(fixture.root);
  }

  void run(int steps) throws ErrnoException {
    for (int step = 0; step < steps; step++) {
      try {
        step();
      } catch (ErrnoException e) {
        assertThat(e.errno()).isEqualTo(Errno.ENOSPC);
      }
      releaseSome();
      check();
    }
    for (int i = nodes.size() - 1; i >= 0; i--) {
      empty(nodes.get(i));
    }
    for (Name name : fixture.fs.listxattr(fixture.root)) {
      fixture.removexattr(fixture.root, name.toString());
    }
    while (nodes.size() > 1) {
      fixture.fs.release(nodes.removeLast());
    }
  }

  private void step() throws ErrnoException {
    InsideNode dir = pick(Mode.S_IFDIR);
    String name = "n" + random.nextInt(6);
    InsideNode node = dir == null || dir.nlink() == 0 ? null : fixture.lookup(dir, name);
    if (dir == null || dir.nlink() == 0) {
      return;
    }
    switch (random.nextInt(10)) {
      case 0, 1, 2 -> {
        if (node == null) {
          nodes.add(make(dir, name));
        }
      }
      case 3 -> {
        InsideNode file = pick(Mode.S_IFREG);
        if (node == null && file != null && file.nlink() > 0) {
          fixture.link(dir, name, file);
        }
      }
      case 4 -> {
        if (node != null && isRemovable(node)) {
          fixture.unlink(dir, name);
        }
      }
      case 5, 6 -> rename(dir, name, node);
      case 7 -> fixture.setxattr(dir, "user." + random.nextInt(3), random.nextInt(3000));
      default -> content();
    }
  }

  private InsideNode make(InsideNode dir, String name) throws ErrnoException {
    return switch (random.nextInt(5)) {
      case 0 -> fixture.dir(dir, name);
      case 1 -> fixture.symlink(dir, name, "x".repeat(1 + random.nextInt(300)));
      case 2 -> fixture.create(dir, null, Mode.S_IFREG | 0600);
      default -> fixture.file(dir, name);
    };
  }

  private void rename(InsideNode dir, String name, @Nullable InsideNode node) {
    InsideNode newDir = pick(Mode.S_IFDIR);
    String newName = "n" + random.nextInt(6);
    if (node == null || newDir == null || newDir.nlink() == 0 || isAbove(node, newDir)) {
      return;
    }
    InsideNode replaced = fixture.lookup(newDir, newName);
    boolean exchange = replaced != null && random.nextBoolean();
    boolean fits =
        replaced == null
            || !replaced.equals(node)
                && (exchange
                    ? !isAbove(replaced, dir)
                    : isRemovable(replaced)
                        && Mode.isDirectory(node.mode()) == Mode.isDirectory(replaced.mode()));
    if (fits) {
      fixture.rename(dir, name, newDir, newName, exchange);
    }
  }

  private boolean isAbove(InsideNode node, InsideNode dir) {
    InsideNode at = dir;
    while (!at.equals(node) && !at.equals(fixture.root)) {
      at = fixture.fs.parent(at);
    }
    return at.equals(node);
  }

  private boolean isRemovable(InsideNode node) {
    return !Mode.isDirectory(node.mode()) || fixture.fs.isEmpty(node);
  }

  private void content() throws ErrnoException {
    InsideNode file = pick(Mode.S_IFREG);
    if (file == null) {
      return;
    }
    long offset = random.nextInt(300_000);
    switch (random.nextInt(4)) {
      case 0 -> fixture.truncate(file, offset);
      case 1 -> {
        Command.Allocate.Kind[] kinds = Command.Allocate.Kind.values();
        fixture.allocate(file, kinds[random.nextInt(3)], random.nextBoolean(), offset, 50_000);
      }
      default -> fixture.write(file, offset, 1 + random.nextInt(50_000));
    }
  }

  private @Nullable InsideNode pick(int type) {
    InsideNode node = nodes.get(random.nextInt(nodes.size()));
    return (node.mode() & Mode.S_IFMT) == type ? node : null;
  }

  private void releaseSome() {
    InsideNode node = nodes.get(random.nextInt(nodes.size()));
    if (node.nlink() == 0 && random.nextBoolean()) {
      fixture.fs.release(node);
      nodes.remove(node);
    }
  }

  private void check() throws ErrnoException {
    long blocks = 0;
    for (InsideNode node : nodes) {
      blocks += fixture.stat(node).blocks();
      assertThat(fixture.fs.find(node.id())).isSameAs(node);
      InsideNode parent = fixture.fs.anyParent(node);
      if (parent != null) {
        List<InsideNode> named = new ArrayList<>();
        fixture.fs.readdir(parent, 2, (name, entry, cookie) -> named.add(entry));
        assertThat(named).contains(node);
      } else {
        assertThat(node.equals(fixture.root) || node.nlink() == 0).isTrue();
      }
    }
    assertThat(blocks / 8).isEqualTo(fixture.fs.statfs().blocks() - fixture.freePages());
  }

  private void empty(InsideNode dir) throws ErrnoException {
    if (Mode.isDirectory(dir.mode())) {
      List<String> names = new ArrayList<>();
      fixture.fs.readdir(dir, 2, (name, node, cookie) -> names.add(name.toString()));
      for (String name : names) {
        InsideNode node = fixture.lookup(dir, name);
        if (node != null) {
          empty(node);
          fixture.unlink(dir, name);
        }
      }
    }
  }
}
