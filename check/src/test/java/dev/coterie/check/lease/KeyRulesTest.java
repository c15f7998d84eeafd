package dev.coterie.check.lease;

import static org.assertj.core.api.Assertions.assertThat;

import dev.coterie.api.Caller;
import dev.coterie.api.Completion;
import dev.coterie.api.Errno;
import dev.coterie.api.ErrnoException;
import dev.coterie.api.InodeId;
import dev.coterie.api.KeyCalls;
import dev.coterie.api.LeaseMode;
import dev.coterie.api.LeaseName;
import dev.coterie.api.Limits;
import dev.coterie.api.Name;
import dev.coterie.api.Operation;
import dev.coterie.api.Operation.KeyLease;
import dev.coterie.api.Ticket;
import dev.coterie.core.Barrier;
import dev.coterie.core.Session;
import dev.coterie.core.Vfs;
import dev.coterie.mounts.tmpfs.TmpFs;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * One key under random schedules of sessions that ask, wait, give up, run out of time, give back,
 * close and die, held after each step against what must be so.
 */
class KeyRulesTest {
  private static final Caller ME = Caller.ROOT;
  private static final Name KEY = Name.of("key");
  private static final int STEPS = 3_000;

  private final HandAlarm alarm = new HandAlarm();
  private final List<Player> players = new ArrayList<>();
  private final List<Asked> queue = new ArrayList<>(); // in the order of asking
  private String value = "";
  private int writes;
  private @Nullable InodeId key;

  /** A process. */
  private static final class Player {
    final Session session;
    @Nullable KeyLease held;
    boolean recalled;
    boolean gone; // one of its waits may be granted while the others end

    Player(Session session) {
      this.session = session;
    }
  }

  /** One wait. */
  private final class Asked implements Completion<KeyLease> {
    final Player player;
    final LeaseMode mode;
    Ticket ticket = Ticket.DONE;
    @Nullable Errno end;

    Asked(Player player, LeaseMode mode) {
      this.player = player;
      this.mode = mode;
    }

    @Override
    public void done(KeyLease lease) {
      if (player.gone) {
        return;
      }
      assertThat(queue.getFirst()).as("first in, first out").isSameAs(this);
      queue.removeFirst();
      for (Player other : players) {
        KeyLease beside = other.held;
        if (beside != null && !other.equals(player)) {
          assertThat(List.of(lease.mode(), beside.mode())).containsOnly(LeaseMode.SHARED);
        }
      }
      assertThat(lease.mode()).isGreaterThanOrEqualTo(mode);
      assertThat(new String(lease.value(), StandardCharsets.US_ASCII)).isEqualTo(value);
      if (player.held == null || player.held.seq() != lease.seq()) {
        player.recalled = lease.recalled();
      }
      player.held = lease;
    }

    @Override
    public void failed(Errno errno) {
      end = errno;
      queue.remove(this);
    }
  }

  private Vfs tree() throws IOException {
    return new Vfs(
        new Vfs.Config(InstantSource.system(), new Random(1), 7, Barrier.OPEN, 1, alarm),
        Map.of("/", TmpFs.Options.defaults().factory()));
  }

  private Player join(Vfs vfs) throws ErrnoException {
    Session session = vfs.openSession();
    key = new KeyCalls(session).openKey(ME, KEY);
    return new Player(session);
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8})
  void key_underAnySchedule_keepsItsRules(long seed) throws Exception {
    Random random = new Random(seed);
    try (Vfs vfs = tree()) {
      for (int i = 0; i < 4; i++) {
        players.add(join(vfs));
      }
      for (int step = 0; step < STEPS; step++) {
        int who = random.nextInt(players.size());
        act(vfs, random, who);
        hearRecalls();
        requireProgress();
      }
      while (!queue.isEmpty()) {
        players.forEach(this::giveBack);
        hearRecalls();
      }
      assertThat(writes).as("exclusive leases").isGreaterThan(STEPS / 100);
    }
  }

  private void act(Vfs vfs, Random random, int who) throws Exception {
    Player player = players.get(who);
    switch (random.nextInt(12)) {
      case 0, 1, 2 -> ask(player, LeaseMode.SHARED, random);
      case 3, 4, 5 -> ask(player, LeaseMode.EXCLUSIVE, random);
      case 6, 7, 8, 9 -> giveBack(player);
      case 10 -> {
        if (!queue.isEmpty()) {
          Asked given = queue.get(random.nextInt(queue.size()));
          queue.remove(given); // others may be told before it is
          assertThat(given.ticket.cancel()).isTrue();
          assertThat(given.end).isEqualTo(Errno.EINTR);
        }
      }
      default -> {
        if (random.nextInt(4) == 0) {
          player.held = null;
          player.gone = true;
          queue.removeIf(asked -> asked.player.equals(player));
          player.session.close(); // what it has not given back is lost
          players.set(who, join(vfs));
        } else {
          alarm.pass(random.nextInt(20));
        }
      }
    }
  }

  private void ask(Player player, LeaseMode mode, Random random) {
    if (queue.stream().filter(asked -> asked.player.equals(player)).count() >= 2) {
      return;
    }
    KeyLease given = random.nextInt(3) == 0 ? player.held : null;
    Operation.ReturnKey first = given == null ? null : leave(player, given);
    Asked asked = new Asked(player, mode);
    queue.add(asked);
    int limit = random.nextInt(3) == 0 ? random.nextInt(30) : -1;
    InodeId id = key;
    assertThat(id).isNotNull();
    asked.ticket = player.session.submit(ME, new Operation.UseKey(id, mode, limit, first), asked);
    assertThat(asked.end).isNotEqualTo(Errno.EINVAL);
    assertThat(limit == 0 && queue.contains(asked)).isFalse();
  }

  private void giveBack(Player player) {
    KeyLease lease = player.held;
    InodeId id = key;
    if (lease == null || id == null) {
      return;
    }
    String before = value;
    byte[] left = leave(player, lease).value();
    try {
      assertThat(new KeyCalls(player.session).returnKey(ME, id, lease.seq(), left)).isTrue();
      assertThat(new KeyCalls(player.session).returnKey(ME, id, lease.seq(), left)).isFalse();
    } catch (ErrnoException e) {
      throw new AssertionError("was " + before, e);
    }
  }

  /** What the player has is on its way back. */
  private Operation.ReturnKey leave(Player player, KeyLease lease) {
    player.held = null;
    if (lease.mode() == LeaseMode.EXCLUSIVE) {
      value = "value " + writes++;
      byte[] left = value.getBytes(StandardCharsets.US_ASCII);
      return new Operation.ReturnKey(Objects.requireNonNull(key), lease.seq(), left);
    }
    return new Operation.ReturnKey(Objects.requireNonNull(key), lease.seq(), null);
  }

  private void hearRecalls() throws ErrnoException {
    for (Player player : players) {
      while (true) {
        List<LeaseName> recalls;
        try {
          recalls = player.session.nextRecalls(ME, 1, false);
        } catch (ErrnoException e) {
          assertThat(e.errno()).isEqualTo(Errno.EAGAIN);
          break;
        }
        KeyLease held = player.held;
        if (held != null && recalls.getFirst().seq() == held.seq()) {
          player.recalled = true;
        }
      }
    }
  }

  /** Who is first waits for somebody, and all of those were told. */
  private void requireProgress() {
    if (queue.isEmpty()) {
      return;
    }
    Asked first = queue.getFirst();
    int inTheWay = 0;
    for (Player player : players) {
      KeyLease held = player.held;
      if (held == null) {
        continue;
      }
      boolean own = player.equals(first.player);
      boolean shared = held.mode() == LeaseMode.SHARED && first.mode == LeaseMode.SHARED;
      if (own ? player.recalled : !shared) {
        inTheWay++;
        assertThat(player.recalled).as("is told to give back").isTrue();
      }
    }
    assertThat(inTheWay).as("what the first waits for").isPositive();
  }

  @Test
  void holder_thatDoesNotGiveBack_losesItWhenItsTimeIsOver() throws Exception {
    try (Vfs vfs = tree()) {
      Player mute = join(vfs);
      Player next = join(vfs);
      players.addAll(List.of(mute, next));
      ask(mute, LeaseMode.EXCLUSIVE, new Random(1));
      KeyLease lease = mute.held;
      assertThat(lease).isNotNull();
      Asked asked = new Asked(next, LeaseMode.SHARED);
      queue.add(asked);
      InodeId id = key;
      assertThat(id).isNotNull();
      next.session.submit(ME, new Operation.UseKey(id, LeaseMode.SHARED, -1), asked);
      mute.session.heard(); // its time is new, as far as it knows
      alarm.pass(Limits.LEASE_RECALL_MS);
      assertThat(next.held).as("what was answered may still be believed").isNull();
      assertThat(catchErrno(mute.session, id, lease.seq())).isEqualTo(Errno.ESTALE);
      mute.held = null;
      alarm.pass(Limits.LEASE_RECALL_MS);
      assertThat(next.held).isNotNull();
    }
  }

  private static @Nullable Errno catchErrno(Session session, InodeId id, int seq) {
    try {
      new KeyCalls(session).returnKey(ME, id, seq, new byte[3]);
      return null;
    } catch (ErrnoException e) {
      return e.errno();
    }
  }

  @Test
  void keys_ofATree_areSoMany_andVanish() throws Exception {
    try (Vfs vfs = tree()) {
      List<Session> sessions = new ArrayList<>();
      int made = 0;
      Errno end = null;
      while (end == null) {
        Session session = vfs.openSession();
        sessions.add(session);
        for (int i = 0; i < Limits.KEYS_PER_SESSION && end == null; i++) {
          try {
            new KeyCalls(session).openKey(ME, Name.of("key " + made));
            made++;
          } catch (ErrnoException e) {
            end = e.errno();
          }
        }
      }
      assertThat(end).isEqualTo(Errno.ENOSPC);
      assertThat(made).isEqualTo(Limits.KEYS_PER_TREE);
      new KeyCalls(sessions.getLast()).openKey(ME, Name.of("key 1"));
      sessions.getFirst().close();
      new KeyCalls(sessions.getLast()).openKey(ME, KEY);
    }
  }
}
