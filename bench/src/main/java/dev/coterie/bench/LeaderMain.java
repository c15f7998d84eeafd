package dev.coterie.bench;

import dev.coterie.core.spi.MountFactory;
import dev.coterie.leader.Leader;
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
 * <p>Arguments: SOCKET KIND. Says "ready" once it serves.
 */
public final class LeaderMain {
  /** More than the largest directory of a run holds. */
  private static final String INODES = "4m";

  private LeaderMain() {}

  public static void main(String[] args) throws IOException {
    try (Leader _ = Leader.builder().mount("/", mount(args[1])).listen(Path.of(args[0])).start();
        BufferedReader in =
            new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8))) {
      System.out.println("ready");
      while (in.readLine() != null) {
        System.out.println("?");
      }
    }
  }

  private static MountFactory mount(String kind) {
    return switch (kind) {
      case "tmpfs" -> TmpFs.Options.parse(Map.of("nr_inodes", INODES)).factory();
      default -> throw new IllegalArgumentException("kind " + kind);
    };
  }
}
