package dev.coterie.check.leader;

import static dev.coterie.check.leader.RawClient.ROOT;
import static org.assertj.core.api.Assertions.assertThat;

import dev.coterie.api.Errno;
import dev.coterie.api.Limits;
import dev.coterie.wire.P9;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Txattrwalk and Txattrcreate. */
@Timeout(value = 120, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class PlainXattrTest {
  private static final int FILE = 1;
  private static final int XATTR = 2;
  private static final int CREATE = 1;
  private static final int REPLACE = 2;

  @TempDir private Path folder;
  private Served served;
  private RawClient client;

  @BeforeEach
  void serve() throws IOException {
    served = Served.in(folder);
    client = served.plain();
    client.create(FILE, "f");
    client.clunk(FILE);
    client.walk(ROOT, FILE, "f");
  }

  @AfterEach
  void stop() throws IOException {
    client.close();
    served.close();
    assertThat(served.leader.counts().faults()).isZero();
  }

  private static Frame walkFrame(int newFid, String name) {
    return Frame.of(P9.TXATTRWALK).u4(FILE).u4(newFid).name(name);
  }

  private static Frame createFrame(String name, long size, int flags) {
    return Frame.of(P9.TXATTRCREATE).u4(XATTR).name(name).u8(size).u4(flags);
  }

  private void set(String name, byte[] value, int flags) throws IOException {
    client.walk(FILE, XATTR);
    client.ok(createFrame(name, value.length, flags));
    if (value.length > 0) {
      assertThat(client.write(XATTR, 0, value)).isEqualTo(value.length);
    }
    client.clunk(XATTR);
  }

  private byte[] get(String name) throws IOException {
    long size = client.ok(walkFrame(XATTR, name)).body().getLong();
    byte[] value = client.read(XATTR, 0, 65_000);
    assertThat(value).hasSize((int) size);
    client.clunk(XATTR);
    return value;
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  @Test
  void xattr_setAndGet_isTheSame() throws IOException {
    set("user.a", bytes("value"), 0);

    assertThat(get("user.a")).isEqualTo(bytes("value"));
  }

  @Test
  void xattr_emptyName_isTheListOfNames() throws IOException {
    set("user.a", bytes("1"), 0);
    set("user.b", bytes("2"), 0);

    assertThat(new String(get(""), StandardCharsets.UTF_8).split("(?<=\0)"))
        .containsExactlyInAnyOrder("user.a\0", "user.b\0");
  }

  /** What Linux asks for at every open for writing. */
  @Test
  void xattrwalk_missing_isNoDataAndMakesNoFid() throws IOException {
    client.fails(Errno.ENODATA, walkFrame(XATTR, "security.capability"));
    client.fails(Errno.EBADF, RawClient.clunkFrame(XATTR));
  }

  @Test
  void xattrcreate_onTheOnlyFid_isApplied() throws IOException {
    client.ok(Frame.of(P9.TXATTRCREATE).u4(FILE).name("user.a").u8(1).u4(0));
    client.write(FILE, 0, bytes("x"));
    client.clunk(FILE);
    client.walk(ROOT, FILE, "f");

    assertThat(get("user.a")).isEqualTo(bytes("x"));
  }

  @Test
  void xattrcreate_sizeZeroAndReplace_removes() throws IOException {
    set("user.a", bytes("value"), 0);
    set("user.a", bytes(""), REPLACE);

    client.fails(Errno.ENODATA, walkFrame(XATTR, "user.a"));
  }

  @Test
  void xattrcreate_sizeZero_setsAnEmptyValue() throws IOException {
    set("user.a", bytes(""), 0);

    assertThat(get("user.a")).isEmpty();
    client.walk(FILE, XATTR);
    client.ok(createFrame("user.a", 0, CREATE));
    client.fails(Errno.EEXIST, RawClient.clunkFrame(XATTR));
  }

  @Test
  void xattrcreate_errorsOfSetting_areTheClunks() throws IOException {
    client.walk(FILE, XATTR);
    client.ok(createFrame("user.a", 1, REPLACE));
    client.write(XATTR, 0, bytes("x"));
    client.fails(Errno.ENODATA, RawClient.clunkFrame(XATTR));
    client.fails(Errno.EBADF, RawClient.clunkFrame(XATTR));
  }

  @Test
  void xattrcreate_valueIncomplete_isNotSet() throws IOException {
    client.walk(FILE, XATTR);
    client.ok(createFrame("user.a", 3, 0));
    client.write(XATTR, 0, bytes("xy"));
    client.fails(Errno.EINVAL, RawClient.writeFrame(XATTR, 2, bytes("zz")));
    client.fails(Errno.EINVAL, RawClient.writeFrame(XATTR, 0, bytes("z")));
    client.fails(Errno.EINVAL, RawClient.clunkFrame(XATTR));
    client.fails(Errno.ENODATA, walkFrame(XATTR, "user.a"));
  }

  @Test
  void xattrcreate_tooLarge_isRefused() throws IOException {
    client.walk(FILE, XATTR);
    client.fails(Errno.E2BIG, createFrame("user.a", Limits.XATTR_VALUE_BYTES + 1, 0));
    client.fails(Errno.E2BIG, createFrame("user.a", -1, 0));
    client.ok(createFrame("user.a", Limits.XATTR_VALUE_BYTES, 0));
  }

  @Test
  void xattrFid_walkedOrOpened_isRefusedAndStays() throws IOException {
    client.walk(FILE, XATTR);
    client.ok(createFrame("user.a", 1, 0));
    client.fails(Errno.EBADF, RawClient.walkFrame(XATTR, 3));
    client.fails(Errno.EBADF, RawClient.walkFrame(XATTR, XATTR, "."));
    client.fails(Errno.EBADF, RawClient.openFrame(XATTR, 0));
    client.fails(Errno.EBADF, createFrame("user.b", 1, 0));
    client.write(XATTR, 0, bytes("x"));
    client.clunk(XATTR);

    assertThat(get("user.a")).isEqualTo(bytes("x"));
    client.ok(walkFrame(XATTR, "user.a"));
    client.fails(Errno.EBADF, RawClient.walkFrame(XATTR, 3));
    client.fails(Errno.EBADF, RawClient.openFrame(XATTR, 0));
    client.fails(Errno.EBADF, RawClient.writeFrame(XATTR, 0, bytes("x")));
  }

  @Test
  void xattrFid_readInParts_isTheValueOfItsTime() throws IOException {
    set("user.a", bytes("0123456789"), 0);
    client.ok(walkFrame(XATTR, "user.a"));
    client.walk(FILE, 3);
    client.ok(Frame.of(P9.TXATTRCREATE).u4(3).name("user.a").u8(1).u4(0));
    client.write(3, 0, bytes("n"));
    client.clunk(3);

    assertThat(client.read(XATTR, 0, 4)).isEqualTo(bytes("0123"));
    assertThat(client.read(XATTR, 8, 4)).isEqualTo(bytes("89"));
    assertThat(client.read(XATTR, 10, 4)).isEmpty();
    assertThat(client.read(XATTR, Long.MAX_VALUE, 4)).isEmpty();
  }

  /** A message of some bytes must not make the leader keep 64 KiB, a million times. */
  @Test
  void xattrFids_many_holdBoundedMemory() throws IOException {
    set("user.a", new byte[60_000], 0);
    long most = Limits.XATTR_BYTES_PER_CONNECTION / 60_000;
    int made = 0;
    for (Reply reply = client.call(walkFrame(100, "user.a"));
        !reply.isError();
        reply = client.call(walkFrame(100 + made, "user.a"))) {
      made++;
      assertThat(made).isLessThanOrEqualTo((int) most);
    }
    client.fails(Errno.ENOMEM, walkFrame(100 + made, "user.a"));
    client.walk(FILE, XATTR);
    client.fails(Errno.ENOMEM, createFrame("user.b", 60_000, 0));
    client.clunk(100);
    client.ok(createFrame("user.b", 60_000, 0));
    client.fails(Errno.EINVAL, RawClient.clunkFrame(XATTR));
    client.ok(walkFrame(100, "user.a"));

    assertThat(made).isEqualTo((int) most);
  }

  @Test
  void xattrwalk_msizeTooSmallForTheValue_isReadInParts() throws IOException {
    set("user.a", new byte[10_000], 0);
    client.version(4096, RawClient.PLAIN);
    client.attach(ROOT, P9.NONUNAME);
    client.walk(ROOT, FILE, "f");
    assertThat(client.ok(walkFrame(XATTR, "user.a")).body().getLong()).isEqualTo(10_000);

    assertThat(client.read(XATTR, 0, 65_000)).hasSize(4096 - P9.IOHDR);
    assertThat(client.read(XATTR, 4096 - P9.IOHDR, 65_000)).hasSize(4096 - P9.IOHDR);
  }
}
