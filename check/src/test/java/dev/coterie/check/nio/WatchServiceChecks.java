package dev.coterie.check.nio;

import static java.nio.file.StandardWatchEventKinds.ENTRY_CREATE;
import static java.nio.file.StandardWatchEventKinds.ENTRY_DELETE;
import static java.nio.file.StandardWatchEventKinds.ENTRY_MODIFY;
import static java.nio.file.StandardWatchEventKinds.OVERFLOW;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.ClosedWatchServiceException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.nio.file.ProviderMismatchException;
import java.nio.file.StandardCopyOption;
import java.nio.file.WatchEvent;
import java.nio.file.WatchKey;
import java.nio.file.WatchService;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** Watching directories, as the JDK's own provider does it with the kernel's inotify. */
interface WatchServiceChecks extends Checks {
  int MOST_SECONDS = 30;

  static WatchEvent.Kind<?>[] all() {
    return new WatchEvent.Kind<?>[] {ENTRY_CREATE, ENTRY_DELETE, ENTRY_MODIFY};
  }

  private WatchService watcher() throws IOException {
    return dir().getFileSystem().newWatchService();
  }

  /** The next key that has something to tell. */
  private static WatchKey next(WatchService service) throws InterruptedException {
    return Objects.requireNonNull(service.poll(MOST_SECONDS, TimeUnit.SECONDS), "nothing is told");
  }

  private static String text(WatchEvent<?> event) {
    return event.kind().name().replace("ENTRY_", "") + " " + event.context();
  }

  /** Events until this one, without repetitions. */
  static List<String> until(WatchService service, String last) throws InterruptedException {
    List<String> all = new ArrayList<>();
    while (!all.contains(last)) {
      WatchKey key = next(service);
      for (WatchEvent<?> event : key.pollEvents()) {
        if (all.isEmpty() || !all.getLast().equals(text(event))) {
          all.add(text(event));
        }
      }
      assertThat(key.reset()).isTrue();
    }
    return all;
  }

  @Test
  default void watch_tellsWhatIsMadeChangedAndRemoved() throws Exception {
    try (WatchService service = watcher()) {
      dir().register(service, all());
      Files.createDirectory(path("d"));
      file("f", "content");
      Files.setPosixFilePermissions(path("d"), PosixFilePermissions.fromString("rwx------"));
      Files.move(path("f"), path("g"));
      Files.delete(path("g"));
      Files.delete(path("d"));
      assertThat(until(service, "DELETE d"))
          .containsExactly(
              "CREATE d",
              "CREATE f",
              "MODIFY f",
              "MODIFY d",
              "DELETE f",
              "CREATE g",
              "DELETE g",
              "DELETE d");
    }
  }

  @Test
  default void watch_tellsOnlyTheKindsAskedFor() throws Exception {
    try (WatchService service = watcher()) {
      dir().register(service, ENTRY_DELETE, OVERFLOW);
      file("f", "content");
      Files.delete(path("f"));
      assertThat(until(service, "DELETE f")).containsExactly("DELETE f");
    }
  }

  @Test
  default void context_isAPathRelativeToTheDirectory() throws Exception {
    try (WatchService service = watcher()) {
      WatchKey key = dir().register(service, ENTRY_CREATE);
      assertThat(key.watchable()).isEqualTo(dir());
      Files.createDirectory(path("d"));
      assertThat(next(service)).isSameAs(key);
      WatchEvent<?> event = key.pollEvents().getFirst();
      assertThat(event.context()).isEqualTo(dir().getFileSystem().getPath("d"));
      assertThat(event.count()).isEqualTo(1);
      assertThat(dir().resolve((Path) event.context())).isDirectory();
    }
  }

  @Test
  default void key_tellsAgainOnlyAfterReset() throws Exception {
    try (WatchService service = watcher()) {
      WatchKey key = dir().register(service, ENTRY_CREATE);
      assertThat(service.poll()).isNull();
      Files.createDirectory(path("a"));
      assertThat(next(service)).isSameAs(key);
      key.pollEvents();
      Files.createDirectory(path("b"));
      assertThat(service.poll(50, TimeUnit.MILLISECONDS)).isNull();
      assertThat(key.reset()).isTrue();
      assertThat(until(service, "CREATE b")).containsExactly("CREATE b");
      assertThat(key.pollEvents()).isEmpty();
    }
  }

  @Test
  default void register_again_isTheSameKeyWithOtherKinds() throws Exception {
    try (WatchService service = watcher()) {
      WatchKey key = dir().register(service, ENTRY_CREATE);
      assertThat(dir().register(service, ENTRY_DELETE)).isSameAs(key);
      Files.createDirectory(path("a"));
      Files.delete(path("a"));
      assertThat(until(service, "DELETE a")).containsExactly("DELETE a");
    }
  }

  @Test
  default void key_cancelled_tellsNothing() throws Exception {
    Path sub = directory("sub");
    try (WatchService service = watcher()) {
      WatchKey key = sub.register(service, ENTRY_CREATE);
      dir().register(service, ENTRY_CREATE);
      key.cancel();
      key.cancel();
      assertThat(key.isValid()).isFalse();
      assertThat(key.reset()).isFalse();
      Files.createDirectory(sub.resolve("a"));
      Files.createDirectory(path("b"));
      assertThat(until(service, "CREATE b")).containsExactly("CREATE b");
      assertThat(sub.register(service, ENTRY_CREATE)).isNotSameAs(key);
    }
  }

  @Test
  default void directoryRemoved_endsTheKey() throws Exception {
    Path sub = directory("sub");
    try (WatchService service = watcher()) {
      WatchKey key = sub.register(service, all());
      Files.delete(sub);
      assertThat(next(service)).isSameAs(key);
      assertThat(key.reset()).isFalse();
      assertThat(key.isValid()).isFalse();
    }
  }

  @Test
  default void tooManyEvents_areAnOverflow() throws Exception {
    Path sub = directory("sub");
    try (WatchService service = watcher()) {
      WatchKey key = dir().register(service, ENTRY_CREATE, ENTRY_DELETE);
      WatchKey last = sub.register(service, ENTRY_CREATE);
      for (int i = 0; i < 2000; i++) {
        Files.createDirectory(path("d" + i));
        Files.delete(path("d" + i));
      }
      Files.createDirectory(sub.resolve("last"));
      assertThat(next(service)).isSameAs(key);
      assertThat(next(service)).isSameAs(last); // so what came before it is there
      List<WatchEvent<?>> events = key.pollEvents();
      assertThat(events).hasSize(1);
      WatchEvent<?> overflow = events.getFirst();
      assertThat(overflow.kind()).isEqualTo(OVERFLOW);
      assertThat(overflow.context()).isNull();
    }
  }

  @Test
  default void register_ofWhatIsNoDirectory_isRefused() throws Exception {
    Path file = file("f", "content");
    try (WatchService service = watcher()) {
      assertThatThrownBy(() -> file.register(service, all()))
          .isInstanceOf(NotDirectoryException.class);
      assertThatThrownBy(() -> path("none").register(service, all()))
          .isInstanceOf(NoSuchFileException.class);
      assertThatThrownBy(() -> dir().register(service))
          .isInstanceOf(IllegalArgumentException.class);
      assertThatThrownBy(() -> dir().register(service, OVERFLOW))
          .isInstanceOf(IllegalArgumentException.class);
      WatchEvent.Kind<?> unknown =
          new WatchEvent.Kind<Path>() {
            @Override
            public String name() {
              return "UNKNOWN";
            }

            @Override
            public Class<Path> type() {
              return Path.class;
            }
          };
      assertThatThrownBy(() -> dir().register(service, unknown))
          .isInstanceOf(UnsupportedOperationException.class);
      WatchEvent.Modifier other = () -> "OTHER";
      assertThatThrownBy(() -> dir().register(service, all(), other))
          .isInstanceOf(UnsupportedOperationException.class);
    }
    assertThatThrownBy(() -> dir().register(new Foreign(), all()))
        .isInstanceOf(ProviderMismatchException.class);
  }

  /** Of no provider that is known. */
  final class Foreign implements WatchService {
    @Override
    public void close() {}

    @Override
    public @Nullable WatchKey poll() {
      return null;
    }

    @Override
    public @Nullable WatchKey poll(long timeout, TimeUnit unit) {
      return null;
    }

    @Override
    public WatchKey take() {
      throw new ClosedWatchServiceException();
    }
  }

  @Test
  default void close_endsEveryWait() throws Exception {
    WatchService service = watcher();
    WatchKey key = dir().register(service, all());
    CompletableFuture<WatchKey> taking = begin(service);
    CompletableFuture<WatchKey> second = begin(service);
    service.close();
    service.close();
    for (CompletableFuture<WatchKey> wait : List.of(taking, second)) {
      assertThatThrownBy(() -> wait.get(MOST_SECONDS, TimeUnit.SECONDS))
          .isInstanceOf(ExecutionException.class)
          .hasCauseInstanceOf(ClosedWatchServiceException.class);
    }
    assertThat(key.isValid()).isFalse();
    assertThatThrownBy(service::poll).isInstanceOf(ClosedWatchServiceException.class);
    assertThatThrownBy(service::take).isInstanceOf(ClosedWatchServiceException.class);
    assertThatThrownBy(() -> dir().register(service, all()))
        .isInstanceOf(ClosedWatchServiceException.class);
  }

  private static CompletableFuture<WatchKey> begin(WatchService service) {
    CompletableFuture<WatchKey> end = new CompletableFuture<>();
    Thread.ofPlatform()
        .daemon()
        .start(() -> {
          try {
            end.complete(service.take());
          } catch (InterruptedException | RuntimeException e) {
            end.completeExceptionally(e);
          }
        });
    return end;
  }

  @Test
  default void take_interrupted_endsAndTheServiceGoesOn() throws Exception {
    try (WatchService service = watcher()) {
      dir().register(service, ENTRY_CREATE);
      Thread.currentThread().interrupt();
      assertThatThrownBy(service::take).isInstanceOf(InterruptedException.class);
      assertThat(Thread.interrupted()).isFalse();
      Files.createDirectory(path("d"));
      assertThat(until(service, "CREATE d")).containsExactly("CREATE d");
    }
  }

  @Test
  default void directory_moved_isWatchedStill() throws Exception {
    Path sub = directory("sub");
    try (WatchService service = watcher()) {
      sub.register(service, ENTRY_CREATE);
      Path moved = Files.move(sub, path("moved"), StandardCopyOption.ATOMIC_MOVE);
      Files.createDirectory(moved.resolve("d"));
      assertThat(until(service, "CREATE d")).containsExactly("CREATE d");
    }
  }
}
