package dev.coterie.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.coterie.api.Caller;
import dev.coterie.api.Limits;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

class ProcessIdentityTest {
  private static final String STATUS =
      """
      Name:\tUid: 1
      Umask:\t0027
      State:\tR (running)
      Pid:\t4711
      Uid:\t1\t4294967294\t3\t4
      Gid:\t5\t6\t7\t8
      Groups:\t4 20 4294967293 10 11 12 13 14 15 16\s
      """;

  @Test
  void parse_takesEffectiveIdsAllGroupsPidAndUmask() {
    int[] groups = {4, 20, -3, 10, 11, 12, 13, 14, 15, 16};
    assertThat(ProcessIdentity.parse(STATUS)).isEqualTo(new Caller(-2, 6, groups, 4711, 027));
  }

  @Test
  void parse_withoutGroups_hasNone() {
    String alone = STATUS.replaceAll("Groups:.*", "Groups:\t ");
    assertThat(ProcessIdentity.parse(alone).groups()).isEmpty();
  }

  @Test
  void parse_ofMoreGroupsThanACallerHas_takesTheFirst() {
    String many = STATUS.replaceAll("Groups:.*", "Groups:" + " 7".repeat(Limits.GROUPS + 1));
    assertThat(ProcessIdentity.parse(many).groups()).hasSize(Limits.GROUPS);
  }

  @Test
  void parse_withoutALine_saysWhich() {
    assertThatThrownBy(() -> ProcessIdentity.parse("Uid:\t1\t2\t3\t4"))
        .hasMessageContaining("Groups:");
  }

  @Test
  void self_isWhoOwnsAFileMadeNow() throws Exception {
    Path file = Files.createTempFile("identity", null);
    try {
      assertThat(ProcessIdentity.self().uid()).isEqualTo(Files.getAttribute(file, "unix:uid"));
      assertThat(ProcessIdentity.self().pid()).isEqualTo((int) ProcessHandle.current().pid());
    } finally {
      Files.delete(file);
    }
  }
}
