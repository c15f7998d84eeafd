package dev.coterie.check.mount;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.coterie.api.Caller;
import dev.coterie.api.FileService;
import dev.coterie.api.InodeId;
import dev.coterie.api.Name;
import dev.coterie.api.SetAttr;
import dev.coterie.api.XattrNames;
import dev.coterie.check.host.AclText;
import dev.coterie.check.host.HostTools;
import dev.coterie.client.Address;
import dev.coterie.client.Client;
import dev.coterie.client.ClientOptions;
import dev.coterie.sys.FuseDevice;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Access control lists and capabilities of programs on a mount, by the tools of the machine, beside
 * a tmpfs of the kernel; and two mounts of one tree, which never know an old list.
 */
@Timeout(300)
class MountAclIT {
  private static final int ROUNDS = Boolean.getBoolean("coterie.full") ? 1000 : 30;

  /** What each script begins with: it works in $1, and acts as other users. */
  private static final String PRELUDE =
      """
      cd "$1" || exit 1
      umask 022
      alice() { setpriv --reuid 1001 --regid 1001 --groups 2000 -- "$@"; }
      bob() { setpriv --reuid 1002 --regid 1002 --groups 2000,2001 -- "$@"; }
      carol() { setpriv --reuid 1003 --regid 1003 --clear-groups -- "$@"; }
      show() { for f; do stat -c '%a %F %u %g' "$f"; getfacl -cnpE "$f"; done; }
      may() {
        for f; do for who in alice bob carol; do
          for right in r w x; do $who test -$right "$f" && printf %s $right || printf -- -; done
        done; echo " $f"; done
      }
      """;

  private static final String LISTS =
      PRELUDE
          + """
          echo '== set, shown, allowed'
          echo content > f; chmod 640 f
          setfacl -m u:1001:rw,g:2001:r f; show f; may f; ls -l f | cut -c1-11
          alice sh -c 'echo more >> f'; carol cat f; bob cat f; bob sh -c 'echo no >> f'
          echo '== the mask'
          chmod g-w f; show f; may f
          setfacl -m m::rwx f; show f; may f
          chmod 604 f; show f; may f
          chmod 670 f; show f; may f
          echo '== groups'
          chown 1003:2000 f; setfacl -m u:1001:-,g::r,g:2001:w f; show f; may f
          echo '== owners only'
          alice setfacl -m u:1002:r f; carol setfacl -m u:1002:x f; show f
          carol setfacl -x u:1001 f; carol setfacl -k f; show f
          setfacl -b f; show f; setfacl -b f; echo $?
          echo '== setgid'
          chown 1003:2000 f; chmod 2755 f; carol setfacl -m u:1001:rwx f; show f
          chmod 2755 f; chown 1001:2000 f; chmod 2755 f; alice setfacl -m u:1002:r f; show f
          echo '== wrong'
          mkfifo p; setfacl -m u:1001:r p; show p
          ln -s f l; setfacl -m u:1001:rx l; show f; setfacl -d -m u:1001:r f; echo $?
          setfattr -n system.posix_acl_access -v 0x01 f; setfattr -n system.posix_acl_access -v 0x0100000001000600ffffffff f
          setfattr -n system.posix_acl_default -v 0x0200000001000600ffffffff04000600ffffffff20000600ffffffff f
          setfattr -n system.posix_acl_access -v 0x0200000001000600ffffffff f
          setfattr -h -n system.posix_acl_access -v 0x0200000001000600ffffffff04000600ffffffff20000600ffffffff l
          getfattr -d -m - f p
          echo '== directories'
          mkdir d; chmod 700 d; echo in > d/in; chmod 644 d/in
          alice cat d/in; setfacl -m u:1001:x d; alice cat d/in; alice ls d; alice touch d/new
          setfacl -m u:1001:rwx d; alice ls d; alice touch d/new; show d d/new; may d
          chmod 710 d; alice touch d/newer; bob cat d/in
          echo '== inherited'
          for mask in 022 077 000; do
            mkdir i$mask; setfacl -d -m u::rwx,u:1001:rwx,g::rx,g:2001:r,m::rwx,o::x i$mask
            (umask $mask; cd i$mask; echo > f; mkdir s; mkfifo p; ln -s f l; mknod n c 1 3
              echo > s/f; cp f c; cat > t < f; install -m 2755 f inst)
            show i$mask i$mask/*; show i$mask/s/f; may i$mask/f i$mask/s
          done
          mkdir -m 2777 g; chown 0:2000 g; setfacl -d -m u::rwx,g::rx,o::- g
          (umask 0; cd g; carol touch f; carol mkdir s; show f s)
          mkdir -p plain; (umask 027; cd plain; touch f; mkdir s; show f s)
          setfacl -k i022; (cd i022; touch after; show . after)
          echo '== copied'
          cp -a i077 copy; show copy copy/f copy/s; cp f nolist; show nolist
          tar --acls -cf a.tar i077; mkdir out; tar --acls -C out -xf a.tar; show out/i077/f out/i077/s
          mv i000/f moved; show moved
          getfacl -R i077 > saved; setfacl -R -b -k i077; show i077/f; setfacl --restore=saved; show i077/f
          echo '== made by open without a name'
          python3 -c "
          import os
          os.umask(0o77)
          f = os.open('i000', os.O_TMPFILE | os.O_RDWR, 0o666)
          print(oct(os.fstat(f).st_mode))
          os.link('/proc/self/fd/%d' % f, 'i000/named', src_dir_fd=0, follow_symlinks=True)
          "
          show i000/named
          echo '== ctime'
          python3 -c "
          import os, subprocess
          os.close(os.open('c', os.O_CREAT | os.O_WRONLY))
          for acl in ['-m', 'u:1001:r'], ['-m', 'm::r'], ['-b']:
              before = os.stat('c')
              subprocess.run(['setfacl', *acl, 'c'])
              after = os.stat('c')
              print(after.st_ctime_ns > before.st_ctime_ns, after.st_mtime_ns == before.st_mtime_ns)
          "
          """;

  private static final String CAPABILITIES =
      PRELUDE
          + """
          give() { setcap cap_net_raw=ep f && getcap f; }
          cp /bin/true f; chown 1001:1001 f; chmod 755 f
          give; alice sh -c 'echo x >> f'; getcap f
          give; echo x >> f; getcap f
          give; alice truncate -s 3 f; getcap f
          give; alice truncate -s 3 f; getcap f
          give; truncate -s 5 f; getcap f
          give; alice sh -c ': > f'; getcap f
          give; alice sh -c 'echo x 1<> f'; getcap f
          give; alice fallocate -l 5000 f; getcap f
          give; alice fallocate -p -l 5000 f; getcap f
          give; alice chgrp 2000 f; getcap f
          give; chown 0 f; getcap f; chown 1001 f
          give; chmod 700 f; getcap f; touch f; getcap f; ln f g; mv g h; getcap f; cat f > /dev/null; getcap f
          alice setcap cap_net_raw=ep f; alice setcap -r f; getcap f
          setcap -r f; getcap f; setcap -r f
          give; cp -a f copy; getcap copy; cp f plain; getcap plain
          setfattr -n security.capability -v 0x01 f; getcap f
          mkdir d; chown 1001 d; setfattr -n security.capability -v 0x0100000200200000000000000000000000000000 d
          chown 1002 d; getfattr -n security.capability d
          chmod 6755 f; give; alice sh -c 'echo x >> f'; stat -c %a f; getcap f
          """;

  /**
   * Changes a file's and a directory's lists in $2 and looks in $1, by descriptors that are open
   * all the time too: the kernel asks for no attributes then. Prints what was not the newest.
   */
  private static final String TWO_PLACES =
      """
      import os, struct, subprocess, sys
      here, there, rounds = sys.argv[1], sys.argv[2], int(sys.argv[3])
      ACCESS, DEFAULT = 'system.posix_acl_access', 'system.posix_acl_default'
      def acl(permissions):
          entries = (1, 6, -1), (2, permissions, 1001), (4, 4, -1), (16, 6, -1), (32, 0, -1)
          return struct.pack('<I', 2) + b''.join(struct.pack('<HHi', *entry) for entry in entries)
      def alice_may(path, flags):
          child = os.fork()
          if child == 0:
              os.setgroups([]); os.setresgid(1001, 1001, 1001); os.setresuid(1001, 1001, 1001)
              try:
                  os.close(os.open(path, flags))
              except PermissionError:
                  os._exit(1)
              os._exit(0)
          return os.waitpid(child, 0)[1] == 0
      def expect(what, seen, wanted):
          if seen != wanted:
              print(what, seen, 'is not', wanted)
      f = os.open(here + '/f', os.O_CREAT | os.O_RDWR, 0o640)
      os.mkdir(here + '/d')
      os.chdir(here + '/d')
      for n in range(rounds):
          new = acl(4 if n % 2 else 6)
          os.setxattr(there + '/f', ACCESS, new)
          expect('by descriptor', os.getxattr(f, ACCESS), new)
          expect('written', alice_may(here + '/f', os.O_RDWR), n % 2 == 0)
          expect('by path', os.getxattr(here + '/f', ACCESS), new)
          os.chmod(there + '/f', 0o600)
          expect('hidden', alice_may(here + '/f', os.O_RDONLY), False)
          os.chmod(there + '/f', 0o640)
          expect('read', alice_may(here + '/f', os.O_RDONLY), True)
          os.setxattr(there + '/d', DEFAULT, new)
          expect('of the working directory', os.getxattr('.', DEFAULT), new)
          os.mkdir('s'); expect('inherited', os.getxattr(there + '/d/s', DEFAULT), new); os.rmdir('s')
          os.removexattr(there + '/f', ACCESS)
          os.removexattr(there + '/d', DEFAULT)
          for where, name in (f, ACCESS), ('.', DEFAULT):
              try:
                  os.getxattr(where, name)
                  print('still there', where)
              except OSError as e:
                  expect('errno', e.errno, 61)
          expect('gone', alice_may(here + '/f', os.O_RDONLY), False)
      """;

  @TempDir Path folder = Path.of("");
  private Path first = folder;
  private Path second = folder;
  private Path kernel = folder;
  private final List<Coterie> started = new ArrayList<>();

  @BeforeAll
  static void findTools() {
    MountTools.require();
    for (String program : List.of("setfacl", "getfattr", "setpriv", "python3")) {
      HostTools.requireTool(program, program);
    }
    HostTools.requireTool("setcap", "libcap2-bin");
  }

  /** A leader of a tree of both kinds, on so many mounts, and a tmpfs of the kernel. */
  private void open(int mounts) throws IOException, InterruptedException {
    String socket = folder.resolve("socket").toString();
    Path host = Files.createDirectory(folder.resolve("host"));
    first = Files.createDirectory(folder.resolve("a"));
    second = Files.createDirectory(folder.resolve("b"));
    kernel = Files.createDirectory(folder.resolve("kernel"));
    // Others than root come through.
    Shell.run("chmod 755 \"$1\"; mount -t tmpfs tmpfs \"$2\"", folder, kernel).ok();
    started.add(
        Coterie.start(
            "up", "--socket", socket, "--mount", "/=tmpfs", "--mount", "/host=host:" + host));
    for (Path each : List.of(first, second).subList(0, mounts)) {
      List<String> words = new ArrayList<>(List.of("mount", "--options", "suid,dev"));
      words.addAll(options());
      words.addAll(List.of(socket, each.toString()));
      started.add(Coterie.start(words.toArray(String[]::new)));
    }
  }

  /** Of the mounts, beside. */
  List<String> options() {
    return List.of();
  }

  @AfterEach
  void endAll() throws IOException, InterruptedException {
    for (Coterie each : started.reversed()) {
      each.close();
    }
    for (Path directory : List.of(first, second, kernel)) {
      Shell.run("umount -l \"$1\" 2>/dev/null; true", directory);
    }
  }

  private static Path in(Path directory, String kind, String name) throws IOException {
    Path place =
        Files.createDirectory(
            (kind.equals("host") ? directory.resolve("host") : directory).resolve(name));
    Files.setAttribute(place, "unix:mode", 0755);
    return place;
  }

  // ---- as the kernel's ----

  private void compare(String kind, String script) throws Exception {
    open(1);
    Path ours = in(first, kind, "place");
    Path theirs = in(kernel, "", "place");
    Shell expected = Shell.run(script, theirs);
    assertThat(expected.out()).doesNotContain("not found").doesNotContain("Traceback");
    assertThat(Shell.run(script, ours)).isEqualTo(expected);
  }

  @ParameterizedTest
  @ValueSource(strings = {"tmpfs", "host"})
  void lists_behaveAsOnTheKernelsTmpfs(String kind) throws Exception {
    compare(kind, LISTS);
  }

  @ParameterizedTest
  @ValueSource(strings = {"tmpfs", "host"})
  void capabilities_behaveAsOnTheKernelsTmpfs(String kind) throws Exception {
    compare(kind, CAPABILITIES);
  }

  // ---- several mounts and clients ----

  @ParameterizedTest
  @ValueSource(strings = {"tmpfs", "host"})
  void lists_onTwoMounts_areNeverOld(String kind) throws Exception {
    open(2);
    in(first, kind, "place");
    String place = kind.equals("host") ? "host/place" : "place";
    Shell told =
        Shell.run(
            "python3 -c \"$1\" \"$2\" \"$3\" \"$4\"",
            TWO_PLACES,
            first.resolve(place),
            second.resolve(place),
            ROUNDS);
    assertThat(told).isEqualTo(new Shell(0, ""));
  }

  @Test
  void lists_ofTheRootOfAMount_areNeverOld() throws Exception {
    open(2);
    for (String permissions : List.of("r", "rw", "x")) {
      Shell.run("setfacl -m u:1001:$2 \"$1\"", second, permissions).ok();
      String list = AclText.of(FuseDevice.attribute(first, XattrNames.ACL_ACCESS));
      assertThat(list).contains("u:1001:" + permissions + ",");
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"tmpfs", "host"})
  void lists_ofAClientAndAMount_areTheSame(String kind) throws Exception {
    open(1);
    Path file = Files.createFile(in(first, kind, "place").resolve("f"));
    Caller alice = new Caller(1001, 1001, new int[0], 1, 0);
    Address address = new Address.Unix(folder.resolve("socket").toString());
    try (FileService client = Client.connect(address, ClientOptions.DEFAULT)) {
      InodeId id = client.root(Caller.ROOT).id();
      for (Path part : first.relativize(file)) {
        id = client.lookup(Caller.ROOT, id, Name.of(part.toString())).id();
      }
      for (String permissions : List.of("r", "rw", "r")) {
        boolean may = permissions.equals("rw");
        byte[] list = AclText.parse("u::rw,u:1001:" + permissions + ",g::-,m::rw,o::-");
        client.setxattr(Caller.ROOT, id, XattrNames.ACL_ACCESS, list, 0);
        assertThat(AclText.of(FuseDevice.attribute(file, XattrNames.ACL_ACCESS)))
            .isEqualTo(AclText.of(list));
        assertThat(aliceMayWrite(file)).isEqualTo(may);
        client.setattr(Caller.ROOT, id, 0, SetAttr.ofMode(0640));
        assertThat(aliceMayWrite(file)).isFalse();
        Shell.run("chmod 660 \"$1\"", file).ok();
        assertThat(aliceMayWrite(file)).isEqualTo(may);
        assertThat(client.getxattr(alice, id, XattrNames.ACL_ACCESS)).isEqualTo(list);
      }
      Shell.run("setfacl -m u:1001:w \"$1\"", file).ok();
      client.access(alice, id, 2);
      Shell.run("setfacl -b \"$1\"; chmod 600 \"$1\"", file).ok();
      InodeId now = id;
      assertThatThrownBy(() -> client.access(alice, now, 2))
          .hasMessageContaining("Permission denied");
    }
  }

  private static boolean aliceMayWrite(Path file) throws IOException, InterruptedException {
    String script =
        "setpriv --reuid 1001 --regid 1001 --clear-groups sh -c ': >> \"$1\"' sh \"$1\"";
    Shell told = Shell.run(script, file);
    assertThat(told.status() == 0 || told.out().contains("Permission denied"))
        .as(told.out())
        .isTrue();
    return told.status() == 0;
  }
}
