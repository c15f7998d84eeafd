package dev.coterie.check.suite;

import static dev.coterie.api.OpenFlags.O_APPEND;
import static dev.coterie.api.OpenFlags.O_RDONLY;
import static dev.coterie.api.OpenFlags.O_RDWR;
import static dev.coterie.check.suite.Checks.fails;
import static org.assertj.core.api.Assertions.assertThat;

import dev.coterie.api.Caller;
import dev.coterie.api.Errno;
import dev.coterie.api.ErrnoException;
import dev.coterie.api.Limits;
import dev.coterie.api.Operation.Opened;
import dev.coterie.api.Operation.Whence;
import dev.coterie.api.Token;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Open files that several processes share, as after fork(2). */
interface SharingChecks extends Checks {
  private static Token share(Actor one, long handle) throws ErrnoException {
    return one.service().share(one.caller(), handle);
  }

  private static Opened take(Actor one, Token token) throws ErrnoException {
    return one.service().take(one.caller(), token);
  }

  @Test
  default void take_givesTheSameOpenFile() throws ErrnoException {
    Actor one = root();
    Actor other = root();
    Opened mine = one.create("/f", O_RDWR | O_APPEND, 0644);
    one.writeNext(mine.handle(), "0123");
    Opened theirs = take(other, share(one, mine.handle()));
    assertThat(theirs.stat().id()).isEqualTo(mine.stat().id());
    assertThat(theirs.stat().size()).isEqualTo(4);
    assertThat(theirs.flags()).isEqualTo(mine.flags());
    other.service().getattr(other.caller(), theirs.stat().id());
  }

  @Test
  default void sharedOffset_ofTwoSessions_isOne() throws ErrnoException {
    Actor one = root();
    Actor other = root();
    long mine = one.make("/f");
    one.writeNext(mine, "0123456789");
    one.service().seek(one.caller(), mine, Whence.SET, 0);
    long theirs = take(other, share(one, mine)).handle();
    assertThat(one.readNext(mine, 3)).isEqualTo("012");
    assertThat(other.readNext(theirs, 3)).isEqualTo("345");
    assertThat(one.service().seek(one.caller(), mine, Whence.CUR, 0)).isEqualTo(6);
    other.service().seek(other.caller(), theirs, Whence.SET, 9);
    assertThat(one.readNext(mine, 3)).isEqualTo("9");
  }

  @Test
  default void sharedFlags_ofTwoSessions_areOne() throws ErrnoException {
    Actor one = root();
    Actor other = root();
    long mine = one.make("/f");
    one.write(mine, 0, "0123");
    long theirs = take(other, share(one, mine)).handle();
    other.service().setFlags(other.caller(), theirs, O_APPEND);
    one.write(mine, 0, "45");
    assertThat(one.content("/f")).isEqualTo("012345");
  }

  @Test
  default void sharedOffset_writtenByMany_losesNoLine() throws Exception {
    Actor one = root();
    long mine = one.make("/f");
    Actor[] actors = {root(), root(), root(), root()};
    long[] handles = new long[4];
    for (int i = 0; i < 4; i++) {
      handles[i] = take(actors[i], share(one, mine)).handle();
    }
    Checks.together(
        4,
        i -> {
          for (int k = 0; k < 200; k++) {
            actors[i].writeNext(handles[i], "%d:%04d\n".formatted(i, k));
          }
          return 0;
        });
    String[] lines = one.content("/f").split("\n");
    assertThat(lines).hasSize(800).doesNotHaveDuplicates();
    assertThat(Arrays.stream(lines)).allMatch(line -> line.length() == 6);
  }

  /** As long as nobody else has the handle its offset can be anywhere: here it is said where. */
  @Test
  default void offset_ofWhatWasDoneAlone_isTheOneThatIsShared() throws ErrnoException {
    Actor one = root();
    Actor other = root();
    long mine = one.make("/f");
    one.writeNext(mine, "0123456789");
    assertThat(one.service().seek(one.caller(), mine, Whence.SET, 2)).isEqualTo(2);
    for (char digit = '2'; digit < '5'; digit++) {
      assertThat(one.readNext(mine, 1)).isEqualTo(String.valueOf(digit));
    }
    long theirs = take(other, share(one, mine)).handle();
    assertThat(other.readNext(theirs, 2)).isEqualTo("56");
    other.writeNext(theirs, "x");
    assertThat(one.readNext(mine, 2)).isEqualTo("89");
    one.writeNext(mine, "y");
    assertThat(other.service().seek(other.caller(), theirs, Whence.CUR, 0)).isEqualTo(11);
    assertThat(other.content("/f")).isEqualTo("0123456x89y");
  }

  @Test
  default void offset_ofAnAppender_isTheEnd_aloneAndShared() throws ErrnoException {
    Actor one = root();
    Actor other = root();
    long mine = one.create("/f", O_RDWR | O_APPEND, 0644).handle();
    one.writeNext(mine, "0");
    other.append(other.open("/f", O_RDWR), "1");
    assertThat(one.service().seek(one.caller(), mine, Whence.CUR, 0)).isEqualTo(1);
    assertThat(one.writeNext(mine, "2").offset()).isEqualTo(2);
    assertThat(one.service().seek(one.caller(), mine, Whence.CUR, 0)).isEqualTo(3);
    one.service().seek(one.caller(), mine, Whence.SET, 1);
    long theirs = take(other, share(one, mine)).handle();
    assertThat(other.readNext(theirs, 1)).isEqualTo("1");
    assertThat(other.writeNext(theirs, "3").offset()).isEqualTo(3);
    one.service().setFlags(one.caller(), mine, 0);
    other.service().seek(other.caller(), theirs, Whence.SET, 0);
    assertThat(one.writeNext(mine, "!").offset()).isZero();
    assertThat(one.content("/f")).isEqualTo("!123");
  }

  @Test
  default void end_isWhatOthersHaveMadeIt() throws ErrnoException {
    Actor one = root();
    Actor other = root();
    long mine = one.make("/f");
    for (int size = 0; size < 20; size++) {
      assertThat(one.service().seek(one.caller(), mine, Whence.END, 0)).isEqualTo(size);
      assertThat(one.readNext(mine, 1)).isEmpty();
      other.truncate("/f", size + 1);
    }
    fails(Errno.EINVAL, () -> one.service().seek(one.caller(), mine, Whence.END, -21));
    assertThat(one.service().seek(one.caller(), mine, Whence.CUR, 0)).isEqualTo(19);
  }

  @Test
  default void offset_ofOneProcess_usedByManyThreads_losesNoLine() throws Exception {
    Actor one = root();
    long mine = one.make("/f");
    Checks.together(
        4,
        i -> {
          for (int k = 0; k < 200; k++) {
            one.writeNext(mine, "%d:%04d\n".formatted(i, k));
          }
          return 0;
        });
    String[] lines = one.content("/f").split("\n");
    assertThat(lines).hasSize(800).doesNotHaveDuplicates();
    one.service().seek(one.caller(), mine, Whence.SET, 0);
    List<String> read =
        Checks.together(
            4,
            i -> {
              StringBuilder mineOnly = new StringBuilder();
              for (int k = 0; k < 200; k++) {
                mineOnly.append(one.readNext(mine, 7));
              }
              return mineOnly.toString();
            });
    assertThat(String.join("", read).split("\n")).containsExactlyInAnyOrder(lines);
  }

  @Test
  default void share_whileThreadsWrite_losesNoLine() throws Exception {
    Actor one = root();
    long mine = one.make("/f");
    Actor[] actors = {root(), root()};
    Checks.together(
        4,
        i -> {
          boolean child = i < actors.length;
          Actor actor = child ? actors[i] : one;
          long handle = child ? take(actor, share(one, mine)).handle() : mine;
          for (int k = 0; k < 200; k++) {
            actor.writeNext(handle, "%d:%04d\n".formatted(i, k));
          }
          return 0;
        });
    String[] lines = one.content("/f").split("\n");
    assertThat(lines).hasSize(800).doesNotHaveDuplicates();
    assertThat(Arrays.stream(lines)).allMatch(line -> line.length() == 6);
  }

  @Test
  default void take_twice_isEnoent() throws ErrnoException {
    Actor one = root();
    Token token = share(one, one.make("/f"));
    Actor other = root();
    take(other, token);
    fails(Errno.ENOENT, () -> take(other, token));
    fails(Errno.ENOENT, () -> take(one, token));
  }

  @Test
  default void take_byManyAtOnce_hasOneWinner() throws Exception {
    Actor one = root();
    long handle = one.make("/f");
    Actor[] actors = {root(), root(), root(), root()};
    for (int round = 0; round < 50; round++) {
      Token token = share(one, handle);
      long won =
          Checks.together(4, i -> Checks.errnoOf(() -> take(actors[i], token)) == null).stream()
              .filter(mine -> mine)
              .count();
      assertThat(won).isEqualTo(1);
    }
  }

  @Test
  default void take_ofUnknownToken_isEnoent() throws ErrnoException {
    Actor one = root();
    fails(Errno.ENOENT, () -> take(one, new Token(1, 2)));
  }

  @Test
  default void take_byAnotherUser_isEpermAndLeavesTheToken() throws ErrnoException {
    Actor alice = process(ALICE);
    Token token = share(alice, alice.make("/f"));
    Actor bob = process(BOB);
    fails(Errno.EPERM, () -> take(bob, token));
    take(process(ALICE), token);
    Token second = share(alice, alice.open("/f", O_RDONLY));
    take(root(), second);
  }

  /** The right to the open file is what counts, not a right to the file: as with a passed fd. */
  @Test
  default void take_needsNoPermissionOnTheFile() throws ErrnoException {
    Actor alice = process(ALICE);
    Opened made = alice.create("/f", O_RDWR, 0);
    Opened taken = take(process(ALICE), share(alice, made.handle()));
    assertThat(taken.flags()).isEqualTo(O_RDWR);
  }

  @Test
  default void take_afterItsTime_isEnoent() throws ErrnoException {
    Actor one = root();
    long handle = one.make("/f");
    Token early = share(one, handle);
    target().clock().advance(Duration.ofMillis(Limits.TOKEN_MS));
    Token late = share(one, handle);
    target().clock().advance(Duration.ofMillis(1));
    Actor other = root();
    fails(Errno.ENOENT, () -> take(other, early));
    take(other, late);
  }

  @Test
  default void token_thatExpires_givesBackItsReference() throws ErrnoException {
    Actor one = root();
    Actor watcher = root();
    long free = watcher.statfs("/other").bfree();
    Opened made = one.create("/other/f", O_RDWR, 0644);
    one.write(made.handle(), 0, "x".repeat(5000));
    one.unlink("/other/f");
    share(one, made.handle());
    one.close(made.handle());
    one.service().forget(one.caller(), made.stat().id(), 1);
    one.statfs("/other"); // a forget may travel with the session's next request
    assertThat(watcher.statfs("/other").bfree()).isLessThan(free);
    target().clock().advance(Duration.ofMillis(Limits.TOKEN_MS + 1));
    target().expire();
    assertThat(watcher.statfs("/other").bfree()).isEqualTo(free);
    assertThat(target().tokens()).isZero();
  }

  @Test
  default void token_ofAnEndedSession_isEnoent() throws ErrnoException {
    Actor one = root();
    Token token = share(one, one.make("/f"));
    one.service().close();
    Actor other = root();
    fails(Errno.ENOENT, () -> take(other, token));
  }

  @Test
  default void token_survivesTheHandleItWasMadeOf() throws ErrnoException {
    Actor one = root();
    Opened made = one.create("/f", O_RDWR, 0644);
    one.writeNext(made.handle(), "text");
    Token token = share(one, made.handle());
    one.close(made.handle());
    one.unlink("/f");
    Actor other = root();
    long theirs = take(other, token).handle();
    assertThat(other.service().seek(other.caller(), theirs, Whence.CUR, 0)).isEqualTo(4);
    assertThat(other.read(theirs, 0, 10)).isEqualTo("text");
  }

  @Test
  default void takenHandle_survivesTheSessionItCameFrom() throws ErrnoException {
    Actor one = root();
    long mine = one.make("/f");
    one.write(mine, 0, "text");
    Actor other = root();
    long theirs = take(other, share(one, mine)).handle();
    one.unlink("/f");
    one.service().close();
    assertThat(other.read(theirs, 0, 10)).isEqualTo("text");
    other.writeNext(theirs, "T");
    assertThat(other.read(theirs, 0, 10)).isEqualTo("Text");
  }

  @Test
  default void share_ofTooMany_isEmfileUntilSomeAreOver() throws ErrnoException {
    Actor one = root();
    long handle = one.make("/f");
    for (int i = 0; i < Limits.TOKENS_PER_SESSION; i++) {
      share(one, handle);
    }
    fails(Errno.EMFILE, () -> share(one, handle));
    Actor other = root();
    share(other, other.make("/g"));
    target().clock().advance(Duration.ofMillis(Limits.TOKEN_MS + 1));
    share(one, handle);
  }

  @Test
  default void token_isAsLongAsItsSecret() throws ErrnoException {
    Actor one = root();
    Token token = share(one, one.make("/f"));
    assertThat(Token.ofSecret(token.toSecret())).isEqualTo(token);
    assertThat(token.toString()).doesNotContain(token.toSecret());
    take(process(Caller.ROOT), Token.ofSecret(token.toSecret()));
  }
}
