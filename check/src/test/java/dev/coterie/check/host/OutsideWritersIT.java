package dev.coterie.check.host;

import static org.assertj.core.api.Assertions.assertThat;

import dev.coterie.check.leader.Child;
import java.io.BufferedReader;
import java.io.BufferedWriter;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.zip.CRC32;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * A shell changes a directory of the host behind the leader's back and says when it has. From then
 * on every client sees the new state and nothing of the old one, though it has looked before and
 * holds on to what it saw.
 */
@Timeout(value = 1800, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class OutsideWritersIT {
  private static final int ROUNDS = Boolean.getBoolean("coterie.full") ? 10_000 : 1_000;
  private static final int CLIENTS = 2;

  /** A change for each line it reads; then says which files there are, and {@code done}. */
  private static final String WRITER =
      """
      cd "$1" || exit 1
      while read -r round kind one two; do
        case $kind in
          create) echo "created in round $round" > $one ;;
          append) echo "appended in round $round" >> $one ;;
          rename) [ ! -e $one ] || mv -f $one $two ;;
          truncate) [ ! -e $one ] || truncate -s $((round % 37)) $one ;;
          grow) truncate -s $((round % 5000)) $one ;;
          remove) rm -f $one ;;
          replace) echo "replaced in round $round" > .new; mv -f .new $one ;;
          again) rm -f $one; echo "another in round $round" > $one ;;
          chmod) [ ! -e $one ] || chmod $((400 + round % 8 * 10 + round % 8)) $one ;;
          link) [ ! -e $one ] || ln -f $one $two 2> /dev/null ;;
        esac
        stat -c '%n:%i:%s:%a' -- * 2> /dev/null
        echo done
      done
      """;

  private static final List<String> KINDS =
      List.of(
          "create",
          "append",
          "rename",
          "truncate",
          "grow",
          "remove",
          "replace",
          "again",
          "chmod",
          "link");

  @TempDir private Path folder = Path.of("");

  @ParameterizedTest
  @CsvSource({"HANDLES,ext4", "WALKING,tmpfs"})
  void everyClient_seesEachChange(Privilege privilege, String type) throws Exception {
    Path place = type.equals("tmpfs") ? HostTools.onTmpfs() : HostTools.onExt4();
    Path directory = Files.createTempDirectory(place, "coterie-outside-");
    Process shell = new ProcessBuilder("sh", "-c", WRITER, "sh", directory.toString()).start();
    List<Child> clients = new ArrayList<>();
    try (HostLeader leader = HostLeader.start(privilege, folder, directory);
        BufferedWriter to = shell.outputWriter(StandardCharsets.US_ASCII);
        BufferedReader from = shell.inputReader(StandardCharsets.US_ASCII)) {
      for (int i = 0; i < CLIENTS; i++) {
        clients.add(Child.start(folder, LookerMain.class, leader.socket()));
      }
      for (Child client : clients) {
        client.hear("connected");
      }
      Random random = new Random(1);
      int seen = 0;
      for (int round = 0; round < ROUNDS; round++) {
        String change = change(random);
        to.write(round + " " + change + "\n");
        to.flush();
        String state = state(from, directory);
        seen += state.length();
        for (Child client : clients) {
          client.say("look");
        }
        for (Child client : clients) {
          assertThat(client.hear("look")).as("round %d, %s", round, change).isEqualTo(state);
        }
      }
      assertThat(seen).as("there was something to see").isGreaterThan(ROUNDS * 20);
      clients.forEach(Child::end);
      leader.end();
    } finally {
      clients.forEach(Child::close);
      shell.destroyForcibly();
      HostTools.removeAll(directory);
    }
  }

  private static String change(Random random) {
    String kind = KINDS.get(random.nextInt(KINDS.size()));
    return kind + " f" + random.nextInt(5) + " f" + random.nextInt(5);
  }

  /** What the shell says is there now, as a client tells it. */
  private static String state(BufferedReader from, Path directory) throws IOException {
    Map<String, String> files = new TreeMap<>();
    for (String line = from.readLine(); !"done".equals(line); line = from.readLine()) {
      if (line == null) {
        throw new IOException("the shell is gone");
      }
      String[] words = line.split(":", 2);
      byte[] content = Files.readAllBytes(directory.resolve(words[0]));
      CRC32 crc = new CRC32();
      crc.update(content);
      files.put(words[0], "%s:%d:%08x".formatted(words[1], content.length, crc.getValue()));
    }
    return files.toString();
  }
}
