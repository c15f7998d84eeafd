package dev.coterie.console;

import dev.coterie.api.ErrnoException;
import dev.coterie.api.FileService;
import dev.coterie.client.ProcessIdentity;
import dev.coterie.gates.fuse.FuseMount;
import dev.coterie.leader.Leader;
import dev.coterie.sys.FuseDevice;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * {@code coterie run}: a leader, a mount of its tree and a program on it, all of which end
 * together.
 *
 * <p>This thread is in a mount namespace of its own, {@link OwnNamespace}, which the program
 * inherits as it is started from here; everybody else does not see the mount.
 */
final class RunCommand implements Command {
  private static final Option MOUNT =
      Option.values(
          "--mount",
          "PATH=KIND[:SOURCE][,option=value...]",
          "a file system of the tree; may be repeated (default: /=tmpfs); kinds: "
              + MountSpec.KINDS);

  private static final String VARIABLE = "COTERIE_ROOT";

  @Override
  public Synopsis synopsis() {
    return new Synopsis(
        "run",
        "Runs a program on a tree of its own.",
        "-- COMMAND [ARGUMENT...]",
        1,
        Synopsis.ANY,
        List.of(MOUNT, MountFlags.OPTIONS, MountFlags.URING, Synopsis.HELP),
        List.of(
            "",
            "The program starts in the root of the tree, which is also $"
                + VARIABLE
                + ". The mount is",
            "seen by the program and what it starts, by nobody else; tree and mount end with it. The",
            "exit status is the program's; 127 it is not there, 126 it cannot be executed.",
            "",
            "For users who are not root it needs user namespaces; else fusermount3, and then other",
            "programs of the same user see the mount too.",
            "",
            "Examples:",
            "  coterie run -- sh -c 'echo hello > f; ls -l'",
            "  coterie run --mount /=host:/srv/data -- make -C project",
            "  coterie run --mount /=tmpfs,size=1g --mount /src=host:$PWD,ro -- bash"));
  }

  @Override
  public int run(Arguments arguments, Console console) throws IOException, Failure {
    List<MountSpec> mounts = new ArrayList<>();
    for (String text : arguments.values(MOUNT)) {
      mounts.add(MountSpec.parse(ByteText.decoded(text)));
    }
    UpCommand.requireDistinct(mounts);
    MountFlags flags = MountFlags.parse(arguments.values(MountFlags.OPTIONS));
    // In the beginning: what is under way would be lost.
    boolean own = OwnNamespace.prepare();
    FuseMount.Options options =
        new FuseMount.Options(
            "coterie",
            flags.bits() & ~FuseDevice.MS_NOSUID,
            own || flags.othersToo(),
            arguments.has(MountFlags.URING));
    Leader.Builder builder = Leader.builder();
    for (MountSpec mount : mounts) {
      builder.mount(mount.path(), mount.ownedBy(ProcessIdentity.self()).factory());
    }
    Path directory = Files.createTempDirectory("coterie-run-");
    try (Leader leader = start(builder);
        FileService service = leader.openSession()) {
      if (own) {
        // Not before: the leader's threads are not to see the mount.
        OwnNamespace.enter();
      }
      try (FuseMount mount = mount(service, directory, options)) {
        MountFlags.tell(mount, console);
        return program(arguments.operands(), mount);
      }
    } finally {
      Files.deleteIfExists(directory);
    }
  }

  private static Leader start(Leader.Builder builder) throws Failure {
    try {
      return builder.start();
    } catch (IOException e) {
      throw Failure.of("cannot start: " + Failure.reason(e));
    }
  }

  private static FuseMount mount(FileService service, Path directory, FuseMount.Options options)
      throws Failure {
    try {
      return FuseMount.mount(service, directory, options);
    } catch (ErrnoException e) {
      throw MountCommand.failure(ByteText.local(directory), e);
    } catch (IOException e) {
      throw Failure.of("no user namespace for this user, and " + Failure.reason(e));
    }
  }

  private static int program(List<String> words, FuseMount mount) throws Failure {
    ProcessBuilder builder = ForegroundProgram.of(words).directory(mount.directory().toFile());
    builder.environment().put(VARIABLE, mount.directory().toString());
    return ForegroundProgram.run(builder, () -> mount.directory().toFile().delete());
  }
}
