package dev.coterie.console;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import org.junit.jupiter.api.Test;

class ByteTextTest {
  private static final String RAW = "b\u00ffd \u00c3\u00bc%/x";

  @Test
  void local_rawBytes_comeBack() {
    for (String text : new String[] {"/a b/" + RAW, RAW, "../" + RAW, "/" + RAW, "plain", "/p"}) {
      Path path = ByteText.local(text);
      assertThat(path.isAbsolute()).isEqualTo(text.startsWith("/"));
      assertThat(ByteText.local(path)).isEqualTo(text);
    }
  }

  @Test
  void decoded_utf8_isReadable() {
    String bytes = ByteText.encoded("\u00fcber");
    assertThat(bytes).hasSize(5);
    assertThat(ByteText.decoded(bytes)).isEqualTo("\u00fcber");
    assertThat(ByteText.bytes(bytes)).hasSize(5).startsWith(0xc3, 0xbc);
  }

  @Test
  void lastName_slashes_areNotPartOfIt() {
    assertThat(ByteText.lastName("/a/b")).isEqualTo("b");
    assertThat(ByteText.lastName("b//")).isEqualTo("b");
    assertThat(ByteText.lastName("/a/..")).isEqualTo("..");
    assertThat(ByteText.lastName("//")).isEmpty();
    assertThat(ByteText.join("/", "a")).isEqualTo("/a");
    assertThat(ByteText.join("/d", "a")).isEqualTo("/d/a");
  }

  @Test
  void printable_control_givesNoOrders() {
    assertThat(ByteText.printable("a\u001b[31m\n\u00fc")).isEqualTo("a?[31m?\u00fc");
  }
}
