package dev.coterie.check.lease;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;

import dev.coterie.api.Caller;
import dev.coterie.api.FileService;
import dev.coterie.api.InodeId;
import dev.coterie.api.LeaseMode;
import dev.coterie.api.LeaseName;
import dev.coterie.api.LeasePlane;
import dev.coterie.api.Limits;
import dev.coterie.api.Name;
import dev.coterie.api.OpenFlags;
import dev.coterie.api.Operation;
import dev.coterie.api.Operation.Leased;
import dev.coterie.api.Operation.Opened;
import dev.coterie.core.Barrier;
import dev.coterie.core.Vfs;
import dev.coterie.mounts.tmpfs.TmpFs;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Leases on the names of a directory beside others: {@link LeaseConflictsTest} has the rest. */
class NamesLeaseTest {
  private static final Caller ME = Caller.ROOT;
  private static final Name FILE = Name.of("file");
  private static final Name SECOND = Name.of("second");
  private static final Name MOUNTED = Name.of("mounted");

  private Vfs vfs;
  private FileService holder;
  private FileService other;
  private InodeId root;
  private InodeId file;
  private long handle;
  private long directory;

  @BeforeEach
  void makeTree() throws IOException {
    vfs =
        new Vfs(
            new Vfs.Config(
                InstantSource.system(),
                new Random(1),
                7,
                Barrier.OPEN,
                Limits.DENTRIES,
                new HandAlarm()),
            Map.of(
                "/", TmpFs.Options.defaults().factory(),
                "/above/mounted", TmpFs.Options.defaults().factory()));
    holder = vfs.openSession();
    other = vfs.openSession();
    root = holder.root(ME).id();
    other.root(ME);
    Opened made = holder.create(ME, root, FILE, OpenFlags.O_RDWR, 0644);
    file = made.stat().id();
    handle = made.handle();
    directory = other.open(ME, root, OpenFlags.O_RDONLY).handle();
  }

  @AfterEach
  void end() {
    vfs.close();
  }

  private static Leased names(FileService who, InodeId dir) throws IOException {
    return who.call(ME, new Operation.LeaseNames(dir));
  }

  private Leased alone(FileService who) throws IOException {
    return who.call(ME, new Operation.Lease(file, LeaseMode.EXCLUSIVE));
  }

  @Test
  void fileThatOthersKnowByItsDirectory_cannotBeHadAlone() throws Exception {
    Leased names = names(other, root);
    assertThat(names.mode()).isEqualTo(LeaseMode.SHARED);
    Leased shared = alone(holder);
    assertThat(shared.mode()).isEqualTo(LeaseMode.SHARED);
    other.returnLeases(ME, List.of(new LeaseName(root, LeasePlane.NAMES, names.seq())));
    Leased alone = alone(holder);
    assertThat(alone.mode()).isEqualTo(LeaseMode.EXCLUSIVE);
    assertThat(alone.seq()).isNotEqualTo(shared.seq());
  }

  @Test
  void ownNames_andWhatHasTwoNames_doNotMatter() throws Exception {
    assertThat(names(holder, root).seq()).isNotZero();
    assertThat(alone(holder).mode()).isEqualTo(LeaseMode.EXCLUSIVE);

    InodeId two = holder.mknod(ME, root, SECOND, 0100644, 0).id();
    holder.link(ME, two, root, Name.of("third"));
    assertThat(names(other, root).seq()).isNotZero();
    Operation.Lease wish = new Operation.Lease(two, LeaseMode.EXCLUSIVE);
    assertThat(holder.call(ME, wish).mode()).isEqualTo(LeaseMode.EXCLUSIVE);
  }

  /** What is kept back of a file is not in what a lease on names covers until it is asked for. */
  @Test
  void listingUnderALease_waitsForWhatIsKeptBack_andThenCovers() throws Exception {
    Leased alone = alone(holder);
    assertThat(names(other, root).seq()).isNotZero();
    Asked<?> listing = new Asked<>(other, new Operation.Readdir(directory, 0, 8192, true));
    assertThat(listing.waits()).isTrue();
    holder.write(ME, handle, 0, ByteBuffer.wrap("kept".getBytes(US_ASCII)));
    holder.returnLeases(ME, List.of(new LeaseName(file, alone.seq())));
    assertThat(listing.waits()).isFalse();
    assertThat(alone(holder).mode()).isEqualTo(LeaseMode.SHARED);
    assertThat(new Asked<>(holder, new Operation.Append(handle, bytes())).waits()).isTrue();
  }

  @Test
  void oneThatIsHeldAlone_staysSo() throws Exception {
    Leased alone = alone(holder);
    names(other, root);
    assertThat(alone(holder)).isEqualTo(alone);
  }

  @Test
  void directoryInWhichSomethingIsMounted_isNotLeased() throws Exception {
    InodeId above = other.lookup(ME, root, Name.of("above")).id();
    assertThat(names(other, above).seq()).isZero();
    InodeId mounted = other.lookup(ME, above, MOUNTED).id();
    assertThat(names(other, mounted).seq()).isNotZero();
    assertThat(names(other, root).seq()).isNotZero();
  }

  @Test
  void whatIsNoDirectory_orNotThereAnyMore_isNotLeased() throws Exception {
    other.lookup(ME, root, FILE);
    assertThat(names(other, file).seq()).isZero();
    InodeId gone = other.mkdir(ME, root, SECOND, 0755).id();
    other.rmdir(ME, root, SECOND);
    assertThat(names(other, gone).seq()).isZero();
  }

  private static ByteBuffer bytes() {
    return ByteBuffer.wrap("more".getBytes(US_ASCII));
  }
}
