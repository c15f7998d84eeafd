package dev.coterie.check.leader;

import static org.assertj.core.api.Assertions.assertThat;

import dev.coterie.client.Address;
import dev.coterie.client.Client;
import dev.coterie.client.ClientOptions;
import dev.coterie.client.sync.SyncHandle;
import dev.coterie.client.sync.SyncMode;
import dev.coterie.client.sync.Use;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Sync handles in real processes. */
@Timeout(value = 300, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class SyncIT {
  private static final int PROCESSES = 4;
  private static final int EACH = Boolean.getBoolean("coterie.full") ? 10_000 : 1_000;

  @TempDir private Path folder = Path.of("");

  private Child counter(Served served) throws Exception {
    Child child = Child.start(folder, CounterMain.class, served.socket, "counter");
    child.hear("open");
    return child;
  }

  @Test
  void counter_ofSeveralProcesses_isExact() throws Exception {
    try (Served served = Served.in(folder)) {
      List<Child> children = new ArrayList<>();
      try {
        for (int i = 0; i < PROCESSES; i++) {
          children.add(counter(served));
        }
        children.forEach(child -> child.say("add " + EACH));
        children.forEach(child -> child.hear("add"));
        for (Child child : children) {
          assertThat(child.ask("read")).isEqualTo(Integer.toString(PROCESSES * EACH));
        }
        children.forEach(Child::end);
        served.awaitIdle();
      } finally {
        children.forEach(Child::close);
      }
    }
  }

  @Test
  void killedHolder_leavesWhatItGaveBackLast() throws Exception {
    try (LogLines log = new LogLines();
        Served served = Served.in(folder);
        Client client =
            Client.connect(Address.parse(served.socket.toString()), ClientOptions.DEFAULT);
        SyncHandle counter = client.sync("counter");
        Child child = counter(served)) {
      for (int i = 0; i < 5; i++) {
        CounterMain.add(counter);
      }
      assertThat(child.ask("read")).isEqualTo("5");
      child.ask("hold");
      child.kill();
      try (Use use = counter.use(SyncMode.EXCLUSIVE)) {
        assertThat(CounterMain.number(use)).isEqualTo(5);
      }
      assertThat(log.lines()).as("not because its time was up").isEmpty();
    }
  }
}
