package dev.coterie.check.leader;

import static dev.coterie.client.ClientOptions.DEFAULT;
import static org.assertj.core.api.Assertions.assertThat;

import dev.coterie.api.Caller;
import dev.coterie.api.Name;
import dev.coterie.api.OpenFlags;
import dev.coterie.api.RangeLock;
import dev.coterie.client.Address;
import dev.coterie.client.Client;
import dev.coterie.client.ProcessIdentity;
import dev.coterie.wire.P9;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A process that has a lease is killed with SIGKILL: its lease ends with it. */
@Timeout(value = 120, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class LeaseKillIT {
  private static final int FILE = 1;
  private static final int CHANGE = 61_000;

  @TempDir private Path folder = Path.of("");

  @Test
  void killedHolder_holdsUpNobody() throws Exception {
    try (LogLines log = new LogLines();
        Served served = Served.in(folder);
        RawClient plain = served.plain()) {
      plain.create(FILE, "f");
      try (Child holder = Child.start(folder, LeaseHolderMain.class, served.socket, "f")) {
        holder.hear("leased");
        plain.send(CHANGE, RawClient.writeFrame(FILE, 0, new byte[3]));
        holder.hear("recalled");
        assertThat(plain.getattr(FILE).size()).isZero();
        holder.kill();
      }
      Reply reply = plain.receive();
      assertThat(reply.tag()).isEqualTo(CHANGE);
      assertThat(reply.type()).isEqualTo(P9.RWRITE);
      assertThat(plain.getattr(FILE).size()).isEqualTo(3);
      assertThat(log.lines()).as("not because its time was up").isEmpty();
    }
  }

  /** Its copy is out of date when it goes on, and it finds that out by itself. */
  @Test
  void stoppedHolder_goesOn_andUsesItsCopyNoMore() throws Exception {
    try (LogLines log = new LogLines();
        Served served = Served.in(folder);
        RawClient plain = served.plain()) {
      plain.create(FILE, "f");
      plain.ok(RawClient.writeFrame(FILE, 0, "old".getBytes(StandardCharsets.US_ASCII)));
      try (Child reader = Child.start(folder, CopyReaderMain.class, served.socket, "f")) {
        reader.hear("warm");
        assertThat(reader.ask("read")).isEqualTo("old");
        signal("STOP", reader);
        plain.ok(RawClient.writeFrame(FILE, 0, "new".getBytes(StandardCharsets.US_ASCII)));
        assertThat(log.lines()).as("it had a lease, and did not give it back").hasSize(1);
        reader.say("read");
        signal("CONT", reader);
        assertThat(reader.hear("read")).isIn("new", "ESTALE", "EIO", "ENOTCONN");
      }
    }
  }

  private static void signal(String name, Child child) throws Exception {
    String number = Long.toString(child.pid());
    assertThat(new ProcessBuilder("kill", "-" + name, number).inheritIO().start().waitFor())
        .isZero();
  }

  @Test
  void killedHolder_ofALockItDecidedOn_holdsUpNobody() throws Exception {
    try (Served served = Served.in(folder);
        Client other = Client.connect(Address.parse(served.socket.toString()), DEFAULT)) {
      Caller me = ProcessIdentity.self();
      RangeLock lock = RangeLock.whole(RangeLock.Kind.POSIX, RangeLock.Type.WRITE);
      for (boolean asked : new boolean[] {false, true}) {
        try (Child holder = Child.start(folder, LockHolderMain.class, served.socket, "f")) {
          holder.hear("locked");
          long handle =
              other.create(me, other.root(me).id(), Name.of("f"), OpenFlags.O_RDWR, 0600).handle();
          if (asked) {
            assertThat(other.getLock(me, handle, lock).type()).isEqualTo(RangeLock.Type.WRITE);
          }
          holder.kill();
          other.lock(me, handle, lock, true);
          other.close(me, handle);
        }
      }
    }
  }
}
