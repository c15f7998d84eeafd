package dev.coterie.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

/**
 * The order of locks is asserted, so that a wrong order fails in every test and not once a year as
 * a deadlock.
 */
class HeldTest {
  private final OpLock low = new OpLock(1);
  private final OpLock high = new OpLock(2);

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
}
