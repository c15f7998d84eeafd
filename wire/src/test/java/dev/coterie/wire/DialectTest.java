package dev.coterie.wire;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.coterie.api.Errno;
import dev.coterie.api.ErrnoException;
import dev.coterie.api.Limits;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class DialectTest {
  @ParameterizedTest
  @CsvSource({
    "9P2000.L, PLAIN",
    "9P2000.L.coterie.1, COTERIE_1",
    "9P2000.L.coterie.1.later, COTERIE_1",
    "9P2000.L.coterie.2, PLAIN",
    "9P2000.L.coterie.10, PLAIN",
    "9P2000.L.coterie, PLAIN",
    "9P2000.L.other, PLAIN",
    "9P2000.L., PLAIN",
    "9P2000.Lx, UNKNOWN",
    "9P2000.u, UNKNOWN",
    "9P2000, UNKNOWN",
    "9P2001.L, UNKNOWN",
    "9p2000.l, UNKNOWN",
    "unknown, UNKNOWN",
    "'', UNKNOWN",
    "..., UNKNOWN",
  })
  void answer_proposal_isItsLongestKnownBeginning(String proposed, Dialect expected) {
    assertThat(Dialect.answer(proposed)).isEqualTo(expected);
    if (expected != Dialect.UNKNOWN) {
      assertThat(proposed).startsWith(expected.version());
    }
  }

  @ParameterizedTest
  @CsvSource({
    "9P2000.L, PLAIN",
    "9P2000.L.coterie.1, COTERIE_1",
    "9P2000.L.coterie.2, UNKNOWN",
    "9P2000.L.other, UNKNOWN",
    "unknown, UNKNOWN",
  })
  void agreed_answer_mustBeExact(String answered, Dialect expected) {
    assertThat(Dialect.agreed(answered)).isEqualTo(expected);
  }

  @Test
  void msize_proposal_isHeldWithinItsBounds() throws Exception {
    assertThat(Dialect.msize(4096)).isEqualTo(4096);
    assertThat(Dialect.msize(131096)).isEqualTo(131096);
    assertThat(Dialect.msize(Limits.MSIZE_MAX_BYTES)).isEqualTo((1 << 20) + 24);
    assertThat(Dialect.msize(Limits.MSIZE_MAX_BYTES + 1)).isEqualTo((1 << 20) + 24);
    assertThat(Dialect.msize(-1)).isEqualTo((1 << 20) + 24);
  }

  @Test
  void msize_lessThanAPathNeeds_isEmsgsize() {
    for (int msize : new int[] {0, 1, 4095}) {
      assertThatThrownBy(() -> Dialect.msize(msize))
          .isInstanceOfSatisfying(
              ErrnoException.class, e -> assertThat(e.errno()).isEqualTo(Errno.EMSGSIZE));
    }
  }
}
