package dev.coterie.core;

import static org.assertj.core.api.Assertions.assertThat;

import dev.coterie.core.Fakes.FakeNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class InodeTableTest {
  private final InodeTable table = new InodeTable();
  private final MountPoint mountPoint = Fakes.mountPoint();

  private void reap() {
    table.reap(inode -> {});
  }

  @Test
  void hold_twice_isOneInode() {
    FakeNode node = Fakes.file(7);
    InsideInode first = table.holdNew(node, mountPoint);
    assertThat(table.hold(node, mountPoint)).isSameAs(first);
    assertThat(first.referenceCount()).isEqualTo(2);
  }

  @Test
  void put_lastOfLinkedNode_isBuriedButNotReleased() {
    FakeNode node = Fakes.file(7);
    InsideInode inode = table.holdNew(node, mountPoint);
    table.put(inode);
    reap();
    assertThat(inode.isDead()).isTrue();
    assertThat(table.size()).isZero();
    assertThat(node.released).hasValue(0);
    assertThat(table.hold(node, mountPoint)).isNotNull().isNotSameAs(inode);
  }

  @Test
  void put_lastOfUnlinkedNode_isReleasedOnce() {
    FakeNode node = Fakes.file(7);
    InsideInode inode = table.holdNew(node, mountPoint);
    node.nlink = 0;
    table.put(inode);
    reap();
    reap();
    assertThat(node.released).hasValue(1);
    assertThat(table.hold(node, mountPoint)).isNull();
  }

  @Test
  void put_thenTakenUpAgainBeforeReap_lives() {
    FakeNode node = Fakes.file(7);
    InsideInode inode = table.holdNew(node, mountPoint);
    node.nlink = 0;
    table.put(inode);
    assertThat(table.find(node.id())).isSameAs(inode);
    reap();
    assertThat(inode.isDead()).isFalse();
    assertThat(node.released).hasValue(0);
    table.put(inode);
    reap();
    assertThat(node.released).hasValue(1);
  }

  /**
   * Many threads take, unlink and let go: each node is released exactly once, and never while it is
   * held.
   */
  @Test
  void release_underContention_isOnceAndNeverWhileHeld() throws Exception {
    int threads = 4;
    int rounds = 2_000;
    try (ExecutorService executor = Executors.newFixedThreadPool(threads)) {
      for (int round = 0; round < rounds; round++) {
        FakeNode node = Fakes.file(100 + round);
        InsideInode own = table.holdNew(node, mountPoint);
        CountDownLatch start = new CountDownLatch(1);
        AtomicInteger releasedWhileHeld = new AtomicInteger();
        List<Future<?>> done = new ArrayList<>();
        for (int t = 0; t < threads; t++) {
          long seed = round * 31L + t;
          done.add(executor.submit(() -> takeAndLetGo(node, start, seed, releasedWhileHeld)));
        }
        start.countDown();
        node.nlink = 0;
        table.put(own);
        reap();
        for (Future<?> future : done) {
          future.get();
        }
        reap();
        assertThat(releasedWhileHeld).hasValue(0);
        assertThat(node.released).hasValue(1);
      }
    }
    assertThat(table.size()).isZero();
  }

  private void takeAndLetGo(
      FakeNode node, CountDownLatch start, long seed, AtomicInteger releasedWhileHeld) {
    Random random = new Random(seed);
    awaitQuietly(start);
    for (int i = random.nextInt(8); i >= 0; i--) {
      Inode inode = random.nextBoolean() ? table.find(node.id()) : table.hold(node, mountPoint);
      if (inode != null) {
        releasedWhileHeld.addAndGet(node.released.get());
        table.put(inode);
        reap();
      }
    }
  }

  private static void awaitQuietly(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
  }
}
