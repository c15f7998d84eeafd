package dev.coterie.console;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class UpConfigTest {
  private static void fails(String text, String message) {
    assertThatThrownBy(() -> UpConfig.parse("f.toml", text).mounts())
        .isInstanceOfSatisfying(
            Failure.class,
            failure -> {
              assertThat(failure.status()).isEqualTo(2);
              assertThat(failure.text()).isEqualTo(message);
            });
  }

  @Test
  void parse_everything_isRead() throws Failure {
    UpConfig config =
        UpConfig.parse(
            "f.toml",
            """
            socket = "/run/s"
            tcp = 5640
            tcp-trust = true
            lock-hold = 250
            [[mount]]
            path = "/"
            kind = "tmpfs"
            options = { size = "1g", nr_inodes = 9, noatime = true, ro = false }
            [[mount]]
            path = "/b"
            kind = "host"
            source = "/srv"
            """);
    assertThat(config.socket()).isEqualTo("/run/s");
    assertThat(config.tcp()).isEqualTo(5640);
    assertThat(config.tcpTrust()).isTrue();
    assertThat(config.lockHold()).isEqualTo(250);
    assertThat(config.mounts())
        .isEqualTo(
            List.of(
                new MountSpec(
                    "/", "tmpfs", "", Map.of("size", "1g", "nr_inodes", "9", "noatime", "")),
                new MountSpec("/b", "host", "/srv", Map.of())));
  }

  @Test
  void parse_unknownKey_isNamedWithItsLine() {
    fails("socket = 'x'\nsockt = 3\n", "f.toml:2: unknown key 'sockt'");
    fails(
        "[[mount]]\npath='/'\nkind='tmpfs'\n[[mount]]\npath='/b'\nkid='tmpfs'\n",
        "f.toml:6: unknown key 'kid'");
  }

  @Test
  void parse_badForm_isNamedWithItsPosition() {
    fails("socket =\n", "f.toml:1:9: Newline not permitted here");
    fails("\nsocket = 'x'\nsocket = 'y'", "f.toml:3:13: Duplicate key");
  }

  @Test
  void parse_badContent_isNamedWithItsLine() {
    assertThatThrownBy(() -> UpConfig.parse("f.toml", "\ntcp = 'abc'"))
        .hasMessageStartingWith("f.toml:2: tcp: Cannot deserialize");
    fails("[[mount]]\npath='/'\n", "config: a mount needs path and kind");
  }
}
