package dev.coterie.check.lease;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.coterie.api.Caller;
import dev.coterie.api.Completion;
import dev.coterie.api.DirEntry;
import dev.coterie.api.Errno;
import dev.coterie.api.ErrnoException;
import dev.coterie.api.FileService;
import dev.coterie.api.InodeId;
import dev.coterie.api.Name;
import dev.coterie.api.OpenFlags;
import dev.coterie.api.Operation;
import dev.coterie.api.Operation.Opened;
import dev.coterie.api.SetAttr;
import dev.coterie.api.Stat;
import dev.coterie.api.Ticket;
import dev.coterie.client.copies.Copies;
import dev.coterie.core.Vfs;
import dev.coterie.mounts.tmpfs.TmpFs;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.InstantSource;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A client's copies of listings, over a core whose answers can be held back. */
@Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class ListingCopiesTest {
  private static final Caller ME = Caller.ROOT;
  private static final Caller THEM = new Caller(1000, 1000, new int[0], 0, 0);
  private static final Name FILE = Name.of("f1");

  /** Notes what is asked, and answers some of it later. */
  private static final class Below implements FileService {
    final FileService session;
    final List<String> log = new ArrayList<>();
    final List<String> toHold = new ArrayList<>();
    final ArrayDeque<Runnable> held = new ArrayDeque<>();

    Below(FileService session) {
      this.session = session;
    }

    @Override
    public <R> Ticket submit(Caller caller, Operation<R> operation, Completion<? super R> then) {
      synchronized (log) {
        log.add(operation.label());
      }
      if (!toHold.remove(operation.label())) {
        return session.submit(caller, operation, then);
      }
      return session.submit(
          caller,
          operation,
          new Completion<R>() {
            @Override
            public void done(R result) {
              held.add(() -> then.done(result));
            }

            @Override
            public void failed(Errno errno) {
              held.add(() -> then.failed(errno));
            }
          });
    }

    /** What came since the last call, without what keeps leases going. */
    List<String> came() {
      synchronized (log) {
        List<String> came = new ArrayList<>(log);
        log.clear();
        came.removeIf(label -> label.equals("nextrecalls") || label.equals("returnleases"));
        return came;
      }
    }

    @Override
    public void close() {
      session.close();
    }
  }

  private Vfs vfs;
  private Below below;
  private Copies copies;
  private FileService other;
  private InodeId dir;
  private long listed;
  private long written;
  private long now;

  @BeforeEach
  void makeTree() throws IOException {
    vfs =
        new Vfs(
            new Vfs.Config(InstantSource.system(), new Random(1), 7),
            Map.of("/", TmpFs.Options.defaults().factory()));
    other = vfs.openSession();
    InodeId root = other.root(ME).id();
    dir = other.mkdir(ME, root, Name.of("dir"), 0777).id();
    for (int i = 0; i < 5; i++) {
      Opened made = other.create(ME, dir, Name.of("f" + i), OpenFlags.O_RDWR, 0644);
      if (i == 1) {
        written = made.handle();
      }
    }
    other.mkdir(ME, dir, Name.of("below"), 0755);
    below = new Below(vfs.openSession());
    copies = new Copies(below, 1 << 20, () -> now);
    copies.lookup(ME, copies.root(ME).id(), Name.of("dir"));
    listed = copies.open(ME, dir, OpenFlags.O_RDONLY).handle();
  }

  @AfterEach
  void end() {
    copies.close();
    vfs.close();
  }

  private List<DirEntry> list(boolean attributes) throws ErrnoException {
    List<DirEntry> all = new ArrayList<>();
    long cookie = 0;
    while (true) {
      List<DirEntry> page = copies.readdir(ME, listed, cookie, 700, attributes);
      if (page.isEmpty()) {
        return all;
      }
      all.addAll(page);
      cookie = page.getLast().cookie();
    }
  }

  private Errno lookupFails(Caller caller, String name) {
    return catchThrowableOfType(
            ErrnoException.class, () -> copies.lookup(caller, dir, Name.of(name)))
        .errno();
  }

  private static DirEntry entry(List<DirEntry> all, Name name) {
    return all.stream().filter(entry -> entry.name().equals(name)).findFirst().orElseThrow();
  }

  private long size() throws ErrnoException {
    return requireNonNull(entry(list(true), FILE).stat()).size();
  }

  /** Until a listing with attributes costs nothing. */
  private void warm() throws ErrnoException {
    list(true);
    list(true);
    below.came();
    list(true);
    assertThat(below.came()).isEmpty();
  }

  private void othersWrite(int count) throws ErrnoException {
    other.append(ME, written, ByteBuffer.allocate(count));
  }

  // ---- what it costs ----

  @Test
  void listing_fromTheThird_costsNothing_andIsTheSame() throws ErrnoException {
    List<DirEntry> first = list(true);
    assertThat(below.came()).doesNotContain("leasenames").contains("readdir");
    List<DirEntry> second = list(true);
    assertThat(below.came()).containsOnlyOnce("leasenames").contains("readdir");
    List<DirEntry> third = list(true);
    List<DirEntry> names = list(false);
    assertThat(below.came()).isEmpty();
    assertThat(third).isEqualTo(second);
    assertThat(third).map(DirEntry::name).isEqualTo(first.stream().map(DirEntry::name).toList());
    assertThat(third).allMatch(e -> e.name().equals(Name.DOT_DOT) || e.stat() != null);
    assertThat(names)
        .map(DirEntry::cookie)
        .isEqualTo(third.stream().map(DirEntry::cookie).toList());
    assertThat(names).allMatch(e -> e.stat() == null);
  }

  @Test
  void attributesOfEntries_costNothing() throws ErrnoException {
    InodeId file = copies.lookup(ME, dir, FILE).id();
    warm();
    copies.getattr(ME, dir); // whose access time the listing has marked
    below.came();
    for (int i = 0; i < 5; i++) {
      assertThat(copies.getattr(ME, file).size()).isZero();
      assertThat(copies.getattr(ME, dir).isDirectory()).isTrue();
    }
    assertThat(below.came()).isEmpty();
    copies.lookup(ME, dir, FILE);
    below.came();
    copies.lookup(ME, dir, FILE);
    assertThat(below.came()).as("known by name from the lookup before").isEmpty();
    othersWrite(3);
    assertThat(copies.getattr(ME, file).size()).isEqualTo(3);
  }

  /** As the kernel has it: names in a listing, attributes by looking each of them up. */
  @Test
  void lookupsOfWhatIsListed_takeNoLeaseEach() throws ErrnoException {
    list(false);
    list(false);
    list(false);
    below.came();
    List<Stat> first = lookups();
    assertThat(below.came()).contains("lookup").filteredOn("lease"::equals).hasSizeLessThan(2);
    assertThat(list(false)).isNotEmpty();
    assertThat(lookups()).isEqualTo(first);
    assertThat(below.came()).isEmpty();
    for (Stat stat : first) {
      assertThat(copies.getattr(ME, stat.id())).isEqualTo(stat);
    }
    assertThat(below.came()).isEmpty();
    othersWrite(3);
    assertThat(lookups()).extracting(Stat::size).contains(3L);
  }

  private List<Stat> lookups() throws ErrnoException {
    List<Stat> all = new ArrayList<>();
    for (int i = 0; i < 5; i++) {
      all.add(copies.lookup(ME, dir, Name.of("f" + i)));
    }
    return all;
  }

  // ---- never old ----

  @Test
  void namesThatAWholeListingLacks_areAbsentAtNoCost() throws ErrnoException {
    warm();
    assertThat(lookupFails(ME, "absent")).isEqualTo(Errno.ENOENT);
    assertThat(below.came()).as("whether it may be searched is not known yet").hasSize(1);
    for (int i = 0; i < 10; i++) {
      assertThat(lookupFails(ME, "absent" + i)).isEqualTo(Errno.ENOENT);
    }
    assertThat(below.came()).isEmpty();
    assertThat(lookupFails(ME, "x".repeat(256))).isEqualTo(Errno.ENAMETOOLONG);
    other.mknod(ME, dir, Name.of("absent3"), 0100644, 0);
    copies.lookup(ME, dir, Name.of("absent3"));
  }

  @Test
  void namesThatAreAbsent_areNotToldToWhoMayNotSearch() throws ErrnoException {
    other.setattr(ME, dir, 0, SetAttr.ofMode(0744));
    warm();
    assertThat(lookupFails(ME, "absent")).isEqualTo(Errno.ENOENT);
    assertThat(lookupFails(THEM, "absent2")).isEqualTo(Errno.EACCES);
    assertThat(lookupFails(ME, "absent3")).isEqualTo(Errno.ENOENT);
    other.setattr(ME, dir, 0, SetAttr.ofMode(0755));
    assertThat(lookupFails(THEM, "absent2")).isEqualTo(Errno.ENOENT);
    copies.setattr(ME, dir, 0, SetAttr.ofMode(0744));
    assertThat(lookupFails(THEM, "absent4")).isEqualTo(Errno.EACCES);
  }

  @Test
  void namesThatAreMadeHere_areAbsentNoMore() throws ErrnoException {
    warm();
    lookupFails(ME, "absent");
    copies.mknod(ME, dir, Name.of("new"), 0100644, 0);
    copies.lookup(ME, dir, Name.of("new"));
    copies.rename(ME, dir, Name.of("new"), dir, Name.of("newer"), 0);
    copies.lookup(ME, dir, Name.of("newer"));
    assertThat(lookupFails(ME, "new")).isEqualTo(Errno.ENOENT);
  }

  @Test
  void changesOfOthers_areInTheNextListing() throws ErrnoException {
    warm();
    othersWrite(3);
    assertThat(size()).isEqualTo(3);
    now += 60_000_000_000L; // asked for again
    warm();
    Stat sub = other.lookup(ME, dir, Name.of("below"));
    other.create(ME, sub.id(), FILE, OpenFlags.O_RDWR, 0644);
    Stat after = other.getattr(ME, sub.id());
    assertThat(entry(list(true), Name.of("below")).stat()).isEqualTo(after);
    now += 60_000_000_000L;
    warm();
    other.rename(ME, dir, FILE, sub.id(), Name.of("moved"), 0);
    assertThat(list(false)).noneMatch(e -> e.name().equals(FILE));
  }

  @Test
  void whatHasTwoNames_isNotKept() throws ErrnoException {
    InodeId file = other.lookup(ME, dir, FILE).id();
    other.link(ME, file, other.root(ME).id(), Name.of("second"));
    list(true);
    list(true);
    below.came();
    othersWrite(2);
    assertThat(size()).isEqualTo(2);
    assertThat(below.came()).contains("readdir");
    copies.lookup(ME, dir, FILE);
    copies.getattr(ME, file);
    copies.getattr(ME, file);
    below.came();
    copies.getattr(ME, file);
    assertThat(below.came()).as("by a lease of its own").isEmpty();
    other.unlink(ME, other.root(ME).id(), Name.of("second"));
    othersWrite(2);
    assertThat(size()).isEqualTo(4);
  }

  @Test
  void ownChanges_areInTheNextListing() throws ErrnoException {
    InodeId file = copies.lookup(ME, dir, FILE).id();
    long handle = copies.open(ME, file, OpenFlags.O_RDWR).handle();
    warm();
    copies.write(ME, handle, 0, ByteBuffer.wrap("own".getBytes(US_ASCII)));
    assertThat(size()).isEqualTo(3);
    warm();
    copies.setattr(ME, file, 0, SetAttr.ofMode(0600));
    assertThat(requireNonNull(entry(list(true), FILE).stat()).mode() & 0777).isEqualTo(0600);
    warm();
    copies.unlink(ME, dir, FILE);
    assertThat(list(true)).noneMatch(e -> e.name().equals(FILE));
    copies.rmdir(ME, dir, Name.of("below"));
    for (DirEntry entry : list(false)) {
      if (!entry.name().isDots()) {
        copies.unlink(ME, dir, entry.name());
      }
    }
    list(true);
    list(true);
    copies.rmdir(ME, copies.root(ME).id(), Name.of("dir"));
    assertThatThrownBy(() -> list(false))
        .isInstanceOfSatisfying(
            ErrnoException.class, e -> assertThat(e.errno()).isEqualTo(Errno.ENOENT));
  }

  @Test
  void listingOfAnother_isAskedFor() throws ErrnoException {
    warm();
    copies.readdir(THEM, listed, 0, 700, true);
    assertThat(below.came()).containsExactly("readdir");
  }

  // ---- replies that overtake each other ----

  private List<Object> send(Operation<?> operation) {
    List<Object> end = new ArrayList<>();
    copies.submit(
        ME,
        operation,
        new Completion<Object>() {
          @Override
          public void done(Object result) {
            end.add(result);
          }

          @Override
          public void failed(Errno errno) {
            end.add(errno);
          }
        });
    return end;
  }

  private Operation.Readdir all() {
    return new Operation.Readdir(listed, 0, 1 << 16, true);
  }

  @Test
  void listingThatWasOnItsWay_whenTheLeaseWasRecalled_isNotKept() throws ErrnoException {
    list(true);
    copies.call(ME, all());
    below.came();
    copies.setattr(ME, dir, 0, SetAttr.ofMode(0755)); // an empty copy
    below.toHold.add("readdir");
    List<Object> late = send(all());
    assertThat(late).isEmpty();
    othersWrite(3);
    below.held.remove().run();
    assertThat(late).hasSize(1);
    assertThat(size()).isEqualTo(3);
  }

  @Test
  void ownWriteUnderWay_whileItIsListed_isNotKept() throws ErrnoException {
    InodeId file = copies.lookup(ME, dir, FILE).id();
    long handle = copies.open(ME, file, OpenFlags.O_RDWR).handle();
    list(true);
    copies.call(ME, all());
    copies.setattr(ME, dir, 0, SetAttr.ofMode(0755)); // an empty copy
    below.toHold.add("readdir");
    List<Object> late = send(all()); // from before the write
    copies.write(ME, handle, 0, ByteBuffer.wrap("own".getBytes(US_ASCII)));
    below.held.remove().run();
    assertThat(late).hasSize(1);
    assertThat(size()).isEqualTo(3);
    warm();

    below.toHold.add("write");
    List<Object> write =
        send(new Operation.Write(handle, 0, ByteBuffer.wrap("longer".getBytes(US_ASCII))));
    assertThat(size()).as("done, and not answered yet").isEqualTo(6);
    below.held.remove().run();
    assertThat(write).containsExactly(6);
    assertThat(size()).isEqualTo(6);
  }

  @Test
  void grantThatItsRecallOvertook_isNone() throws ErrnoException {
    list(true);
    below.toHold.add("leasenames");
    send(all()); // asks for the lease
    othersWrite(1); // wants it back, and has it
    below.held.remove().run();
    below.came();
    list(true);
    assertThat(below.came()).as("asked for again").contains("leasenames");
    othersWrite(1);
    assertThat(size()).isEqualTo(2);
  }
}
