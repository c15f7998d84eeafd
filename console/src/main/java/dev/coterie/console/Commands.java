package dev.coterie.console;

import java.util.List;
import org.jspecify.annotations.Nullable;

/** The words of the command line. Only the command that is meant is made. */
final class Commands {
  /** Those that help lists, in its order. */
  static final List<String> LISTED =
      List.of(
          "up",
          "run",
          "mount",
          "unmount",
          "stats",
          "demo",
          "ls",
          "tree",
          "cat",
          "put",
          "get",
          "cp",
          "mv",
          "rm",
          "mkdir",
          "ln",
          "stat",
          "df",
          "append",
          "lock",
          "locks",
          "watch",
          "bench",
          "completion",
          "man",
          "help",
          "version");

  private Commands() {}

  static @Nullable Command find(String word) {
    return switch (word) {
      case "up" -> new UpCommand();
      case "run" -> new RunCommand();
      case "mount" -> new MountCommand();
      case "unmount", "umount" -> new UnmountCommand();
      case "stats" -> new StatsCommand();
      case "demo" -> new DemoCommand();
      case "ls" -> new LsCommand();
      case "cat" -> new CatCommand();
      case "put" -> new PutCommand();
      case "get" -> new GetCommand();
      case "cp" -> new CpCommand();
      case "mv" -> new MvCommand();
      case "rm" -> new RmCommand();
      case "mkdir" -> new MkdirCommand();
      case "ln" -> new LnCommand();
      case "stat" -> new StatCommand();
      case "append" -> new AppendCommand();
      case "lock" -> new LockCommand();
      case "locks" -> new LocksCommand();
      case "watch" -> new WatchCommand();
      case "bench" -> new BenchCommand();
      case "tree" -> new TreeCommand();
      case "df" -> new DfCommand();
      case "completion" -> new CompletionCommand();
      case "man" -> new ManCommand();
      case "help", "-h", "--help" -> new HelpCommand();
      case "version", "-V", "--version" -> new VersionCommand();
      case WorkerCommand.WORD -> new WorkerCommand();
      case TrainCommand.WORD -> new TrainCommand();
      default -> null;
    };
  }
}
