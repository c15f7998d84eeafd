package dev.coterie.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class AddressTest {
  @Test
  void parse_knowsPathsAndPorts() {
    assertThat(Address.parse("/run/a.sock")).isEqualTo(new Address.Unix("/run/a.sock"));
    assertThat(Address.parse("./a:1")).isEqualTo(new Address.Unix("./a:1"));
    assertThat(Address.parse("unix:a")).isEqualTo(new Address.Unix("a"));
    assertThat(Address.parse("localhost:564")).isEqualTo(new Address.Tcp("localhost", 564));
    assertThat(Address.parse("tcp:[::1]:564")).isEqualTo(new Address.Tcp("::1", 564));
  }

  @ParameterizedTest
  @ValueSource(strings = {"a", ":1", "a:", "a:b", "a:0", "a:65536", "tcp:a", "a:-1"})
  void parse_ofNeither_isRefused(String text) {
    assertThatThrownBy(() -> Address.parse(text)).isInstanceOf(IllegalArgumentException.class);
  }

  @ParameterizedTest
  @ValueSource(strings = {"/run/a.sock", "localhost:564", "[::1]:564"})
  void toString_canBeParsed(String text) {
    assertThat(Address.parse(text)).hasToString(text);
  }
}
