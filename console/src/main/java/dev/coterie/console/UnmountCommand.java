package dev.coterie.console;

import dev.coterie.api.Errno;
import dev.coterie.api.ErrnoException;
import dev.coterie.sys.FuseDevice;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;

/** {@code coterie unmount}. */
final class UnmountCommand implements Command {
  private static final Option FORCE =
      Option.flag(
          'f', "--force", "though it is in use: later calls on its files end with ENOTCONN");

  @Override
  public Synopsis synopsis() {
    return new Synopsis(
        "unmount",
        "Ends a kernel mount, also one whose process was killed.",
        "DIR",
        1,
        1,
        List.of(FORCE, Synopsis.HELP),
        List.of("", "Examples:", "  coterie unmount /mnt", "  coterie unmount --force /mnt"));
  }

  @Override
  public int run(Arguments arguments, Console console) throws Failure {
    String given = arguments.operands().getFirst();
    Path directory = ByteText.local(given).toAbsolutePath();
    try {
      if (arguments.has(FORCE)) {
        FuseDevice.abort(directory);
      } else {
        FuseDevice.unmount(directory);
      }
      return 0;
    } catch (ErrnoException e) {
      if (e.errno() == Errno.EINVAL) {
        throw Failure.of(given + ": not a mount");
      }
      if (e.errno() == Errno.EBUSY) {
        throw Failure.of(given + ": in use; --force ends it all the same");
      }
      throw MountCommand.failure(given, e);
    } catch (IOException e) {
      throw Failure.of(given, e);
    }
  }
}
