package dev.coterie.console;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Map;
import org.junit.jupiter.api.Test;

class MountSpecTest {
  private static void fails(String text, String message) {
    assertThatThrownBy(() -> MountSpec.parse(text).factory())
        .isInstanceOf(Failure.class)
        .hasMessageContaining(message);
  }

  @Test
  void parse_allParts_areRead() throws Failure {
    assertThat(MountSpec.parse("/a/b=kind:so:urce,x=1,y,z=a=b"))
        .isEqualTo(new MountSpec("/a/b", "kind", "so:urce", Map.of("x", "1", "y", "", "z", "a=b")));
    assertThat(MountSpec.parse("/=tmpfs").factory()).isNotNull();
  }

  @Test
  void parse_badMounts_failInOneLine() {
    fails("/", "not PATH=KIND");
    fails("a=tmpfs", "not an absolute path");
    fails("/a/../b=tmpfs", "not a plain path");
    fails("/a/=tmpfs", "not a plain path");
    fails("/a\0=tmpfs", "not an absolute path");
    fails("/" + "x".repeat(256) + "=tmpfs", "over 255 bytes");
    fails("/=tmpfs,size=1,size=2", "repeated option 'size'");
    fails("/=nofs", "unknown kind 'nofs'");
    fails("/=tmpfs,sizze=1", "unknown option sizze");
    fails("/=tmpfs:/somewhere", "takes no source");
  }
}
