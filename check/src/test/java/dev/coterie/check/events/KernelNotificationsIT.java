package dev.coterie.check.events;

import static dev.coterie.api.EventMask.EPOLLIN;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.coterie.api.Caller;
import dev.coterie.api.ErrnoException;
import dev.coterie.api.Event;
import dev.coterie.api.FileService;
import dev.coterie.api.InodeId;
import dev.coterie.api.Mode;
import dev.coterie.api.Name;
import dev.coterie.api.Notifications;
import dev.coterie.api.OpenFlags;
import dev.coterie.check.host.HostTools;
import dev.coterie.core.Vfs;
import dev.coterie.mounts.tmpfs.TmpFs;
import java.io.BufferedReader;
import java.io.Writer;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Random writes, reads, hang-ups and switching on and off of one FIFO: we count as many
 * notifications as the kernel queues signals for who asked by O_ASYNC, F_SETOWN and F_SETSIG.
 */
class KernelNotificationsIT {
  private static final boolean FULL = Boolean.getBoolean("coterie.full");
  private static final int SEEDS = FULL ? 200 : 6;
  private static final int LENGTH = 1_000;
  private static final Caller ROOT = Caller.ROOT;

  @TempDir Path directory;

  @BeforeAll
  static void requirePython() {
    HostTools.requireTool("python3", "python3");
  }

  @Test
  @Timeout(300)
  void randomScripts_areNotifiedAsByTheKernel() throws Exception {
    Map<String, Integer> outcomes = new TreeMap<>();
    int notified = 0;
    for (long seed = 1; seed <= SEEDS; seed++) {
      notified += compare(seed, outcomes);
    }
    System.out.println("notified " + notified + " times; outcomes: " + outcomes);
    assertThat(notified).isGreaterThan(SEEDS * 100);
    assertThat(outcomes.keySet()).contains("ok", "count", "taken", "EAGAIN");
  }

  private int compare(long seed, Map<String, Integer> outcomes) throws Exception {
    Path place = Files.createDirectory(directory.resolve("seed" + seed));
    Path program =
        Path.of(System.getProperty("basedir", "."), "src/test/python/kernel_notifications.py");
    Process kernel =
        new ProcessBuilder("python3", program.toRealPath().toString(), place.toString())
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .start();
    int notified = 0;
    try (Vfs vfs =
            new Vfs(
                new Vfs.Config(InstantSource.system(), new Random(seed), 1),
                Map.of("/", TmpFs.Options.defaults().factory()));
        FileService service = vfs.openSession();
        Writer in = kernel.outputWriter(UTF_8);
        BufferedReader out = kernel.inputReader(UTF_8)) {
      Ours ours = new Ours(service);
      List<String> script = script(seed);
      for (int i = 0; i < script.size(); i++) {
        in.write(script.get(i) + "\n");
        in.flush();
        String theirs = out.readLine();
        String mine = ours.run(script.get(i));
        assertThat(mine)
            .as("seed %d, line %d, after %s", seed, i, script.subList(Math.max(0, i - 20), i + 1))
            .isEqualTo(theirs);
        outcomes.merge(mine.split(" ")[0], 1, Integer::sum);
        notified += mine.startsWith("taken ") ? Integer.parseInt(mine.substring(6)) : 0;
      }
    } finally {
      kernel.destroyForcibly();
    }
    return notified;
  }

  /** What was sent before it is switched off is taken before: the kernel's queue is not ours. */
  private static List<String> script(long seed) {
    Random random = new Random(seed);
    List<String> script = new ArrayList<>();
    int writers = 0;
    while (script.size() < LENGTH) {
      int what = random.nextInt(writers == 0 ? 14 : 24);
      switch (what) {
        case 0, 1 -> script.add("on");
        case 2 -> script.addAll(List.of("take", "off"));
        case 3, 4 -> script.add("take");
        case 5, 6 -> {
          if (writers < 2) {
            writers++;
            script.add("open");
          }
        }
        case 7, 8, 9, 10, 11, 12 -> script.add("read " + (1 + random.nextInt(100_000)));
        case 14 -> {
          writers--;
          script.add("close");
        }
        case 15, 16 -> script.add("write " + (30_000 + random.nextInt(40_000)));
        default -> {
          if (writers > 0) {
            script.add("write " + (1 + random.nextInt(5_000)));
          }
        }
      }
    }
    script.add("take");
    return script;
  }

  /** The same by our own calls. */
  private static final class Ours {
    private final FileService service;
    private final InodeId fifo;
    private final long reader;
    private final Deque<Long> writers = new ArrayDeque<>();
    private final Notifications told;

    Ours(FileService service) throws ErrnoException {
      this.service = service;
      InodeId root = service.root(ROOT).id();
      this.fifo = service.mknod(ROOT, root, Name.of("p"), Mode.S_IFIFO | 0600, 0).id();
      this.reader = open(OpenFlags.O_RDONLY);
      this.told = Notifications.open(service, ROOT);
    }

    private long open(int flags) throws ErrnoException {
      return service.open(ROOT, fifo, flags | OpenFlags.O_NONBLOCK).handle();
    }

    String run(String line) {
      String[] words = line.split(" ");
      try {
        return run(words);
      } catch (ErrnoException e) {
        return e.errno().name();
      }
    }

    private String run(String[] words) throws ErrnoException {
      switch (words[0]) {
        case "on" -> told.on(reader, EPOLLIN, 7);
        case "off" -> told.off(reader);
        case "open" -> writers.addLast(open(OpenFlags.O_WRONLY));
        case "close" -> service.close(ROOT, writers.removeLast());
        case "write" -> {
          ByteBuffer data = ByteBuffer.allocate(Integer.parseInt(words[1]));
          return "count " + service.writeNext(ROOT, writers.getFirst(), data).count();
        }
        case "read" -> {
          ByteBuffer data = ByteBuffer.allocate(Integer.parseInt(words[1]));
          return "count " + service.readNext(ROOT, reader, data).count();
        }
        default -> {
          return "taken " + told.poll().stream().mapToInt(Event::changes).sum();
        }
      }
      return "ok";
    }
  }
}
