package dev.coterie.check.host;

import dev.coterie.leader.Leader;
import dev.coterie.mounts.host.HostFs;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;

/**
 * A leader as a process, which serves a directory of the host. Says {@code serving}; answers {@code
 * faults} and {@code descriptors}; ends when there is nothing more to hear.
 */
final class HostLeaderMain {
  private HostLeaderMain() {}

  /** Arguments: socket, directory. */
  public static void main(String[] args) throws IOException {
    HostFs.Options options = new HostFs.Options(Path.of(args[1]), false, false);
    Leader.Builder builder =
        Leader.builder().mount("/", options.factory()).listen(Path.of(args[0]));
    BufferedReader in =
        new BufferedReader(new InputStreamReader(System.in, StandardCharsets.US_ASCII));
    try (Leader leader = builder.start()) {
      System.out.println("serving");
      for (String line = in.readLine(); line != null; line = in.readLine()) {
        System.out.println(line + " " + answer(line, leader));
      }
    }
  }

  private static long answer(String question, Leader leader) throws IOException {
    if (question.equals("faults")) {
      return leader.counts().faults();
    }
    try (Stream<Path> open = Files.list(Path.of("/proc/self/fd"))) {
      return open.count();
    }
  }
}
