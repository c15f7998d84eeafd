package dev.coterie.check.suite;

import static dev.coterie.api.OpenFlags.O_RDONLY;
import static dev.coterie.api.OpenFlags.O_RDWR;
import static dev.coterie.api.OpenFlags.O_TRUNC;
import static dev.coterie.api.OpenFlags.O_WRONLY;
import static dev.coterie.api.Operation.Rename.RENAME_EXCHANGE;
import static dev.coterie.check.suite.Actor.bytes;
import static dev.coterie.check.suite.Checks.fails;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.coterie.api.DirEntry;
import dev.coterie.api.Errno;
import dev.coterie.api.ErrnoException;
import dev.coterie.api.InodeId;
import dev.coterie.api.LeaseMode;
import dev.coterie.api.LeaseName;
import dev.coterie.api.LeasePlane;
import dev.coterie.api.Limits;
import dev.coterie.api.Mode;
import dev.coterie.api.Name;
import dev.coterie.api.Operation;
import dev.coterie.api.Operation.Leased;
import dev.coterie.api.SetAttr;
import dev.coterie.api.Stat;
import dev.coterie.api.Timestamp;
import dev.coterie.check.host.AclText;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** Leases: what is recalled for what, and what a change waits for. */
interface LeaseChecks extends Checks {
  private static int ask(Actor one, String path) throws ErrnoException {
    return one.service().lease(one.caller(), one.id(path)).seq();
  }

  private static LeaseName lease(Actor one, String path) throws ErrnoException {
    Leased leased = one.service().lease(one.caller(), one.id(path));
    assertThat(leased.seq()).as("lease on %s", path).isNotZero();
    return new LeaseName(leased.stat().id(), leased.seq());
  }

  private static LeaseName names(Actor one, String path) throws ErrnoException {
    Stat stat = one.stat(path);
    Leased leased = one.service().call(one.caller(), new Operation.LeaseNames(stat.id()));
    assertThat(leased.stat()).isEqualTo(stat);
    assertThat(leased.seq()).as("lease on the names of %s", path).isNotZero();
    return new LeaseName(stat.id(), LeasePlane.NAMES, leased.seq());
  }

  private static List<DirEntry> list(Actor one, String path) throws ErrnoException {
    return one.service().readdir(one.caller(), one.open(path, O_RDONLY), 0, 1 << 16, true);
  }

  private static void giveBack(Actor one, LeaseName... leases) throws ErrnoException {
    one.service().returnLeases(one.caller(), List.of(leases));
  }

  private static void noRecall(Actor one) {
    fails(Errno.EAGAIN, () -> one.service().nextRecalls(one.caller(), 10, false));
  }

  @SuppressWarnings("unchecked") // what NextRecalls answers
  private static List<LeaseName> recalls(Actor one) throws Exception {
    Object end = Sent.send(one, new Operation.NextRecalls(10, true)).ended();
    assertThat(end).isInstanceOf(List.class);
    return (List<LeaseName>) end;
  }

  private static void done(Sent change) throws Exception {
    assertThat(change.ended()).as("errors are names").isNotInstanceOf(String.class);
  }

  private static Operation<?> write(Actor one, String path) throws ErrnoException {
    return new Operation.Write(one.open(path, O_WRONLY), 0, bytes("new"));
  }

  /** A kind of change. */
  interface Kind {
    Operation<?> of(Actor one, InodeId file) throws ErrnoException;
  }

  private static Map<String, Kind> changesOfFile() {
    Name acl = Name.of("system.posix_acl_access");
    Map<String, Kind> all = new LinkedHashMap<>();
    all.put("write", (one, f) -> new Operation.Write(open(one, f), 2, bytes("new")));
    all.put("append", (one, f) -> new Operation.Append(open(one, f), bytes("new")));
    all.put("writeNext", (one, f) -> new Operation.WriteNext(open(one, f), bytes("new")));
    all.put("chmod", (one, f) -> new Operation.Setattr(f, 0, SetAttr.ofMode(0600)));
    all.put("chown", (one, f) -> new Operation.Setattr(f, 0, SetAttr.ofOwner(1001, 1001)));
    all.put("truncate", (one, f) -> new Operation.Setattr(f, 0, SetAttr.ofSize(1)));
    all.put("ftruncate", (one, f) -> new Operation.Setattr(f, open(one, f), SetAttr.ofSize(9)));
    all.put(
        "utimens",
        (one, f) ->
            new Operation.Setattr(
                f, 0, SetAttr.ofTimes(null, new SetAttr.Time.At(new Timestamp(5, 6)))));
    all.put("O_TRUNC", (one, f) -> new Operation.Open(f, O_WRONLY | O_TRUNC));
    all.put("fallocate", (one, f) -> new Operation.Fallocate(open(one, f), 0, 0, 99));
    all.put(
        "copyRange",
        (one, f) -> new Operation.CopyRange(one.open("/source", O_RDONLY), 0, open(one, f), 0, 3));
    all.put(
        "setxattr", (one, f) -> new Operation.Setxattr(f, Name.of("user.b"), new byte[] {1}, 0));
    all.put("removexattr", (one, f) -> new Operation.Removexattr(f, Name.of("user.a")));
    all.put("acl", (one, f) -> new Operation.Setxattr(f, acl, AclText.parse("u::r,g::r,o::r"), 0));
    all.put("link", (one, f) -> new Operation.Link(f, one.id("/d"), Name.of("second")));
    all.put("unlink", (one, f) -> new Operation.Unlink(one.root(), Name.of("f")));
    all.put(
        "rename",
        (one, f) -> new Operation.Rename(one.root(), Name.of("f"), one.id("/d"), Name.of("g"), 0));
    all.put(
        "rename over",
        (one, f) ->
            new Operation.Rename(one.root(), Name.of("source"), one.root(), Name.of("f"), 0));
    all.put(
        "exchange",
        (one, f) ->
            new Operation.Rename(
                one.root(), Name.of("source"), one.root(), Name.of("f"), RENAME_EXCHANGE));
    return all;
  }

  private static long open(Actor one, InodeId file) throws ErrnoException {
    return one.service().open(one.caller(), file, O_RDWR).handle();
  }

  private static Map<String, Kind> changesOfDirectory() {
    Map<String, Kind> all = new LinkedHashMap<>();
    all.put("create", (one, d) -> new Operation.Create(d, Name.of("new"), O_RDWR | 0100, 0644));
    all.put("mkdir", (one, d) -> new Operation.Mkdir(d, Name.of("new"), 0755));
    all.put("symlink", (one, d) -> new Operation.Symlink(d, Name.of("new"), new byte[] {'t'}));
    all.put("mknod", (one, d) -> new Operation.Mknod(d, Name.of("new"), Mode.S_IFIFO | 0644, 0));
    all.put("link", (one, d) -> new Operation.Link(one.id("/source"), d, Name.of("new")));
    all.put("unlink", (one, d) -> new Operation.Unlink(d, Name.of("file")));
    all.put("rmdir", (one, d) -> new Operation.Rmdir(d, Name.of("empty")));
    all.put(
        "rename in it", (one, d) -> new Operation.Rename(d, Name.of("file"), d, Name.of("new"), 0));
    all.put(
        "rename into it",
        (one, d) -> new Operation.Rename(one.root(), Name.of("source"), d, Name.of("new"), 0));
    all.put(
        "rename out of it",
        (one, d) -> new Operation.Rename(d, Name.of("file"), one.root(), Name.of("new"), 0));
    all.put("chmod", (one, d) -> new Operation.Setattr(d, 0, SetAttr.ofMode(0700)));
    all.put(
        "rename of it",
        (one, d) ->
            new Operation.Rename(one.root(), Name.of("d"), one.root(), Name.of("renamed"), 0));
    return all;
  }

  private static void make(Actor one) throws ErrnoException {
    one.file("/source", "source");
    one.file("/f", "content");
    one.setxattr("/f", "user.a", "1");
    one.mkdir("/d");
    one.mkdir("/d/empty");
    one.file("/d/file", "");
  }

  private static void clear(Actor one) throws ErrnoException {
    for (String path : List.of("/", "/d/", "/renamed/")) {
      for (String name : List.of("file", "new", "second", "g", "f", "source")) {
        Checks.errnoOf(() -> one.unlink(path + name));
        Checks.errnoOf(() -> one.rmdir(path + name));
      }
      Checks.errnoOf(() -> one.rmdir(path + "empty"));
    }
    Checks.errnoOf(() -> one.rmdir("/d"));
    Checks.errnoOf(() -> one.rmdir("/renamed"));
  }

  /** How a lease is taken. */
  interface Taking {
    LeaseName of(Actor one, String path) throws ErrnoException;
  }

  private static void eachWaits(
      Taking taking, String path, Map<String, Kind> kinds, Actor holder, Actor writer, Actor reader)
      throws Exception {
    for (Map.Entry<String, Kind> kind : kinds.entrySet()) {
      make(writer);
      LeaseName lease = taking.of(holder, path);
      Stat before = reader.stat(path);
      Sent change = Sent.send(writer, kind.getValue().of(writer, writer.id(path)));
      assertThat(recalls(holder)).as(kind.getKey()).containsExactly(lease);
      assertThat(change.waits()).as(kind.getKey()).isTrue();
      assertThat(reader.stat(path)).as("before %s", kind.getKey()).isEqualTo(before);
      giveBack(holder, lease);
      done(change);
      assertThat(reader.service().getattr(reader.caller(), before.id()).change())
          .as("after %s", kind.getKey())
          .isGreaterThan(before.change());
      noRecall(holder);
      clear(writer);
    }
  }

  // ---- what recalls ----

  @Test
  default void eachChangeOfAFile_waitsForTheLease() throws Exception {
    eachWaits(LeaseChecks::lease, "/f", changesOfFile(), root(), root(), root());
  }

  @Test
  default void eachChangeOfADirectory_waitsForTheLease() throws Exception {
    eachWaits(LeaseChecks::lease, "/d", changesOfDirectory(), root(), root(), root());
  }

  @Test
  default void eachChangeOfADirectory_waitsForTheLeaseOnItsNames() throws Exception {
    eachWaits(LeaseChecks::names, "/d", changesOfDirectory(), root(), root(), root());
  }

  /** Of what the directory alone names, or what lies in it. */
  @Test
  default void eachChangeOfAnEntry_waitsForTheLeaseOnNames() throws Exception {
    Actor holder = root();
    Actor writer = root();
    Actor reader = root();
    Map<String, Operation<?>> changes = new LinkedHashMap<>();
    make(writer);
    InodeId file = writer.id("/d/file");
    changes.put("write", write(writer, "/d/file"));
    changes.put("chmod", new Operation.Setattr(file, 0, SetAttr.ofMode(0600)));
    changes.put("below", new Operation.Mkdir(writer.id("/d/empty"), Name.of("new"), 0755));
    for (Map.Entry<String, Operation<?>> change : changes.entrySet()) {
      LeaseName lease = names(holder, "/d");
      List<DirEntry> before = list(reader, "/d");
      Sent sent = Sent.send(writer, change.getValue());
      assertThat(recalls(holder)).as(change.getKey()).containsExactly(lease);
      assertThat(sent.waits()).as(change.getKey()).isTrue();
      assertThat(list(reader, "/d")).isEqualTo(before);
      giveBack(holder, lease);
      done(sent);
      assertThat(list(reader, "/d")).as("after %s", change.getKey()).isNotEqualTo(before);
      noRecall(holder);
    }
  }

  @Test
  default void removedDirectory_waitsForTheLease() throws Exception {
    Actor holder = root();
    Actor writer = root();
    writer.mkdir("/e");
    LeaseName lease = lease(holder, "/e");
    Sent change = Sent.send(writer, new Operation.Rmdir(writer.root(), Name.of("e")));
    assertThat(recalls(holder)).containsExactly(lease);
    assertThat(holder.stat("/e").nlink()).isEqualTo(2);
    giveBack(holder, lease);
    done(change);
    fails(Errno.ENOENT, () -> holder.stat("/e"));
  }

  /** It sees its own changes by itself. */
  @Test
  default void ownChanges_recallNothing() throws Exception {
    Actor holder = root();
    for (Map.Entry<String, Kind> kind : changesOfFile().entrySet()) {
      make(holder);
      LeaseName lease = lease(holder, "/f");
      done(Sent.send(holder, kind.getValue().of(holder, holder.id("/f"))));
      noRecall(holder);
      giveBack(holder, lease);
      clear(holder);
    }
  }

  @Test
  default void lookingRecallsNothing() throws Exception {
    Actor holder = root();
    Actor reader = root();
    make(reader);
    LeaseName file = lease(holder, "/f");
    LeaseName directory = lease(holder, "/d");
    LeaseName strict = lease(holder, "/strict");
    target().tick();
    assertThat(reader.content("/f")).isEqualTo("content");
    assertThat(reader.names("/d")).containsExactlyInAnyOrder("empty", "file");
    assertThat(reader.names("/strict")).isEmpty();
    fails(Errno.ENOENT, () -> reader.stat("/d/absent"));
    reader.access("/f", 4);
    assertThat(reader.listxattr("/f")).containsExactly("user.a");
    assertThat(reader.getxattr("/f", "user.a")).isEqualTo("1");
    reader.service().fsync(reader.caller(), reader.open("/f", O_RDWR), false);
    reader.statfs("/d");
    noRecall(holder);
    assertThat(lease(holder, "/f")).isEqualTo(file);
    assertThat(lease(holder, "/d")).isEqualTo(directory);
    assertThat(lease(holder, "/strict")).isEqualTo(strict);
  }

  /** What cannot be done anyway asks nobody. */
  @Test
  default void changesThatAreRefused_recallNothing() throws Exception {
    Actor holder = root();
    Actor other = process(CAROL);
    make(holder);
    lease(holder, "/f");
    lease(holder, "/d");
    fails(Errno.EPERM, () -> other.chmod("/f", 0600));
    fails(Errno.EACCES, () -> other.truncate("/f", 0));
    fails(Errno.EACCES, () -> other.mkdir("/d/new"));
    fails(Errno.EACCES, () -> other.unlink("/d/file"));
    Actor root = root();
    fails(Errno.EEXIST, () -> root.mkdir("/d/file"));
    fails(Errno.ENOTEMPTY, () -> root.rmdir("/d"));
    noRecall(holder);
  }

  // ---- holders ----

  @Test
  default void change_waitsForAllHolders_andIsDoneOnce() throws Exception {
    Actor writer = root();
    writer.file("/f", "");
    List<Actor> holders = List.of(root(), root(), root());
    List<LeaseName> leases = new ArrayList<>();
    for (Actor holder : holders) {
      leases.add(lease(holder, "/f"));
    }
    long handle = writer.open("/f", O_WRONLY);
    Sent change = Sent.send(writer, new Operation.Append(handle, bytes("once")));
    for (int i = 0; i < holders.size(); i++) {
      assertThat(recalls(holders.get(i))).containsExactly(leases.get(i));
      assertThat(change.waits()).isTrue();
      assertThat(holders.get(0).content("/f")).isEmpty();
      assertThat(ask(holders.get(0), "/f")).as("while somebody waits").isZero();
      giveBack(holders.get(i), leases.get(i));
    }
    done(change);
    assertThat(holders.get(0).content("/f")).isEqualTo("once");
    LeaseName later = lease(holders.get(0), "/f");
    assertThat(later.seq()).isNotIn(leases.stream().map(LeaseName::seq).toList());
  }

  @Test
  default void changes_ofTwoWhoHaveLeases_areBothDone() throws Exception {
    Actor one = root();
    Actor other = root();
    one.file("/f", "");
    LeaseName mine = lease(one, "/f");
    LeaseName theirs = lease(other, "/f");
    Sent first = Sent.send(one, write(one, "/f"));
    assertThat(recalls(other)).containsExactly(theirs);
    Sent second = Sent.send(other, write(other, "/f"));
    assertThat(recalls(one)).containsExactly(mine);
    giveBack(other, theirs);
    giveBack(one, mine);
    done(first);
    done(second);
  }

  @Test
  default void deadHolder_holdsUpNobody() throws Exception {
    Actor holder = root();
    Actor writer = root();
    writer.file("/f", "");
    lease(holder, "/f");
    Sent change = Sent.send(writer, write(writer, "/f"));
    recalls(holder);
    holder.service().close();
    done(change);
  }

  /** Its time is {@link Limits#LEASE_RECALL_MS}. */
  @Test
  default void holderThatGivesNothingBack_isNotWaitedForWithoutEnd() throws Exception {
    Actor holder = root();
    Actor writer = root();
    writer.file("/f", "");
    LeaseName lease = lease(holder, "/f");
    target().alarm().hurry();
    Sent change = Sent.send(writer, write(writer, "/f"));
    done(change);
    assertThatThrownBy(() -> holder.service().root(holder.caller()))
        .isInstanceOf(ErrnoException.class);
    assertThatThrownBy(() -> giveBack(holder, lease)).isInstanceOf(ErrnoException.class);
  }

  /** The lease is on the inode, and whoever comes upon it by another way meets it. */
  @Test
  default void forgottenInode_isStillLeased() throws Exception {
    Actor holder = root();
    Actor writer = root();
    writer.file("/f", "");
    LeaseName lease = lease(holder, "/f");
    holder.service().forget(holder.caller(), lease.id(), 1);
    holder.root(); // behind it
    Sent change = Sent.send(writer, write(writer, "/f"));
    assertThat(recalls(holder)).containsExactly(lease);
    assertThat(change.waits()).isTrue();
    giveBack(holder, lease);
    done(change);
  }

  // ---- giving up ----

  @Test
  default void cancelledChange_isNotDone() throws Exception {
    Actor holder = root();
    Actor writer = root();
    writer.file("/f", "");
    LeaseName lease = lease(holder, "/f");
    Sent change = Sent.send(writer, write(writer, "/f"));
    assertThat(recalls(holder)).containsExactly(lease);
    change.ticket().cancel();
    assertThat(change.ended()).isEqualTo("EINTR");
    giveBack(holder, lease);
    assertThat(holder.content("/f")).isEmpty();
    lease(holder, "/f");
  }

  @Test
  default void interruptedChange_isNotDone() throws Exception {
    Actor holder = root();
    Actor writer = root();
    writer.file("/f", "");
    LeaseName lease = lease(holder, "/f");
    AtomicReference<@Nullable Errno> end = new AtomicReference<>();
    Thread thread =
        Thread.ofPlatform().start(() -> end.set(Checks.errnoOf(() -> writer.truncate("/f", 5))));
    assertThat(recalls(holder)).containsExactly(lease);
    thread.interrupt();
    thread.join();
    assertThat(end.get()).isEqualTo(Errno.EINTR);
    giveBack(holder, lease);
    assertThat(holder.stat("/f").size()).isZero();
    lease(holder, "/f");
  }

  /** Whoever won, the change is as its answer says, and done once at most. */
  @Test
  default void giveBackAgainstCancel_hasOneWinner() throws Exception {
    Actor holder = root();
    Actor writer = root();
    for (int round = 0; round < 100; round++) {
      String path = "/f" + round;
      writer.file(path, "");
      LeaseName lease = lease(holder, path);
      Operation<?> append = new Operation.Append(writer.open(path, O_WRONLY), bytes("x"));
      Sent change = Sent.send(writer, append);
      assertThat(recalls(holder)).containsExactly(lease);
      Checks.together(
          2,
          i -> {
            if (i == 0) {
              giveBack(holder, lease);
            } else {
              change.ticket().cancel();
            }
            return 0;
          });
      boolean given = change.ended().equals("EINTR");
      assertThat(holder.content(path)).isEqualTo(given ? "" : "x");
      writer.unlink(path);
    }
  }

  // ---- asking for recalls ----

  /** Taken by an answer that the giving up crosses, or left for the next who asks. */
  @Test
  default void recall_isNotLost_whenAskingForItIsGivenUp() throws Exception {
    Actor holder = root();
    Actor writer = root();
    for (int round = 0; round < 100; round++) {
      String path = "/f" + round;
      writer.file(path, "");
      LeaseName lease = lease(holder, path);
      Operation<?> write = write(writer, path);
      Sent asked = Sent.of(holder, new Operation.NextRecalls(10, true));
      List<Sent> changes = Collections.synchronizedList(new ArrayList<>());
      Checks.together(
          2,
          i -> {
            if (i == 0) {
              changes.add(Sent.send(writer, write));
            } else {
              asked.ticket().cancel();
            }
            return 0;
          });
      if (asked.ended().equals("EINTR")) {
        assertThat(recalls(holder)).containsExactly(lease);
      } else {
        assertThat(asked.ended()).isEqualTo(List.of(lease));
      }
      giveBack(holder, lease);
      done(changes.get(0));
      noRecall(holder);
    }
  }

  @Test
  default void recalls_ofNobody_areNone() throws Exception {
    Actor one = root();
    noRecall(one);
    fails(Errno.EINVAL, () -> one.service().nextRecalls(one.caller(), 0, true));
    fails(Errno.EINVAL, () -> one.service().nextRecalls(one.caller(), -1, false));
    Sent asked = Sent.of(one, new Operation.NextRecalls(Integer.MAX_VALUE, true));
    assertThat(asked.waits()).isTrue();
    fails(Errno.EBUSY, () -> one.service().nextRecalls(one.caller(), 1, true));
    asked.ticket().cancel();
    assertThat(asked.ended()).isEqualTo("EINTR");
  }

  @Test
  default void recalls_areTakenAFewAtATime() throws Exception {
    Actor holder = root();
    Actor writer = root();
    List<LeaseName> leases = new ArrayList<>();
    List<Sent> changes = new ArrayList<>();
    for (int i = 0; i < 7; i++) {
      writer.file("/f" + i, "");
      leases.add(lease(holder, "/f" + i));
    }
    for (int i = 0; i < 7; i++) {
      changes.add(Sent.of(writer, write(writer, "/f" + i)));
    }
    List<LeaseName> taken = new ArrayList<>();
    while (taken.size() < 7) {
      List<LeaseName> some = holder.service().nextRecalls(holder.caller(), 3, true);
      assertThat(some).hasSizeBetween(1, 3);
      taken.addAll(some);
    }
    assertThat(taken).containsExactlyElementsOf(leases);
    holder.service().returnLeases(holder.caller(), leases);
    for (Sent change : changes) {
      done(change);
    }
  }

  @Test
  default void recall_ofWhatWasGivenBackMeanwhile_isNotTold() throws Exception {
    Actor holder = root();
    Actor writer = root();
    writer.file("/f", "");
    LeaseName lease = lease(holder, "/f");
    Sent change = Sent.of(writer, write(writer, "/f"));
    assertThat(change.waits()).isTrue();
    giveBack(holder, lease);
    done(change);
    noRecall(holder);
  }

  // ---- a rest of it is kept ----

  @Test
  default void look_atWhatAnotherHasAlone_leavesItSharedLease() throws Exception {
    Actor holder = root();
    Actor other = root();
    other.file("/f", "");
    long handle = holder.open("/f", O_RDWR);
    InodeId id = holder.id("/f");
    assertThat(other.id("/f")).isEqualTo(id);
    Leased leased =
        holder.service().call(holder.caller(), new Operation.Lease(id, LeaseMode.EXCLUSIVE));
    assertThat(leased.mode()).isEqualTo(LeaseMode.EXCLUSIVE);
    LeaseName lease = new LeaseName(id, leased.seq());
    LeaseName shared = lease.keeping(LeaseMode.SHARED);
    Sent look = Sent.send(other, new Operation.Getattr(id));
    assertThat(recalls(holder)).containsExactly(shared);
    holder.service().write(holder.caller(), handle, 0, bytes("abc"));
    assertThat(look.waits()).isTrue();
    giveBack(holder, shared);
    assertThat(look.ended())
        .isInstanceOfSatisfying(Stat.class, s -> assertThat(s.size()).isEqualTo(3));
    assertThat(lease(holder, "/f")).isEqualTo(lease);
    noRecall(holder);
    Sent change = Sent.send(other, write(other, "/f")); // opened first, which waits for nothing
    assertThat(recalls(holder)).containsExactly(lease);
    giveBack(holder, shared);
    other.stat("/f");
    assertThat(change.waits()).as("for all of it").isTrue();
    giveBack(holder, lease);
    done(change);
  }

  // ---- lies, and what is no error ----

  @Test
  default void wrongNames_giveNothingBack() throws Exception {
    Actor holder = root();
    Actor writer = root();
    Actor liar = root();
    writer.file("/f", "");
    writer.file("/g", "");
    LeaseName lease = lease(holder, "/f");
    LeaseName other = lease(liar, "/g");
    Sent change = Sent.send(writer, write(writer, "/f"));
    assertThat(recalls(holder)).containsExactly(lease);
    InodeId id = lease.id();
    giveBack(liar, lease, other, other);
    giveBack(
        holder,
        new LeaseName(id, lease.seq() + 1),
        new LeaseName(id, 0),
        new LeaseName(id, -1),
        new LeaseName(new InodeId(id.number(), id.generation() + 1), lease.seq()),
        new LeaseName(other.id(), other.seq()),
        new LeaseName(new InodeId(-1, -1), 1));
    writer.root();
    assertThat(change.waits()).isTrue();
    giveBack(holder, lease, lease);
    done(change);
    LeaseName next = lease(holder, "/f");
    giveBack(holder, lease);
    Sent again = Sent.send(writer, write(writer, "/f"));
    assertThat(recalls(holder)).containsExactly(next);
    assertThat(again.waits()).isTrue();
    giveBack(holder, next);
    done(again);
  }

  @Test
  default void recalls_givingBackTooManyAtOnce_isEinval() throws Exception {
    Actor one = root();
    LeaseName none = new LeaseName(new InodeId(1, 2), 3);
    List<LeaseName> most = Collections.nCopies(Limits.LEASES_PER_MESSAGE, none);
    one.service().returnLeases(one.caller(), most);
    one.service().returnLeases(one.caller(), List.of());
    List<LeaseName> over = Collections.nCopies(Limits.LEASES_PER_MESSAGE + 1, none);
    fails(Errno.EINVAL, () -> one.service().returnLeases(one.caller(), over));
  }

  @Test
  default void lease_hasTheAttributes_ofWhateverItIs() throws Exception {
    Actor one = root();
    one.file("/f", "content");
    one.symlink("f", "/l");
    one.mknod("/p", Mode.S_IFIFO | 0644, 0);
    for (String path : List.of("/f", "/l", "/p", "/other")) {
      Stat stat = one.stat(path);
      assertThat(one.service().lease(one.caller(), stat.id()).stat()).as(path).isEqualTo(stat);
    }
    assertThat(ask(one, "/l")).as("no use of a copy").isZero();
    assertThat(ask(one, "/p")).isZero();
    fails(Errno.ESTALE, () -> one.service().lease(one.caller(), new InodeId(-1, -1)));
  }

  @Test
  default void lease_onNames_hasTheAttributes_ofWhateverItIs() throws Exception {
    Actor one = root();
    one.file("/f", "content");
    one.mkdir("/d");
    for (String path : List.of("/f", "/d")) {
      Stat stat = one.stat(path);
      Operation.LeaseNames wish = new Operation.LeaseNames(stat.id());
      Leased leased = one.service().call(one.caller(), wish);
      assertThat(leased.stat()).as(path).isEqualTo(stat);
      assertThat(leased.seq() == 0 || path.equals("/d")).as(path).isTrue();
    }
    Operation.LeaseNames unknown = new Operation.LeaseNames(new InodeId(-1, -1));
    fails(Errno.ESTALE, () -> one.service().call(one.caller(), unknown));
  }

  /** However often it asks, a session has one. */
  @Test
  default void leases_askedForAgain_areTheSame() throws Exception {
    Actor holder = root();
    Actor writer = root();
    writer.file("/f", "");
    LeaseName lease = lease(holder, "/f");
    InodeId id = lease.id();
    for (int i = 0; i < 1000; i++) {
      assertThat(holder.service().lease(holder.caller(), id).seq()).isEqualTo(lease.seq());
    }
    Sent change = Sent.send(writer, write(writer, "/f"));
    assertThat(recalls(holder)).containsExactly(lease);
    giveBack(holder, lease);
    done(change);
  }
}
