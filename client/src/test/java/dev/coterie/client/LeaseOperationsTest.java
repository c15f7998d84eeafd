package dev.coterie.client;

import static dev.coterie.client.FakeLeader.id;
import static dev.coterie.client.FakeLeader.inThread;
import static dev.coterie.client.FakeLeader.stat;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.coterie.api.Errno;
import dev.coterie.api.ErrnoException;
import dev.coterie.api.LeaseMode;
import dev.coterie.api.LeaseName;
import dev.coterie.api.LeasePlane;
import dev.coterie.api.LeasedLock;
import dev.coterie.api.Limits;
import dev.coterie.api.Name;
import dev.coterie.api.Operation;
import dev.coterie.api.Operation.Leased;
import dev.coterie.api.RangeLock;
import dev.coterie.wire.Dialect;
import dev.coterie.wire.InodeReply;
import dev.coterie.wire.InodeRequest;
import dev.coterie.wire.LeaseReply;
import dev.coterie.wire.LeaseRequest;
import dev.coterie.wire.LinuxReply;
import dev.coterie.wire.LinuxRequest;
import dev.coterie.wire.P9;
import dev.coterie.wire.Request;
import java.nio.file.Path;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.FutureTask;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Operations of leases: the message that each is, and what is made of its answer. */
@Timeout(120)
class LeaseOperationsTest extends Exchanges {
  LeaseOperationsTest(@TempDir Path dir) throws Exception {
    super(dir);
  }

  private void refer() throws Exception {
    answer(
        new Operation.Root(),
        new LinuxRequest.Tgetattr(0, P9.GETATTR_ALL),
        LinuxReply.Rgetattr.of(stat(1), Dialect.COTERIE_1));
    answer(
        new Operation.Lookup(id(1), Name.of("file")),
        new InodeRequest.Tlookup(0, 1, Name.of("file")),
        new InodeReply.Rlookup(stat(7)));
  }

  @Test
  void leases_goOver() throws Exception {
    refer();
    LeaseRequest.Tlease lease = new LeaseRequest.Tlease(1, P9.PLANE_INODE, P9.LEASE_SHARED);
    assertThat(answer(new Operation.Lease(id(7)), lease, new LeaseReply.Rlease(1, -5, stat(7))))
        .isEqualTo(new Leased(stat(7), -5));
    assertThat(answer(new Operation.Lease(id(7)), lease, new LeaseReply.Rlease(0, 0, stat(7))))
        .isEqualTo(new Leased(stat(7), 0));
    LeaseName shared = new LeaseName(id(8), LeasePlane.INODE, -6, LeaseMode.SHARED);
    List<LeaseName> names = List.of(new LeaseName(id(7), 5), shared);
    answer(
        new Operation.ReturnLeases(names),
        new LeaseRequest.Tleaseret(
            List.of(
                new LeaseRequest.Returned(id(7), 0, 5, 0),
                new LeaseRequest.Returned(id(8), 0, -6, 1))),
        new LeaseReply.Rleaseret());
    assertThat(
            answer(
                new Operation.NextRecalls(9, true),
                new LeaseRequest.Tnotify(9, P9.NOTIFY_WAIT),
                LeaseReply.Rnotify.ofRecalls(names)))
        .isEqualTo(names);
    answer(
        new Operation.NextRecalls(Integer.MAX_VALUE, false),
        new LeaseRequest.Tnotify(Limits.LEASES_PER_MESSAGE, 0),
        LeaseReply.Rnotify.ofRecalls(names));
    answer(
        new Operation.NextRecalls(-1, false),
        new LeaseRequest.Tnotify(0, 0),
        LeaseReply.Rnotify.ofRecalls(names));
  }

  @Test
  void locks_goOver() throws Exception {
    LeaseName name = new LeaseName(id(7), LeasePlane.LOCKS, 5);
    RangeLock lock = new RangeLock(RangeLock.Kind.POSIX, RangeLock.Type.WRITE, 3, 4, 5);
    answer(
        new Operation.ReturnLocks(name, List.of(new LeasedLock(1L << 32, lock, 6))),
        new LeaseRequest.Tlockret(
            id(7),
            5,
            List.of(
                new LeaseRequest.Lock(
                    P9.NOFID, P9.LOCK_KIND_POSIX, P9.LOCK_TYPE_WRLCK, 3, 4, 5, 6))),
        new LeaseReply.Rlockret());
    LeaseName other = new LeaseName(id(7), 5);
    assertThatThrownBy(() -> pair.client().call(ME, new Operation.ReturnLocks(other, List.of())))
        .isInstanceOfSatisfying(
            ErrnoException.class, e -> assertThat(e.errno()).isEqualTo(Errno.EINVAL));
  }

  @Test
  void returnLeases_ofTooMany_isRefusedHere() {
    List<LeaseName> many =
        Collections.nCopies(Limits.LEASES_PER_MESSAGE + 1, new LeaseName(id(7), 5));
    assertThatThrownBy(() -> pair.client().returnLeases(ME, many))
        .isInstanceOfSatisfying(
            ErrnoException.class, e -> assertThat(e.errno()).isEqualTo(Errno.EINVAL));
  }

  @Test
  void notice_ofAnotherKind_endsTheConnection() throws Exception {
    FutureTask<Request> received =
        inThread(() ->
            pair.peer()
                .serve(
                    new LeaseReply.Rnotify(List.of(new LeaseReply.Notice(2, id(7), 0, 5, 0, 1)))));
    assertThatThrownBy(() -> pair.client().nextRecalls(ME, 1, true))
        .isInstanceOfSatisfying(
            ErrnoException.class, e -> assertThat(e.errno()).isEqualTo(Errno.EIO));
    received.get();
    assertThatThrownBy(() -> pair.client().root(ME)).isInstanceOf(ErrnoException.class);
  }

  @Test
  void lease_ofAnotherMode_endsTheConnection() throws Exception {
    refer();
    FutureTask<Request> received =
        inThread(() -> pair.peer().serve(new LeaseReply.Rlease(3, 5, stat(7))));
    assertThatThrownBy(() -> pair.client().lease(ME, id(7)))
        .isInstanceOfSatisfying(
            ErrnoException.class, e -> assertThat(e.errno()).isEqualTo(Errno.EIO));
    received.get();
  }
}
