package dev.coterie.check.suite;

import static dev.coterie.check.suite.Checks.fails;
import static org.assertj.core.api.Assertions.assertThat;

import dev.coterie.api.Errno;
import dev.coterie.api.ErrnoException;
import dev.coterie.api.OpenFlags;
import dev.coterie.api.Operation.Fallocate;
import dev.coterie.api.SetAttr;
import dev.coterie.api.XattrNames;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;

/** Capabilities of programs (capabilities(7), "File capabilities"): who changes it takes them. */
interface CapabilityChecks extends Checks {
  /** {@code cap_net_raw=ep}, as setcap(8) writes it: version and flag, permitted, inheritable. */
  static byte[] netRaw() {
    return ByteBuffer.allocate(20)
        .order(ByteOrder.LITTLE_ENDIAN)
        .putInt(0x0200_0001)
        .putInt(1 << 13)
        .array();
  }

  private static void give(Actor root, String path) throws ErrnoException {
    root.service().setxattr(root.caller(), root.id(path), XattrNames.CAPABILITY, netRaw(), 0);
  }

  private static boolean has(Actor actor, String path) throws ErrnoException {
    return actor.listxattr(path).contains(XattrNames.CAPABILITY.toString());
  }

  /** Whether it is there after an operation before which it was. */
  private static boolean survives(Actor root, ThrowingCallable operation) throws ErrnoException {
    give(root, "/f");
    assertThat(has(root, "/f")).isTrue();
    try {
      operation.call();
    } catch (Throwable e) {
      throw new AssertionError(e);
    }
    return has(root, "/f");
  }

  @Test
  default void capability_isSetByRootAndReadByAll() throws ErrnoException {
    Actor one = root();
    Actor alice = process(ALICE);
    one.file("/f", "content", 0755);
    one.chown("/f", ALICE.uid(), TEAM);
    fails(Errno.EPERM, () -> give(alice, "/f"));
    give(one, "/f");
    fails(Errno.EPERM, () -> alice.removexattr("/f", XattrNames.CAPABILITY.toString()));
    assertThat(alice.service().getxattr(alice.caller(), alice.id("/f"), XattrNames.CAPABILITY))
        .isEqualTo(netRaw());
    fails(Errno.EINVAL, () -> one.setxattr("/f", XattrNames.CAPABILITY.toString(), "none"));
    fails(Errno.EINVAL, () -> alice.setxattr("/f", XattrNames.CAPABILITY.toString(), "none"));
    one.removexattr("/f", XattrNames.CAPABILITY.toString());
    assertThat(has(one, "/f")).isFalse();
  }

  @Test
  default void capability_goesWithChangedContent() throws ErrnoException {
    Actor one = root();
    Actor alice = process(ALICE);
    one.file("/f", "content", 0755);
    one.chown("/f", ALICE.uid(), TEAM);
    one.file("/source", "other");
    long own = alice.open("/f", OpenFlags.O_RDWR);
    long roots = one.open("/f", OpenFlags.O_RDWR);
    long other = one.open("/source", OpenFlags.O_RDWR);
    assertThat(survives(one, () -> alice.write(own, 0, "x"))).isFalse();
    assertThat(survives(one, () -> one.write(roots, 0, "x"))).isFalse();
    assertThat(survives(one, () -> alice.append(own, "x"))).isFalse();
    assertThat(survives(one, () -> alice.write(own, 0, ""))).isTrue();
    assertThat(survives(one, () -> alice.truncate("/f", 3))).isFalse();
    assertThat(survives(one, () -> alice.truncate("/f", 3))).isFalse();
    assertThat(
            survives(
                one,
                () ->
                    alice
                        .service()
                        .setattr(alice.caller(), alice.id("/f"), own, SetAttr.ofSize(5))))
        .isFalse();
    assertThat(survives(one, () -> one.truncate("/f", 3))).isFalse();
    assertThat(survives(one, () -> alice.close(alice.open("/f", OpenFlags.O_TRUNC)))).isFalse();
    assertThat(survives(one, () -> one.service().copyRange(one.caller(), other, 0, roots, 0, 3)))
        .isFalse();
    assertThat(survives(one, () -> one.read(roots, 0, 3))).isTrue();
  }

  @Test
  default void capability_goesWithReservedSpace() throws ErrnoException {
    Actor one = root();
    one.file("/f", "content", 0755);
    long handle = one.open("/f", OpenFlags.O_RDWR);
    int punch = Fallocate.FALLOC_FL_PUNCH_HOLE | Fallocate.FALLOC_FL_KEEP_SIZE;
    for (int mode : new int[] {0, Fallocate.FALLOC_FL_KEEP_SIZE, punch}) {
      assertThat(survives(one, () -> one.service().fallocate(one.caller(), handle, mode, 0, 8192)))
          .as("mode %s", mode)
          .isFalse();
    }
  }

  @Test
  default void capability_goesWithTheOwnerAndStaysOtherwise() throws ErrnoException {
    Actor one = root();
    one.file("/f", "content", 0755);
    assertThat(survives(one, () -> one.chmod("/f", 0700))).isTrue();
    assertThat(survives(one, () -> one.link("/f", "/g"))).isTrue();
    assertThat(survives(one, () -> one.rename("/g", "/h"))).isTrue();
    SetAttr.Time now = SetAttr.Time.Now.NOW;
    assertThat(survives(one, () -> one.setattr("/f", SetAttr.ofTimes(now, now)))).isTrue();
    assertThat(survives(one, () -> one.chown("/f", 0, 0))).isFalse();
    assertThat(survives(one, () -> one.chown("/f", ALICE.uid(), TEAM))).isFalse();
    Actor alice = process(ALICE);
    assertThat(survives(one, () -> alice.chown("/f", -1, ALICE.gid()))).isFalse();
    one.mkdir("/d");
    give(one, "/d");
    one.chown("/d", 7, 7);
    assertThat(has(one, "/d")).isTrue();
  }
}
