package dev.coterie.check.events;

import static org.assertj.core.api.Assertions.assertThat;

import dev.coterie.api.Caller;
import dev.coterie.api.ErrnoException;
import dev.coterie.api.InodeId;
import dev.coterie.api.Mode;
import dev.coterie.api.Name;
import dev.coterie.api.OpenFlags;
import dev.coterie.api.XattrNames;
import dev.coterie.core.Barrier;
import dev.coterie.core.Session;
import dev.coterie.core.Vfs;
import dev.coterie.mounts.tmpfs.TmpFs;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.InstantSource;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** A counter is where its file is, not where the core happens to remember that. */
class CounterFileTest {
  private static final int NAMES = 8;

  @Test
  void inodeForgotten_counterIsKept() throws IOException {
    Vfs.Config config =
        new Vfs.Config(InstantSource.system(), new Random(1), 1, Barrier.OPEN, NAMES);
    try (Vfs vfs = new Vfs(config, Map.of("/", TmpFs.Options.defaults().factory()))) {
      try (Session session = vfs.openSession()) {
        InodeId made = make(session, "counter");
        byte[] five = "5".getBytes(StandardCharsets.UTF_8);
        session.setxattr(Caller.ROOT, made, XattrNames.COUNTER, five, 0);
      }
      try (Session session = vfs.openSession()) {
        for (int i = 0; i < 100; i++) {
          session.forget(Caller.ROOT, make(session, "other" + i), 1);
        }
        // The root, and what the names that are cached stand for.
        assertThat(vfs.counts().inodes()).isLessThanOrEqualTo(NAMES + 2);
        InodeId root = session.root(Caller.ROOT).id();
        InodeId id = session.lookup(Caller.ROOT, root, Name.of("counter")).id();
        long handle = session.open(Caller.ROOT, id, OpenFlags.O_RDONLY).handle();
        ByteBuffer number = ByteBuffer.allocate(8);
        assertThat(session.read(Caller.ROOT, handle, 0, number)).isEqualTo(8);
        assertThat(number.get(0)).isEqualTo((byte) 5);
      }
    }
  }

  private static InodeId make(Session session, String name) throws ErrnoException {
    InodeId root = session.root(Caller.ROOT).id();
    return session.mknod(Caller.ROOT, root, Name.of(name), Mode.S_IFREG | 0644, 0).id();
  }
}
