package dev.coterie.mounts.tmpfs;

import static org.assertj.core.api.Assertions.assertThat;

import dev.coterie.api.Name;
import java.util.List;
import org.junit.jupiter.api.Test;

class XattrsTest {
  private static final Name A = Name.of("user.a");
  private static final Name B = Name.of("user.b");
  private static final Name AA = Name.of("user.aa");

  @Test
  void list_severalNames_isSortedBackwards() {
    Xattrs xattrs = new Xattrs();
    for (Name name : List.of(A, B, AA)) {
      xattrs.put(name, new byte[0]);
    }
    assertThat(xattrs.list()).containsExactly(B, AA, A);
    assertThat(xattrs.nameBytes()).isEqualTo(7 + 7 + 8);
  }

  @Test
  void put_again_replacesTheValue() {
    Xattrs xattrs = new Xattrs();
    xattrs.put(A, new byte[] {1});
    xattrs.put(A, new byte[] {2, 3});
    assertThat(xattrs.get(A)).containsExactly(2, 3);
    assertThat(xattrs.list()).containsExactly(A);
    assertThat(xattrs.nameBytes()).isEqualTo(7);
    assertThat(xattrs.space()).isEqualTo(40 + 6 + 2).isEqualTo(xattrs.spaceOf(A));
  }

  @Test
  void put_thenCallerChangesItsArray_keepsTheValue() {
    Xattrs xattrs = new Xattrs();
    byte[] value = {1};
    xattrs.put(A, value);
    value[0] = 9;
    byte[] got = xattrs.get(A);
    assertThat(got).containsExactly(1);
  }

  @Test
  void remove_oneOfThree_leavesTheOthers() {
    Xattrs xattrs = new Xattrs();
    for (Name name : List.of(A, B, AA)) {
      xattrs.put(name, name.toBytes());
    }
    assertThat(xattrs.remove(AA)).isTrue();
    assertThat(xattrs.remove(AA)).isFalse();
    assertThat(xattrs.get(AA)).isNull();
    assertThat(xattrs.get(A)).isEqualTo(A.toBytes());
    assertThat(xattrs.get(B)).isEqualTo(B.toBytes());
    assertThat(xattrs.nameBytes()).isEqualTo(14);
  }
}
