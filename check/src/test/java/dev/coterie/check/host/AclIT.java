package dev.coterie.check.host;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;

import dev.coterie.api.Caller;
import dev.coterie.api.Errno;
import dev.coterie.api.ErrnoException;
import dev.coterie.api.FileService;
import dev.coterie.api.InodeId;
import dev.coterie.api.Name;
import dev.coterie.api.OpenFlags;
import dev.coterie.api.SetAttr;
import dev.coterie.core.Vfs;
import dev.coterie.mounts.host.HostFs;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Access control lists of the host (acl(5)): the host decides by them, defaults replace the umask,
 * and they are attributes. Held against getfacl and setfacl on the directory itself.
 */
class AclIT {
  private static final Name ACCESS = Name.of("system.posix_acl_access");
  private static final Name DEFAULT = Name.of("system.posix_acl_default");
  private static final Caller ROOT = Caller.ROOT;
  private static final Caller ALICE = new Caller(1001, 1001, new int[0], 1, 077);
  private static final Caller BOB = new Caller(1002, 1002, new int[0], 1, 077);
  private static final Caller MEMBER = new Caller(1003, 1003, new int[] {2000}, 1, 077);

  private Path directory = Path.of("");
  private @Nullable Vfs tree;
  private @Nullable FileService session;

  private FileService mount(String type) throws IOException {
    HostTools.requireRoot();
    HostTools.requireTool("setfacl", "acl");
    Path place = type.equals("tmpfs") ? HostTools.onTmpfs() : HostTools.onExt4();
    directory = Files.createTempDirectory(place, "coterie-acl-");
    Files.setAttribute(directory, "unix:mode", 0755);
    Vfs.Config config = new Vfs.Config(InstantSource.system(), new Random(1), 1);
    HostFs.Options options = new HostFs.Options(directory, false, false);
    tree = new Vfs(config, Map.of("/", options.factory()));
    FileService service = tree.openSession();
    session = service;
    return service;
  }

  @AfterEach
  void unmount() throws IOException {
    if (session != null) {
      session.close();
    }
    if (tree != null) {
      tree.close();
    }
    HostTools.removeAll(directory);
  }

  private Path at(String name) {
    return directory.resolve(name);
  }

  private void setfacl(String name, String... words) throws IOException {
    List<String> command = new java.util.ArrayList<>(List.of("setfacl"));
    command.addAll(List.of(words));
    command.add(at(name).toString());
    HostTools.run(command.toArray(String[]::new));
  }

  /** Its entries, with a blank between them. */
  private String getfacl(String name) throws IOException {
    return HostTools.run("getfacl", "-cnpE", at(name).toString()).strip().replaceAll("\\s+", " ");
  }

  private static InodeId lookup(FileService service, String name) throws ErrnoException {
    return service.lookup(ROOT, service.root(ROOT).id(), Name.of(name)).id();
  }

  private interface Attempt {
    void run() throws ErrnoException;
  }

  private static void requireRefused(Errno errno, Attempt attempt) {
    try {
      attempt.run();
      fail("was not refused: %s", errno);
    } catch (ErrnoException e) {
      assertThat(e.errno()).isEqualTo(errno);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"tmpfs", "ext4"})
  void access_isDecidedByTheHost(String type) throws Exception {
    FileService service = mount(type);
    Files.setAttribute(Files.writeString(at("file"), "content"), "unix:mode", 0600);
    InodeId file = lookup(service, "file");
    requireRefused(Errno.EACCES, () -> service.open(ALICE, file, OpenFlags.O_RDONLY));

    setfacl("file", "-m", "u:1001:rw,g:2000:r");
    service.close(ALICE, service.open(ALICE, file, OpenFlags.O_RDWR).handle());
    service.access(ALICE, file, 6);
    service.close(MEMBER, service.open(MEMBER, file, OpenFlags.O_RDONLY).handle());
    requireRefused(Errno.EACCES, () -> service.open(MEMBER, file, OpenFlags.O_RDWR));
    requireRefused(Errno.EACCES, () -> service.open(BOB, file, OpenFlags.O_RDONLY));
    requireRefused(Errno.EACCES, () -> service.access(BOB, file, 4));

    // "The mask limits what is granted" to all but the owner and others; it is the group's in a
    // mode.
    service.setattr(ROOT, file, 0, SetAttr.ofMode(0640));
    assertThat(getfacl("file")).contains("mask::r--");
    requireRefused(Errno.EACCES, () -> service.open(ALICE, file, OpenFlags.O_RDWR));
    service.close(ALICE, service.open(ALICE, file, OpenFlags.O_RDONLY).handle());

    setfacl("file", "-b");
    requireRefused(Errno.EACCES, () -> service.open(ALICE, file, OpenFlags.O_RDONLY));
  }

  /** What is made below is as what a shell makes there with the same umask. */
  @ParameterizedTest
  @ValueSource(strings = {"tmpfs", "ext4"})
  void defaultAcl_replacesTheUmask(String type) throws Exception {
    FileService service = mount(type);
    Files.createDirectory(at("dir"));
    setfacl("dir", "-m", "u:1001:rwx", "-m", "d:u::rwx,d:u:1002:rx,d:g::rwx,d:m::rwx,d:o::r");
    InodeId dir = lookup(service, "dir");
    Caller strict = ROOT.withUmask(077);
    int flags = OpenFlags.O_CREAT | OpenFlags.O_RDWR;
    service.close(strict, service.create(strict, dir, Name.of("file"), flags, 0666).handle());
    service.mkdir(strict, dir, Name.of("sub"), 0777);
    service.mknod(strict, dir, Name.of("fifo"), dev.coterie.api.Mode.S_IFIFO | 0666, 0);
    HostTools.run(
        "sh",
        "-c",
        "umask 077; cd \"$1\"; : > file2; mkdir sub2; mkfifo fifo2",
        "sh",
        at("dir").toString());
    for (String name : List.of("dir/file", "dir/sub", "dir/fifo")) {
      assertThat(getfacl(name)).as(name).isEqualTo(getfacl(name + 2));
      assertThat(Files.getAttribute(at(name), "unix:mode"))
          .isEqualTo(Files.getAttribute(at(name + 2), "unix:mode"));
    }
    assertThat(getfacl("dir/file")).contains("user:1002:r-x").contains("mask::rw-");
    assertThat(getfacl("dir/sub")).contains("default:user:1002:r-x");
    assertThat((int) Files.getAttribute(at("dir/file"), "unix:mode") & 0777).isEqualTo(0664);

    Files.createDirectory(at("plain"));
    InodeId plain = lookup(service, "plain");
    service.close(strict, service.create(strict, plain, Name.of("file"), flags, 0666).handle());
    assertThat((int) Files.getAttribute(at("plain/file"), "unix:mode") & 0777).isEqualTo(0600);
  }

  @ParameterizedTest
  @ValueSource(strings = {"tmpfs", "ext4"})
  void lists_areAttributes(String type) throws Exception {
    FileService service = mount(type);
    Files.setAttribute(Files.writeString(at("file"), ""), "unix:uid", 1001);
    Files.createDirectory(at("dir"));
    InodeId file = lookup(service, "file");
    InodeId dir = lookup(service, "dir");
    requireRefused(Errno.ENODATA, () -> service.getxattr(ROOT, file, ACCESS));
    byte[] list = list(0x01, 6, -1, 0x02, 4, 1002, 0x04, 4, -1, 0x10, 6, -1, 0x20, 0, -1);

    requireRefused(Errno.EPERM, () -> service.setxattr(BOB, file, ACCESS, list, 0));
    service.setxattr(ALICE, file, ACCESS, list, 0);
    assertThat(getfacl("file"))
        .isEqualTo("user::rw- user:1002:r-- group::r-- mask::rw- other::---");
    assertThat(service.getxattr(BOB, file, ACCESS)).isEqualTo(list);
    assertThat(service.listxattr(ROOT, file)).contains(ACCESS).doesNotContain(DEFAULT);
    service.close(BOB, service.open(BOB, file, OpenFlags.O_RDONLY).handle());

    setfacl("dir", "-m", "d:u::rw,d:u:1002:r,d:g::r,d:m::rw,d:o::-");
    assertThat(service.getxattr(ROOT, dir, DEFAULT)).isEqualTo(list);
    assertThat(service.listxattr(ROOT, dir)).contains(DEFAULT);

    service.removexattr(ALICE, file, ACCESS);
    assertThat(getfacl("file")).doesNotContain("1002");
    service.removexattr(ROOT, dir, DEFAULT);
    assertThat(getfacl("dir")).doesNotContain("default");
    requireRefused(
        Errno.EINVAL, () -> service.setxattr(ROOT, file, ACCESS, new byte[] {1, 2, 3}, 0));
  }

  /**
   * As the kernel has it (linux/posix_acl_xattr.h): {@code version[4]}, then {@code tag[2] perm[2]
   * id[4]} for each entry.
   */
  private static byte[] list(int... entries) {
    ByteBuffer bytes =
        ByteBuffer.allocate(4 + entries.length / 3 * 8).order(ByteOrder.LITTLE_ENDIAN).putInt(2);
    for (int i = 0; i < entries.length; i += 3) {
      bytes.putShort((short) entries[i]).putShort((short) entries[i + 1]).putInt(entries[i + 2]);
    }
    return bytes.array();
  }
}
