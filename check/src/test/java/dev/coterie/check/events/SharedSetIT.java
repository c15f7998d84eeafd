package dev.coterie.check.events;

import static dev.coterie.api.EventMask.EPOLLET;
import static dev.coterie.api.EventMask.EPOLLIN;
import static org.assertj.core.api.Assertions.assertThat;

import dev.coterie.api.Caller;
import dev.coterie.api.FileService;
import dev.coterie.api.Operation.Control;
import dev.coterie.api.Token;
import dev.coterie.check.leader.Child;
import dev.coterie.client.Address;
import dev.coterie.client.Client;
import dev.coterie.client.ClientOptions;
import dev.coterie.leader.Leader;
import dev.coterie.mounts.tmpfs.TmpFs;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** One event set, handed over to two processes which wait at it: each edge wakes exactly one. */
class SharedSetIT {
  private static final int ROUNDS = Boolean.getBoolean("coterie.full") ? 20_000 : 500;
  private static final Caller ME = Caller.ROOT;

  @Test
  @Timeout(300)
  void setOfTwoProcesses_givesEachEdgeToOne(@TempDir Path folder) throws Exception {
    Path socket = folder.resolve("socket");
    try (Leader _ =
            Leader.builder().mount("/", TmpFs.Options.defaults().factory()).listen(socket).start();
        FileService parent =
            Client.connect(new Address.Unix(socket.toString()), ClientOptions.DEFAULT)) {
      long set = parent.evset(ME).handle();
      long work = parent.eventfd(ME, 0, 0).handle();
      long done = parent.eventfd(ME, 0, 0).handle();
      parent.evctl(ME, set, Control.ADD, work, EPOLLIN | EPOLLET, 1);
      List<Child> children = new ArrayList<>();
      for (int i = 0; i < 2; i++) {
        children.add(
            Child.start(
                folder,
                SharedSetMain.class,
                socket,
                secret(parent, set),
                secret(parent, work),
                secret(parent, done)));
      }
      for (Child child : children) {
        child.hear("waits");
      }
      for (int i = 0; i < ROUNDS; i++) {
        add(parent, work, 1);
        assertThat(take(parent, done)).isEqualTo(1); // one process, once
      }
      int reports = 0;
      for (int i = 0; i < 2; i++) {
        add(parent, work, SharedSetMain.END);
        assertThat(take(parent, done)).isEqualTo(1);
      }
      for (Child child : children) {
        int mine = Integer.parseInt(child.hear("reports"));
        System.out.println("reports to one process: " + mine);
        reports += mine;
        child.end();
      }
      assertThat(reports).isEqualTo(ROUNDS + 2);
    }
  }

  private static String secret(FileService service, long handle) throws Exception {
    Token token = service.share(ME, handle);
    return token.toSecret();
  }

  static void add(FileService service, long counter, long number) throws Exception {
    ByteBuffer eight = ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN).putLong(0, number);
    service.writeNext(ME, counter, eight);
  }

  static long take(FileService service, long counter) throws Exception {
    ByteBuffer eight = ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN);
    service.readNext(ME, counter, eight);
    return eight.getLong(0);
  }
}
