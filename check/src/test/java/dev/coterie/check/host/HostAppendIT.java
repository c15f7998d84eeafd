package dev.coterie.check.host;

import static org.assertj.core.api.Assertions.assertThat;

import dev.coterie.api.Caller;
import dev.coterie.api.ErrnoException;
import dev.coterie.api.FileService;
import dev.coterie.api.Name;
import dev.coterie.api.OpenFlags;
import dev.coterie.api.Operation.Opened;
import dev.coterie.api.Operation.Transferred;
import dev.coterie.api.Operation.Whence;
import dev.coterie.api.SetAttr;
import dev.coterie.core.Vfs;
import dev.coterie.mounts.host.HostFs;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The place of an append on the host is asked of a descriptor that other operations use too. */
@SuppressWarnings("NullAway.Init") // the fields are set before each test
class HostAppendIT {
  private static final Caller ROOT = Caller.ROOT;

  private Path directory;
  private Vfs tree;
  private FileService service;
  private Opened file;

  @BeforeEach
  void open() throws IOException {
    directory = Files.createTempDirectory(HostTools.onTmpfs(), "coterie-append-");
    HostFs.Options options = new HostFs.Options(directory, false, false);
    tree =
        new Vfs(
            new Vfs.Config(InstantSource.system(), new Random(1), 1),
            Map.of("/", options.factory()));
    service = tree.openSession();
    int flags = OpenFlags.O_CREAT | OpenFlags.O_RDWR;
    file = service.create(ROOT, service.root(ROOT).id(), Name.of("file"), flags, 0644);
  }

  @AfterEach
  void close() throws IOException {
    service.close();
    tree.close();
    HostTools.removeAll(directory);
  }

  private Transferred append(int count) throws ErrnoException {
    return service.append(ROOT, file.handle(), ByteBuffer.allocate(count));
  }

  @Test
  void append_ofMuchFromTheHeap_staysInOnePiece() throws ErrnoException {
    assertThat(append(300_000)).isEqualTo(new Transferred(0, 300_000));
    assertThat(append(1)).isEqualTo(new Transferred(300_000, 1));
  }

  @Test
  void append_afterASeekFarAway_isAtTheEnd() throws ErrnoException {
    service.seek(ROOT, file.handle(), Whence.SET, Long.MAX_VALUE - 1);
    assertThat(append(10)).isEqualTo(new Transferred(0, 10));
  }

  @Test
  void append_afterAHoleFarAway_isAtTheEnd() throws ErrnoException {
    service.setattr(ROOT, file.stat().id(), 0, SetAttr.ofSize(Long.MAX_VALUE - 1));
    long hole = Long.MAX_VALUE - 5000;
    assertThat(service.seek(ROOT, file.handle(), Whence.HOLE, hole)).isEqualTo(hole);
    service.setattr(ROOT, file.stat().id(), 0, SetAttr.ofSize(5));
    assertThat(append(5000)).isEqualTo(new Transferred(5, 5000));
  }
}
