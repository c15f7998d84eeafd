package dev.coterie.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.coterie.api.Caller;
import dev.coterie.api.Errno;
import dev.coterie.api.ErrnoException;
import dev.coterie.api.Limits;
import dev.coterie.core.spi.Acl;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Objects;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;

/** Access control lists as values. Beside the kernel's they are held in {@code check}. */
class AclTest {
  private static final Caller ALICE = new Caller(1001, 1001, new int[] {2000, 2001}, 1, 0);

  /** Tag, permissions and id of each entry. */
  private static byte[] bytes(int... entries) {
    ByteBuffer bytes =
        ByteBuffer.allocate(4 + entries.length / 3 * 8).order(ByteOrder.LITTLE_ENDIAN).putInt(2);
    for (int i = 0; i < entries.length; i += 3) {
      bytes.putShort((short) entries[i]).putShort((short) entries[i + 1]).putInt(entries[i + 2]);
    }
    return bytes.array();
  }

  private static Acl valid(int... entries) throws ErrnoException {
    Acl acl = Objects.requireNonNull(Acl.of(bytes(entries)));
    acl.requireValid();
    return acl;
  }

  private static void fails(Errno errno, ThrowingCallable operation) {
    assertThatThrownBy(operation)
        .isInstanceOfSatisfying(ErrnoException.class, e -> assertThat(e.errno()).isEqualTo(errno));
  }

  @Test
  void of_bytes_areTheSameAgain() throws ErrnoException {
    byte[] bytes = bytes(1, 7, -1, 2, 6, 1001, 4, 5, -1, 8, 4, 2000, 16, 6, -1, 32, 1, -1);
    Acl acl = Objects.requireNonNull(Acl.of(bytes));
    acl.requireValid();
    assertThat(acl.toBytes()).isEqualTo(bytes);
    assertThat(acl)
        .hasToString("user::rwx user:1001:rw- group::r-x group:2000:r-- mask::rw- other::--x")
        .isEqualTo(Acl.of(bytes));
    assertThat(acl.permissions()).isEqualTo(0761);
    assertThat(acl.isMode()).isFalse();
  }

  @Test
  void of_idsThatMeanNothing_areGivenBackAsNone() throws ErrnoException {
    Acl acl = valid(1, 6, 17, 4, 4, 0, 32, 0, 5);
    assertThat(acl.toBytes()).isEqualTo(bytes(1, 6, -1, 4, 4, -1, 32, 0, -1));
    assertThat(acl.isMode()).isTrue();
    assertThat(acl.permissions()).isEqualTo(0640);
  }

  @Test
  void of_noEntries_isNoList() throws ErrnoException {
    assertThat(Acl.of(new byte[0])).isNull();
    assertThat(Acl.of(bytes())).isNull();
    fails(Errno.EINVAL, () -> Acl.of(new byte[3]));
    fails(Errno.EINVAL, () -> Acl.of(new byte[] {2, 0, 0, 0, 1}));
    fails(Errno.EOPNOTSUPP, () -> Acl.of(new byte[4]));
    fails(Errno.EINVAL, () -> Acl.of(bytes(3, 7, -1)));
  }

  @Test
  void requireValid_tooLong_isE2big() throws ErrnoException {
    int users = Limits.ACL_ENTRIES - 4;
    int[] entries = new int[(users + 5) * 3];
    entries[0] = 1;
    for (int i = 1; i <= users + 1; i++) {
      entries[i * 3] = 2;
      entries[i * 3 + 2] = i;
    }
    int[] tags = {4, 16, 32};
    for (int i = 0; i < tags.length; i++) {
      entries[(users + 2 + i) * 3] = tags[i];
    }
    fails(Errno.E2BIG, () -> valid(entries));
    int[] fewer = new int[entries.length - 3];
    System.arraycopy(entries, 0, fewer, 0, 3);
    System.arraycopy(entries, 6, fewer, 3, fewer.length - 3);
    assertThat(valid(fewer).toBytes()).hasSize(4 + 8 * Limits.ACL_ENTRIES);
  }

  @Test
  void withMode_changesTheMaskOrElseTheGroup() throws ErrnoException {
    assertThat(valid(1, 0, -1, 2, 6, 1001, 4, 4, -1, 16, 7, -1, 32, 0, -1).withMode(0751))
        .hasToString("user::rwx user:1001:rw- group::r-- mask::r-x other::--x");
    assertThat(valid(1, 0, -1, 4, 4, -1, 32, 0, -1).withMode(0751))
        .hasToString("user::rwx group::r-x other::--x");
  }

  @Test
  void forNew_givesNoMoreThanTheMode() throws ErrnoException {
    Acl acl = valid(1, 7, -1, 2, 7, 1001, 4, 5, -1, 16, 6, -1, 32, 4, -1).forNew(0666);
    assertThat(acl).hasToString("user::rw- user:1001:rwx group::r-x mask::rw- other::r--");
    assertThat(acl.forNew(0600).permissions()).isEqualTo(0600);
  }

  @Test
  void grants_user_isWithinTheMaskAndDecides() throws ErrnoException {
    Acl acl = valid(1, 0, -1, 2, 7, 1001, 4, 7, -1, 16, 5, -1, 32, 7, -1);
    assertThat(acl.grants(ALICE, 2000, 5)).isTrue();
    assertThat(acl.grants(ALICE, 2000, 2)).isFalse();
    assertThat(acl.grants(ALICE.withGid(1), 1, 2)).isFalse();
  }

  @Test
  void grants_groups_oneMustGiveAll() throws ErrnoException {
    Acl acl = valid(1, 0, -1, 4, 4, -1, 8, 2, 2000, 8, 1, 2001, 16, 7, -1, 32, 7, -1);
    assertThat(acl.grants(ALICE, 1001, 4)).isTrue();
    assertThat(acl.grants(ALICE, 1001, 2)).isTrue();
    assertThat(acl.grants(ALICE, 1001, 6)).isFalse();
    assertThat(acl.grants(ALICE, 7, 4)).isFalse();
    assertThat(acl.grants(Caller.NOBODY, 7, 7)).isTrue();
  }
}
