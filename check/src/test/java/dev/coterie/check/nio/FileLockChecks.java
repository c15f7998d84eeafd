package dev.coterie.check.nio;

import static java.nio.file.StandardOpenOption.CREATE;
import static java.nio.file.StandardOpenOption.READ;
import static java.nio.file.StandardOpenOption.WRITE;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.channels.AsynchronousFileChannel;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.CompletionHandler;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.FileLockInterruptionException;
import java.nio.channels.NonReadableChannelException;
import java.nio.channels.NonWritableChannelException;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** Locks of channels inside one JVM, as their documentation has them. */
interface FileLockChecks extends Checks {

  private FileChannel open(String name) throws IOException {
    return FileChannel.open(path(name), READ, WRITE, CREATE);
  }

  private static FileLock tryLock(FileChannel channel, long position, long size, boolean shared)
      throws IOException {
    FileLock lock = channel.tryLock(position, size, shared);
    if (lock == null) {
      throw new AssertionError("another process has it");
    }
    return lock;
  }

  private static void overlaps(FileChannel channel, long position, long size, boolean shared) {
    assertThatThrownBy(() -> channel.tryLock(position, size, shared))
        .isExactlyInstanceOf(OverlappingFileLockException.class);
    assertThatThrownBy(() -> channel.lock(position, size, shared))
        .isExactlyInstanceOf(OverlappingFileLockException.class);
  }

  @Test
  default void lock_saysWhatItIs() throws IOException {
    try (FileChannel channel = open("f")) {
      FileLock lock = channel.lock(5, 10, true);
      assertThat(lock.channel()).isSameAs(channel);
      assertThat(lock.acquiredBy()).isSameAs(channel);
      assertThat(lock.position()).isEqualTo(5);
      assertThat(lock.size()).isEqualTo(10);
      assertThat(lock.isShared()).isTrue();
      assertThat(lock.isValid()).isTrue();
      assertThat(lock.overlaps(14, 1)).isTrue();
      assertThat(lock.overlaps(15, 1)).isFalse();
      lock.release();
      assertThat(lock.isValid()).isFalse();
      lock.release();
      FileLock whole = channel.lock();
      assertThat(whole.position()).isZero();
      assertThat(whole.size()).isEqualTo(Long.MAX_VALUE);
      assertThat(whole.isShared()).isFalse();
    }
  }

  @Test
  default void lock_ofSizeZero_goesToTheEnd() throws IOException {
    try (FileChannel channel = open("f")) {
      FileLock lock = channel.lock(7, 0, false);
      assertThat(lock.size()).isEqualTo(Long.MAX_VALUE - 7);
      overlaps(channel, 1L << 40, 1, false);
      tryLock(channel, 0, 7, false).release();
      lock.close();
      assertThat(channel.lock(Long.MAX_VALUE, 0, false).size()).isZero();
    }
  }

  @Test
  default void lock_ofNoRange_isRefused() throws IOException {
    try (FileChannel channel = open("f")) {
      for (long[] bad : new long[][] {{-1, 1}, {0, -1}, {Long.MAX_VALUE, 1}, {-1, 0}}) {
        assertThatThrownBy(() -> channel.lock(bad[0], bad[1], false))
            .isExactlyInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> channel.tryLock(bad[0], bad[1], false))
            .isExactlyInstanceOf(IllegalArgumentException.class);
      }
      tryLock(channel, 0, 0, false).release();
    }
  }

  @Test
  default void lock_needsTheRightMode() throws IOException {
    open("f").close();
    try (FileChannel reading = FileChannel.open(path("f"), READ);
        FileChannel writing = FileChannel.open(path("f"), WRITE)) {
      assertThatThrownBy(reading::lock).isExactlyInstanceOf(NonWritableChannelException.class);
      assertThatThrownBy(() -> reading.lock(-1, 1, false))
          .isExactlyInstanceOf(NonWritableChannelException.class);
      assertThatThrownBy(reading::tryLock).isExactlyInstanceOf(NonWritableChannelException.class);
      assertThatThrownBy(() -> writing.lock(0, 1, true))
          .isExactlyInstanceOf(NonReadableChannelException.class);
      assertThatThrownBy(() -> writing.tryLock(0, 1, true))
          .isExactlyInstanceOf(NonReadableChannelException.class);
      tryLock(reading, 0, 10, true);
      tryLock(writing, 10, 10, false);
    }
  }

  /** "The result does not depend on which of its channels": neither on how they are shared. */
  @Test
  default void overlapping_inOneJvm_isRefusedForAllChannels() throws IOException {
    try (FileChannel one = open("f");
        FileChannel other = open("f");
        FileChannel elsewhere = open("g")) {
      FileLock lock = one.lock(10, 10, true);
      overlaps(one, 10, 10, true);
      overlaps(one, 19, 5, false);
      overlaps(other, 0, 11, true);
      overlaps(other, 0, Long.MAX_VALUE, false);
      tryLock(other, 0, 10, false);
      tryLock(one, 20, 1, false);
      tryLock(elsewhere, 10, 10, false);
      lock.release();
      tryLock(other, 10, 10, false);
    }
  }

  @Test
  default void overlapping_byAnotherNameOfTheFile_isRefused() throws IOException {
    try (FileChannel one = open("f")) {
      Files.createLink(path("second"), path("f"));
      link("third", "f");
      FileLock lock = one.lock();
      for (String name : new String[] {"second", "third"}) {
        try (FileChannel other = open(name)) {
          overlaps(other, 0, 1, true);
        }
      }
      // Closing them has not unlocked what another channel locked, as far as this JVM knows.
      assertThat(lock.isValid()).isTrue();
      Path moved = Files.move(path("f"), path("moved"));
      try (FileChannel fresh = open("f");
          FileChannel other = FileChannel.open(moved, WRITE)) {
        tryLock(fresh, 0, 0, false);
        overlaps(other, 0, 0, false);
      }
    }
  }

  @Test
  default void close_endsTheLocksOfItsChannelAlone() throws IOException {
    try (FileChannel other = open("f")) {
      FileChannel one = open("f");
      FileLock first = one.lock(0, 10, false);
      FileLock second = one.lock(20, 10, true);
      FileLock theirs = tryLock(other, 10, 10, false);
      one.close();
      assertThat(first.isValid()).isFalse();
      assertThat(second.isValid()).isFalse();
      assertThat(theirs.isValid()).isTrue();
      overlaps(other, 15, 1, false);
      tryLock(other, 0, 10, false);
      tryLock(other, 20, 10, false);
      assertThatThrownBy(first::release).isExactlyInstanceOf(ClosedChannelException.class);
      assertThatThrownBy(one::lock).isExactlyInstanceOf(ClosedChannelException.class);
      assertThatThrownBy(one::tryLock).isExactlyInstanceOf(ClosedChannelException.class);
      theirs.release();
    }
  }

  @Test
  default void lock_whenInterruptedBefore_isRefusedAndClosesTheChannel() throws IOException {
    FileChannel channel = open("f");
    Thread.currentThread().interrupt();
    assertThatThrownBy(channel::lock).isExactlyInstanceOf(FileLockInterruptionException.class);
    assertThat(Thread.interrupted()).isTrue();
    assertThat(channel.isOpen()).isFalse();
    try (FileChannel other = open("f")) {
      tryLock(other, 0, 0, false);
    }
  }

  @Test
  default void tryLock_whenInterruptedBefore_locks() throws IOException {
    try (FileChannel channel = open("f")) {
      Thread.currentThread().interrupt();
      FileLock lock = tryLock(channel, 0, 5, false);
      lock.release();
      assertThat(Thread.interrupted()).isTrue();
      assertThat(channel.isOpen()).isTrue();
      tryLock(channel, 0, 5, false);
    }
  }

  // ---- asynchronous channels ----

  @Test
  default void async_locksAndReleases() throws Exception {
    AsynchronousFileChannel channel = AsynchronousFileChannel.open(path("f"), READ, WRITE, CREATE);
    FileLock lock = channel.lock().get();
    assertThat(lock.acquiredBy()).isSameAs(channel);
    assertThat(lock.channel()).isNull();
    assertThat(lock.isValid()).isTrue();
    try (FileChannel other = open("f")) {
      overlaps(other, 3, 1, true);
      assertThatThrownBy(() -> channel.lock(0, 1, true))
          .isExactlyInstanceOf(OverlappingFileLockException.class);
      lock.release();
      tryLock(other, 0, 5, false);
      assertThatThrownBy(() -> channel.tryLock(4, 1, true))
          .isExactlyInstanceOf(OverlappingFileLockException.class);
    }
    CompletableFuture<FileLock> handled = new CompletableFuture<>();
    channel.lock(1, 2, true, "attachment", new Handling(handled));
    assertThat(handled.get().isShared()).isTrue();
    assertThat(channel.tryLock(3, 2, false)).isNotNull();
    channel.close();
    assertThat(handled.get().isValid()).isFalse();
    assertThatThrownBy(() -> channel.lock(0, 1, false).get())
        .isInstanceOf(ExecutionException.class)
        .hasCauseInstanceOf(ClosedChannelException.class);
    assertThatThrownBy(channel::tryLock).isExactlyInstanceOf(ClosedChannelException.class);
  }

  @Test
  default void async_needsTheRightMode() throws IOException {
    open("f").close();
    try (AsynchronousFileChannel reading = AsynchronousFileChannel.open(path("f"), READ);
        AsynchronousFileChannel writing = AsynchronousFileChannel.open(path("f"), WRITE)) {
      assertThatThrownBy(reading::lock).isExactlyInstanceOf(NonWritableChannelException.class);
      assertThatThrownBy(reading::tryLock).isExactlyInstanceOf(NonWritableChannelException.class);
      assertThatThrownBy(() -> writing.lock(0, 1, true))
          .isExactlyInstanceOf(NonReadableChannelException.class);
      assertThatThrownBy(() -> writing.lock(-1, 1, false))
          .isExactlyInstanceOf(IllegalArgumentException.class);
    }
  }

  /** Puts what a handler is told into a future. */
  record Handling(CompletableFuture<FileLock> told)
      implements CompletionHandler<FileLock, @Nullable Object> {
    @Override
    public void completed(FileLock lock, @Nullable Object attachment) {
      told.complete(lock);
    }

    @Override
    public void failed(Throwable failure, @Nullable Object attachment) {
      told.completeExceptionally(failure);
    }
  }
}
