package dev.coterie.check.host;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.coterie.api.Caller;
import dev.coterie.api.Errno;
import dev.coterie.api.ErrnoException;
import dev.coterie.api.Tree;
import dev.coterie.client.Address;
import dev.coterie.client.Client;
import dev.coterie.client.ClientOptions;
import dev.coterie.leader.Leader;
import dev.coterie.mounts.host.HostFs;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * What another process changes in a directory of the host, seen by a client that keeps copies: at
 * once, unless the owner has given his word that nobody does so.
 */
@Timeout(120)
@SuppressWarnings("NullAway.Init") // the fields are set where each test begins
class OutsideWordIT {
  private static final int ROUNDS = Boolean.getBoolean("coterie.full") ? 300 : 60;

  /** In place, so that the inode stays; a name that goes and one that comes. */
  private static final String SCRIPT =
      "i=0; while read line; do i=$((i + 1)); printf '%6d' $i 1<> f; mv n$((i - 1)) n$i;"
          + " chmod $((i % 2 + 6))00 f; echo done; done";

  private Path folder;
  private Path directory;

  @BeforeEach
  void make() throws IOException {
    HostTools.requireRoot();
    folder = Files.createTempDirectory(HostTools.onTmpfs(), "coterie-word-");
    directory = Files.createDirectory(folder.resolve("d"));
    Files.writeString(directory.resolve("f"), "     0");
    Files.createFile(directory.resolve("n0"));
  }

  @AfterEach
  void remove() throws IOException {
    HostTools.removeAll(folder);
  }

  /** How many looks did not show what the other process had done. */
  private int stale(Map<String, String> options) throws Exception {
    HostFs.Options how = HostFs.Options.parse(directory.toString(), options);
    Path socket = folder.resolve("socket");
    Process other = new ProcessBuilder("sh", "-c", SCRIPT).directory(directory.toFile()).start();
    try (Leader leader = Leader.builder().mount("/", how.factory()).listen(socket).start();
        Client client =
            Client.connect(
                new Address.Unix(socket.toString()), ClientOptions.DEFAULT.withCopies(1 << 20));
        Tree tree = Tree.of(client, Caller.ROOT)) {
      int stale = 0;
      for (int round = 1; round <= ROUNDS; round++) {
        look(tree, round - 1); // so that there is something to be wrong
        other.outputWriter().append("go\n").flush();
        assertThat(other.inputReader().readLine()).isEqualTo("done");
        stale += look(tree, round);
      }
      assertThat(leader.counts().faults()).isZero();
      return stale;
    } finally {
      other.outputWriter().close();
      try (BufferedReader end = other.inputReader()) {
        assertThat(end.readLine()).isNull();
      }
      assertThat(other.waitFor()).isZero();
    }
  }

  /** Twice each, as what is used once is not kept. */
  private static int look(Tree tree, int round) throws ErrnoException {
    int stale = 0;
    for (int i = 0; i < 2; i++) {
      String content = new String(tree.readAll("f"), StandardCharsets.US_ASCII);
      stale += content.trim().equals(Integer.toString(round)) ? 0 : 1;
      int mode = round == 0 ? 0 : (round % 2 + 6) << 6;
      stale += mode == 0 || (tree.stat("f").mode() & 0777) == mode ? 0 : 1;
      stale += isThere(tree, "n" + round) ? 0 : 1;
      stale += round > 0 && isThere(tree, "n" + (round - 1)) ? 1 : 0;
      stale += isThere(tree, "n" + (round + 1)) ? 1 : 0;
    }
    return stale;
  }

  private static boolean isThere(Tree tree, String name) throws ErrnoException {
    try {
      tree.stat(name);
      return true;
    } catch (ErrnoException e) {
      assertThat(e.errno()).isEqualTo(Errno.ENOENT);
      return false;
    }
  }

  @Test
  void byDefault_whatOthersChange_isSeenAtOnce() throws Exception {
    assertThat(stale(Map.of())).isZero();
  }

  @Test
  void withCopiesRefused_itIsToo_whateverTheWord() throws Exception {
    assertThat(stale(Map.of("outside", "no", "copies", "no"))).isZero();
  }

  /** So these looks can tell. */
  @Test
  void withAWordThatIsNotTrue_itIsNot() throws Exception {
    assertThat(stale(Map.of("outside", "no"))).isPositive();
  }

  @Test
  void wordForDirectoriesThatOverlap_isRefused() throws Exception {
    Files.createDirectory(directory.resolve("below"));
    Path link = Files.createSymbolicLink(folder.resolve("link"), directory.resolve("below"));
    HostFs.Options alone =
        HostFs.Options.parse(directory.toString(), Map.of("outside", "no"));
    HostFs.Options below = HostFs.Options.parse(link.toString(), Map.of());
    assertThatThrownBy(
            () -> Leader.builder().mount("/", alone.factory()).mount("/x", below.factory()).start())
        .isInstanceOf(IOException.class)
        .hasMessageContaining("the same files");
    assertThatThrownBy(
            () -> Leader.builder().mount("/", below.factory()).mount("/x", alone.factory()).start())
        .isInstanceOf(IOException.class)
        .hasMessageContaining("the same files");
  }
}
