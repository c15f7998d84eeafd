package dev.coterie.bench;

import dev.coterie.core.spi.MountFactory;
import dev.coterie.leader.Leader;
import dev.coterie.mounts.host.HostFs;
import dev.coterie.mounts.tmpfs.TmpFs;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Map;

/**
 * The leader that is measured: a process of its own that ends with its stdin.
 *
 * <p>Arguments: SOCKET KIND FOLDER. KIND is {@code tmpfs}, or {@code host} for what is in FOLDER.
 * Says "ready" once it serves; answers {@code counts}.
 */
public final class LeaderMain {
  /** More than the largest directory of a run holds. */
  private static final String INODES = "4m";

  private LeaderMain() {}

  public static void main(String[] args) throws IOException {
    try (Leader leader =
            Leader.builder().mount("/", mount(args[1], args[2])).listen(Path.of(args[0])).start();
        BufferedReader in =
            new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8))) {
      System.out.println("ready");
      for (String line = in.readLine(); line != null; line = in.readLine()) {
        if (line.equals("counts")) {
          System.out.println("{\"requests\":" + leader.requests() + "}");
        }
      }
    }
  }

  static MountFactory mount(String kind, String folder) {
    return switch (kind) {
      case "tmpfs" -> TmpFs.Options.parse(Map.of("nr_inodes", INODES)).factory();
      case "host" -> HostFs.Options.parse(folder, Map.of()).factory();
      default -> throw new IllegalArgumentException("kind " + kind);
    };
  }
}
