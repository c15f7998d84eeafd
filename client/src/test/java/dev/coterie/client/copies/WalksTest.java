package dev.coterie.client.copies;

import static org.assertj.core.api.Assertions.assertThat;

import dev.coterie.api.Caller;
import dev.coterie.api.Completion;
import dev.coterie.api.Errno;
import dev.coterie.api.ErrnoException;
import dev.coterie.api.FileService;
import dev.coterie.api.InodeId;
import dev.coterie.api.Mode;
import dev.coterie.api.Name;
import dev.coterie.api.OpenFlags;
import dev.coterie.api.Operation;
import dev.coterie.api.Operation.Leased;
import dev.coterie.api.Operation.Opened;
import dev.coterie.api.SetAttr;
import dev.coterie.api.Stat;
import dev.coterie.api.StepsAhead;
import dev.coterie.api.Ticket;
import dev.coterie.api.Tree;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What is read ahead, of an inode that is not known yet: kept only if it can be relied on. */
class WalksTest {
  private static final Caller ME = Caller.ROOT;
  private static final Name F = Name.of("f");

  private final ScriptedLeader leader = new ScriptedLeader();
  private final ScriptedLeader.File file = leader.file("f", "old");
  private final Steps steps = new Steps();
  private final Copies copies = new Copies(steps, 1 << 20, () -> 0);

  /** Does them, and something else in between. */
  private final class Steps implements FileService, StepsAhead {
    private Runnable beforeRead = () -> {};
    private Runnable afterRead = () -> {};

    @Override
    public Walked walkAhead(Caller caller, InodeId dir, List<Name> names, @Nullable Opening opening)
        throws ErrnoException {
      Stat found = leader.lookup(caller, dir, names.getFirst());
      if (opening == null) {
        return new Walked(List.of(found), null, -1, null, null);
      }
      Opened opened = leader.open(caller, found.id(), opening.flagsAhead());
      beforeRead.run();
      ByteBuffer buffer = opening.buffer();
      int count = buffer == null ? -1 : leader.read(caller, opened.handle(), 0, buffer);
      afterRead.run();
      Leased leased = opening.content() == Content.LEASED ? opened.leased() : null;
      return new Walked(List.of(found), opened, count, leased, null);
    }

    @Override
    public <R> Ticket submit(
        Caller caller, Operation<R> operation, Completion<? super R> completion) {
      return leader.submit(caller, operation, completion);
    }

    @Override
    public void close() {}
  }

  @BeforeEach
  void refer() throws ErrnoException {
    copies.root(ME);
    leader.came();
  }

  // ---- kept ----

  @Test
  void coldRead_keepsWhatItRead() throws ErrnoException {
    long handle = open();
    assertThat(leader.came()).containsExactly("lookup", "open", "read");
    assertThat(copies.getattr(ME, file.id).size()).isEqualTo(3);
    assertThat(read(handle)).isEqualTo("old");
    assertThat(copies.read(ME, handle, 3, ByteBuffer.allocate(1))).isZero();
    assertThat(leader.came()).isEmpty();
  }

  @Test
  void references_areThoseOfTheSteps() throws ErrnoException {
    long handle = open();
    copies.forget(ME, file.id, 1);
    copies.getattr(ME, file.id);
    copies.close(ME, handle);
    assertThat(leader.references.get(file.id)).isZero();
    assertThat(leader.handles).isEmpty();
  }

  @Test
  void handleWhoseReadsAreNotKept_readsNothingAhead() throws ErrnoException {
    open(OpenFlags.O_NOATIME);
    assertThat(leader.came()).containsExactly("lookup", "open");
  }

  // ---- not kept ----

  @Test
  void grantThatComesAfterItsRecall_isNotUsed() throws ErrnoException {
    steps.afterRead =
        () -> {
          leader.recall(file); // and its reply is still on the way
          file.mode = Mode.S_IFREG | 0600;
          file.content = bytes("new");
        };
    assertFresh(open());
  }

  @Test
  void ownChangeMeanwhile_isSeen() throws ErrnoException {
    steps.afterRead =
        () -> {
          copies.submit(
              ME, new Operation.Setattr(file.id, 0, SetAttr.ofMode(0600)), Unheard.UNHEARD);
          file.content = bytes("new"); // by one of our own writes
        };
    assertFresh(open());
  }

  /** Of a file that is made anew by another thread: it is not known which it is until the reply. */
  @Test
  void ownChangeOfSomethingMeanwhile_isSeen() throws ErrnoException {
    steps.afterRead =
        () -> {
          Operation<Opened> create =
              new Operation.Create(ScriptedLeader.ROOT, F, OpenFlags.O_TRUNC, 0);
          copies.submit(ME, create, Unheard.UNHEARD);
          file.mode = Mode.S_IFREG | 0600;
          file.content = bytes("new");
        };
    assertFresh(open());
  }

  /** Another's change after the grant, so that it was recalled for that, and before the reading. */
  @Test
  void changeBetweenGrantAndRead_isSeen() throws ErrnoException {
    steps.beforeRead =
        () -> {
          leader.recall(file);
          file.mode = Mode.S_IFREG | 0600;
          file.content = bytes("new");
        };
    assertFresh(open());
  }

  @Test
  void withoutALease_nothingIsKept() throws ErrnoException {
    leader.refusesLeases = true;
    long handle = open();
    file.mode = Mode.S_IFREG | 0600;
    file.content = bytes("new");
    assertFresh(handle);
  }

  /** Its beginning was read before a change of our own, which may be in the copy alone. */
  @Test
  void readAll_whenOurOwnChangeCameBetween_readsAgain() throws ErrnoException {
    try (Tree tree = Tree.of(copies, ME)) {
      steps.afterRead =
          () -> {
            copies.submit(
                ME, new Operation.Setattr(file.id, 0, SetAttr.ofMode(0600)), Unheard.UNHEARD);
            file.content = bytes("newer");
          };
      assertThat(tree.readAll("f")).isEqualTo(bytes("newer"));
    }
  }

  // ---- the ends ----

  private long open() throws ErrnoException {
    return open(OpenFlags.O_RDONLY);
  }

  private long open(int flags) throws ErrnoException {
    StepsAhead.Opening opening = new StepsAhead.Opening(flags, StepsAhead.Content.SOON, null);
    StepsAhead.Walked walked = copies.walkAhead(ME, ScriptedLeader.ROOT, List.of(F), opening);
    Opened opened = walked.opened();
    assertThat(opened).isNotNull();
    assertThat(walked.count()).as("it is for the copy alone").isEqualTo(-1);
    return opened == null ? 0 : opened.handle();
  }

  private void assertFresh(long handle) throws ErrnoException {
    assertThat(copies.getattr(ME, file.id).mode() & 07777).isEqualTo(0600);
    assertThat(read(handle)).isEqualTo("new");
  }

  private String read(long handle) throws ErrnoException {
    ByteBuffer bytes = ByteBuffer.allocate(4096);
    int count = copies.read(ME, handle, 0, bytes);
    return new String(bytes.array(), 0, count, StandardCharsets.UTF_8);
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  private enum Unheard implements Completion<Object> {
    UNHEARD;

    @Override
    public void done(Object result) {}

    @Override
    public void failed(Errno errno) {}
  }
}
