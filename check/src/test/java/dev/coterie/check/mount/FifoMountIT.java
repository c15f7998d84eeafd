package dev.coterie.check.mount;

import static org.assertj.core.api.Assertions.assertThat;

import dev.coterie.api.Caller;
import dev.coterie.api.Completion;
import dev.coterie.api.ErrnoException;
import dev.coterie.api.FileService;
import dev.coterie.api.Mode;
import dev.coterie.api.Operation;
import dev.coterie.api.Ticket;
import dev.coterie.gates.fuse.FuseMount;
import dev.coterie.leader.Leader;
import dev.coterie.mounts.tmpfs.TmpFs;
import java.nio.file.Path;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A name that becomes a FIFO while the kernel takes it for none. */
@Timeout(value = 120, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class FifoMountIT {
  @TempDir Path folder = Path.of("");

  @BeforeAll
  static void findTools() {
    MountTools.require();
  }

  /** Somebody else makes a FIFO of each name that is about to be made a file. */
  private record Faster(FileService inner, AtomicInteger made) implements FileService {
    @Override
    public <R> Ticket submit(
        Caller caller, Operation<R> operation, Completion<? super R> completion) {
      if (operation instanceof Operation.Create create) {
        try {
          inner.mknod(Caller.ROOT, create.dir(), create.name(), Mode.S_IFIFO | 0644, 0);
          made.incrementAndGet();
        } catch (ErrnoException e) {
          throw new AssertionError(e);
        }
      }
      return inner.submit(caller, operation, completion);
    }

    @Override
    public void close() {
      inner.close();
    }
  }

  @Test
  void open_ofANameThatHasJustBecomeAFifo_opensTheKernelsFifo() throws Exception {
    try (Leader leader = Leader.builder().mount("/", TmpFs.Options.defaults().factory()).start();
        Faster service = new Faster(leader.openSession(), new AtomicInteger());
        FuseMount _ = FuseMount.mount(service, folder, FuseMount.Options.DEFAULT)) {
      String script = "exec 3<> \"$1/p\"; echo through it >&3; head -n 1 <&3; stat -c %F \"$1/p\"";
      assertThat(Shell.run(script, folder).ok()).isEqualTo("through it\nfifo");
      assertThat(service.made()).hasValue(1);
    }
  }
}
