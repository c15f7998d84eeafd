package dev.coterie.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.coterie.api.InodeId;
import org.junit.jupiter.api.Test;

/**
 * The order of locks is asserted, so that a wrong order fails in every test and not once a year as
 * a deadlock.
 */
class HeldTest {
  private final OpLock low = new OpLock(new InodeId(1, 0));
  private final OpLock high = new OpLock(new InodeId(2, 0));

  @Test
  void take_risingRank_isAllowedAndCounted() {
    long first = low.write(LockRank.PARENT);
    long second = high.write(LockRank.INODE);
    assertThat(Held.none()).isFalse();
    high.unlock(LockRank.INODE, second);
    low.unlock(LockRank.PARENT, first);
    assertThat(Held.none()).isTrue();
  }

  @Test
  void take_fallingRank_fails() {
    long first = low.write(LockRank.INODE);
    try {
      assertThatThrownBy(() -> high.write(LockRank.PARENT))
          .isInstanceOf(AssertionError.class)
          .hasMessageContaining("lock order");
    } finally {
      low.unlock(LockRank.INODE, first);
    }
  }

  /** Where directories are is looked at last, under whatever an operation holds. */
  @Test
  void take_anythingUnderTheShape_fails() {
    OpLock another = new OpLock(new InodeId(1, 0));
    long inode = low.write(LockRank.INODE);
    long shape = high.read(LockRank.SHAPE);
    try {
      for (LockRank rank : LockRank.values()) {
        assertThatThrownBy(() -> another.read(rank)).isInstanceOf(AssertionError.class);
      }
    } finally {
      high.unlock(LockRank.SHAPE, shape);
      low.unlock(LockRank.INODE, inode);
    }
  }

  @Test
  void take_sameRankFallingNumber_fails() {
    long first = high.write(LockRank.INODE);
    try {
      assertThatThrownBy(() -> low.write(LockRank.INODE)).isInstanceOf(AssertionError.class);
    } finally {
      high.unlock(LockRank.INODE, first);
    }
  }

  @Test
  void take_sameRankRisingNumber_isAllowed() {
    long first = low.write(LockRank.INODE);
    long second = high.read(LockRank.INODE);
    high.unlock(LockRank.INODE, second);
    low.unlock(LockRank.INODE, first);
    assertThat(Held.none()).isTrue();
  }

  @Test
  void take_sameLockTwice_fails() {
    long stamp = low.read(LockRank.INODE);
    try {
      assertThatThrownBy(() -> low.read(LockRank.INODE)).isInstanceOf(AssertionError.class);
    } finally {
      low.unlock(LockRank.INODE, stamp);
    }
  }

  @Test
  void take_sameNumberLaterGeneration_isAllowed() {
    OpLock reused = new OpLock(new InodeId(2, 1));
    long first = high.write(LockRank.INODE);
    long second = reused.write(LockRank.INODE);
    reused.unlock(LockRank.INODE, second);
    high.unlock(LockRank.INODE, first);
    assertThat(Held.none()).isTrue();
  }

  @Test
  void tryTake_sameRankFallingNumber_isAllowedAsItDoesNotWait() {
    long first = high.write(LockRank.INODE);
    long second = low.tryWrite(LockRank.INODE);
    assertThat(second).isNotZero();
    assertThat(low.tryRead(LockRank.INODE)).isZero();
    // What is waited for next is held against all that are held, not against the last one alone.
    OpLock middle = new OpLock(new InodeId(1, 5));
    assertThatThrownBy(() -> middle.write(LockRank.INODE)).isInstanceOf(AssertionError.class);
    low.unlock(LockRank.INODE, second);
    high.unlock(LockRank.INODE, first);
    assertThat(Held.none()).isTrue();
  }
}
