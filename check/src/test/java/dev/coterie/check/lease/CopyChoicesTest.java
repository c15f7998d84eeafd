package dev.coterie.check.lease;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.coterie.api.Caller;
import dev.coterie.api.Errno;
import dev.coterie.api.ErrnoException;
import dev.coterie.api.FileService;
import dev.coterie.api.InodeId;
import dev.coterie.api.LeaseName;
import dev.coterie.api.LeasePlane;
import dev.coterie.api.Name;
import dev.coterie.api.OpenFlags;
import dev.coterie.api.Operation;
import dev.coterie.api.Operation.Leased;
import dev.coterie.api.Operation.Opened;
import dev.coterie.api.XattrNames;
import dev.coterie.core.Vfs;
import dev.coterie.mounts.tmpfs.TmpFs;
import java.io.IOException;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Of what copies may be kept is its owner's choice, for a mount or a directory. */
class CopyChoicesTest {
  private static final Caller ME = Caller.ROOT;
  private static final Caller USER = new Caller(1001, 1001, new int[0], 1, 022);
  private static final int ROUNDS = 300;

  private Vfs vfs;
  private FileService holder;
  private FileService owner;
  private InodeId above;
  private InodeId below;
  private InodeId file;
  private long handle;

  @BeforeEach
  void makeTree() throws IOException {
    vfs =
        new Vfs(
            new Vfs.Config(InstantSource.system(), new Random(1), 7),
            Map.of(
                "/", TmpFs.Options.defaults().factory(),
                "/never", TmpFs.Options.parse(Map.of("copies", "no")).factory()));
    holder = vfs.openSession();
    owner = vfs.openSession();
    InodeId root = owner.root(ME).id();
    above = owner.mkdir(ME, root, Name.of("above"), 0777).id();
    below = owner.mkdir(ME, above, Name.of("below"), 0777).id();
    file = owner.create(ME, below, Name.of("file"), OpenFlags.O_RDWR, 0666).stat().id();
    root = holder.root(ME).id();
    holder.lookup(ME, root, Name.of("above"));
    holder.lookup(ME, above, Name.of("below"));
    holder.lookup(ME, below, Name.of("file"));
    handle = holder.open(ME, file, OpenFlags.O_RDWR).handle();
  }

  @AfterEach
  void close() {
    vfs.close();
  }

  private void choose(InodeId id, String value) throws ErrnoException {
    owner.setxattr(ME, id, XattrNames.COPIES, value.getBytes(US_ASCII), 0);
  }

  private int ask(InodeId id) throws ErrnoException {
    return holder.lease(ME, id).seq();
  }

  private LeaseName lease(InodeId id) throws ErrnoException {
    int seq = ask(id);
    assertThat(seq).isNotZero();
    return new LeaseName(id, seq);
  }

  private List<LeaseName> recalls() throws ErrnoException {
    return holder.nextRecalls(ME, 10, false);
  }

  private static void fails(Errno errno, ThrowingCallable call) {
    assertThatThrownBy(call)
        .isInstanceOfSatisfying(ErrnoException.class, e -> assertThat(e.errno()).isEqualTo(errno));
  }

  @Test
  void mountWithoutCopies_grantsNothing() throws Exception {
    InodeId root = holder.lookup(ME, holder.root(ME).id(), Name.of("never")).id();
    Opened made = holder.create(ME, root, Name.of("f"), OpenFlags.O_RDWR, 0644);
    assertThat(ask(root)).isZero();
    assertThat(ask(made.stat().id())).isZero();
    assertThat(holder.call(ME, new Operation.LeaseLocks(made.handle())).seq()).isZero();
    holder.setxattr(ME, made.stat().id(), XattrNames.COPIES, "yes".getBytes(US_ASCII), 0); // its owner's choice for it
    assertThat(ask(made.stat().id())).isNotZero();
    assertThat(ask(root)).isZero();
  }

  @Test
  void choiceOfADirectory_isThatOfAllBelow_andHasTheirLeasesRecalled() throws Exception {
    LeaseName ofDirectory = lease(below);
    LeaseName ofFile = lease(file);
    Leased locks = holder.call(ME, new Operation.LeaseLocks(handle));
    LeaseName ofLocks = new LeaseName(file, LeasePlane.LOCKS, locks.seq());
    LeaseName ofRoot = lease(holder.root(ME).id());
    choose(above, "no");
    assertThat(recalls()).containsExactlyInAnyOrder(ofDirectory, ofFile, ofLocks);
    holder.returnLeases(ME, List.of(ofDirectory, ofFile));
    holder.call(ME, new Operation.ReturnLocks(ofLocks, List.of()));
    assertThat(ask(above)).isZero();
    assertThat(ask(below)).isZero();
    assertThat(ask(file)).isZero();
    assertThat(holder.call(ME, new Operation.LeaseLocks(handle)).seq()).isZero();
    assertThat(ask(ofRoot.id())).isEqualTo(ofRoot.seq());

    choose(below, "yes");
    assertThat(ask(above)).isZero();
    lease(file);
    owner.removexattr(ME, below, XattrNames.COPIES);
    assertThat(recalls()).hasSize(1);
    owner.removexattr(ME, above, XattrNames.COPIES);
    lease(above);
  }

  @Test
  void whatComesThere_isGivenBackToo() throws Exception {
    InodeId other = owner.mkdir(ME, owner.root(ME).id(), Name.of("other"), 0777).id();
    choose(other, "no");
    LeaseName ofFile = lease(file);
    owner.rename(ME, owner.root(ME).id(), Name.of("above"), other, Name.of("above"), 0);
    assertThat(recalls()).containsExactly(ofFile);
    holder.returnLeases(ME, List.of(ofFile));
    assertThat(ask(file)).isZero();
  }

  @Test
  void fileWithSeveralNames_needsTheConsentOfEach() throws Exception {
    InodeId other = owner.mkdir(ME, owner.root(ME).id(), Name.of("other"), 0777).id();
    choose(other, "no");
    owner.link(ME, file, other, Name.of("second"));
    assertThat(ask(file)).isZero();
    owner.unlink(ME, other, Name.of("second"));
    lease(file);
  }

  @Test
  void choice_isTheOwners_andYesOrNo() throws Exception {
    fails(Errno.EINVAL, () -> choose(above, "perhaps"));
    fails(Errno.EINVAL, () -> choose(above, ""));
    byte[] no = "no".getBytes(US_ASCII);
    fails(Errno.EPERM, () -> owner.setxattr(USER, file, XattrNames.COPIES, no, 0));
    choose(file, "no");
    fails(Errno.EPERM, () -> owner.removexattr(USER, file, XattrNames.COPIES));
    assertThat(ask(file)).isZero();
  }

  @Test
  void directoryThatIsGone_isForgottenWithItsChoice() throws Exception {
    choose(above, "no");
    owner.unlink(ME, below, Name.of("file"));
    owner.rmdir(ME, above, Name.of("below"));
    owner.rmdir(ME, owner.root(ME).id(), Name.of("above"));
    assertThat(ask(holder.root(ME).id())).isNotZero();
  }

  /** What is granted while the choice is made is recalled, or was not granted. */
  @Test
  void leaseAskedForMeanwhile_isRecalledOrNone() throws Exception {
    CyclicBarrier together = new CyclicBarrier(2);
    try (ExecutorService threads = Executors.newFixedThreadPool(2)) {
      for (int round = 0; round < ROUNDS; round++) {
        choose(above, "yes");
        InodeId asks = owner.mkdir(ME, above, Name.of("d" + round), 0755).id();
        holder.lookup(ME, above, Name.of("d" + round));
        Future<Integer> asked =
            threads.submit(
                () -> {
                  together.await();
                  return ask(asks);
                });
        Future<?> chosen =
            threads.submit(
                () -> {
                  together.await();
                  choose(above, "no");
                  return null;
                });
        int seq = asked.get();
        chosen.get();
        if (seq != 0) {
          LeaseName lease = new LeaseName(asks, seq);
          assertThat(recalls()).containsExactly(lease);
          holder.returnLeases(ME, List.of(lease));
        }
        fails(Errno.EAGAIN, this::recalls);
      }
    }
  }
}
