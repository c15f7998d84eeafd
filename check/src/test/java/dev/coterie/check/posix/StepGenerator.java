package dev.coterie.check.posix;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;

/**
 * Makes steps from a seed. It never looks at an answer, so the n-th step is the same whatever came
 * before; names are so few that most operations find what they are about.
 */
final class StepGenerator {
  /** An operation and how often it comes, relative to the others. */
  private record Kind(String op, int weight) {}

  private static final List<Kind> KINDS =
      List.of(
          new Kind("mkdir", 7),
          new Kind("open", 20),
          new Kind("close", 2),
          new Kind("read", 3),
          new Kind("pread", 4),
          new Kind("write", 5),
          new Kind("pwrite", 6),
          new Kind("lseek", 5),
          new Kind("truncate", 4),
          new Kind("ftruncate", 2),
          new Kind("fallocate", 4),
          new Kind("copy", 5),
          new Kind("unlink", 8),
          new Kind("rmdir", 4),
          new Kind("mknod", 3),
          new Kind("symlink", 3),
          new Kind("readlink", 2),
          new Kind("link", 6),
          new Kind("linkfd", 2),
          new Kind("rename", 7),
          new Kind("chmod", 5),
          new Kind("fchmod", 1),
          new Kind("chown", 3),
          new Kind("lchown", 1),
          new Kind("fchown", 1),
          new Kind("utimens", 3),
          new Kind("futimens", 1),
          new Kind("setxattr", 4),
          new Kind("getxattr", 2),
          new Kind("listxattr", 2),
          new Kind("removexattr", 1),
          new Kind("valuexattr", 4),
          new Kind("access", 4),
          new Kind("stat", 4),
          new Kind("lstat", 4),
          new Kind("fstat", 4),
          new Kind("list", 4),
          new Kind("fdlist", 1),
          new Kind("statfs", 1),
          new Kind("fcntl", 1),
          new Kind("fsync", 1),
          new Kind("share", 2),
          new Kind("chdir", 1),
          new Kind("umask", 1));

  /** What opens no file and stays in no directory. */
  private static final List<Kind> NAME_KINDS =
      List.of(
          new Kind("mkdir", 7),
          new Kind("mknod", 7),
          new Kind("symlink", 5),
          new Kind("link", 7),
          new Kind("rename", 7),
          new Kind("unlink", 5),
          new Kind("rmdir", 3),
          new Kind("setxattr", 4),
          new Kind("removexattr", 2),
          new Kind("valuexattr", 3),
          new Kind("truncate", 2),
          new Kind("lstat", 4),
          new Kind("list", 2),
          new Kind("usage", 8));

  /** What is about open files and their offsets, which two processes share now and then. */
  private static final List<Kind> OPEN_FILE_KINDS =
      List.of(
          new Kind("open", 10),
          new Kind("close", 1),
          new Kind("read", 12),
          new Kind("pread", 3),
          new Kind("write", 14),
          new Kind("pwrite", 3),
          new Kind("lseek", 14),
          new Kind("truncate", 1),
          new Kind("ftruncate", 2),
          new Kind("fallocate", 1),
          new Kind("copy", 2),
          new Kind("unlink", 1),
          new Kind("fcntl", 4),
          new Kind("fsync", 1),
          new Kind("share", 6));

  private final List<Kind> kinds;
  private final Random random;
  private final Values values;
  private final KnownXattrs known;
  private int process; // does a few steps, then it is the other one's turn

  private StepGenerator(long seed, List<Kind> kinds) {
    this.kinds = kinds;
    random = new Random(seed);
    values = new Values(random, seed % 2 == 0);
    known = new KnownXattrs(random);
  }

  /** The first {@code count} steps of a seed. */
  static List<Step> steps(long seed, int count) {
    return new StepGenerator(seed, KINDS).steps(count);
  }

  /** Steps that leave nothing open behind, so that free inodes can be looked at all the time. */
  static List<Step> stepsOnNames(long seed, int count) {
    return new StepGenerator(seed, NAME_KINDS).steps(count);
  }

  /** Steps with open files and their offsets. */
  static List<Step> stepsOnOpenFiles(long seed, int count) {
    return new StepGenerator(seed, OPEN_FILE_KINDS).steps(count);
  }

  /** Those of some calls that such steps have not. */
  static Set<String> notOfOpenFiles(Set<String> calls) {
    Set<String> others = new HashSet<>(calls);
    OPEN_FILE_KINDS.forEach(kind -> others.removeIf(call -> call.split(" ")[0].equals(kind.op())));
    others.remove("fstat"); // looks, in between
    return others;
  }

  /** Closes all there is and looks at what the mounts have left. */
  static List<Step> ending() {
    List<Step> steps = new ArrayList<>();
    steps.add(Step.of(0, 0, "chmod", "/", "777"));
    for (int process = 0; process < World.PROCESSES; process++) {
      for (int slot = 0; slot < World.SLOTS; slot++) {
        steps.add(Step.of(process, 0, "close", slot));
      }
      for (int user = 0; user < Users.COUNT; user++) {
        steps.add(Step.of(process, user, "chdir", "/"));
      }
    }
    for (String mount : Layout.PATHS) {
      steps.add(Step.of(0, 0, "usage", mount));
    }
    return steps;
  }

  private List<Step> steps(int count) {
    List<Step> steps = new ArrayList<>(count);
    while (steps.size() < count) {
      Step step = next();
      steps.add(step);
      if (steps.size() < count && random.nextInt(4) == 0) {
        steps.add(lookAt(step));
      }
    }
    return steps;
  }

  private Step next() {
    int weight = kinds.stream().mapToInt(Kind::weight).sum();
    int pick = random.nextInt(weight);
    int kind = 0;
    while (pick >= kinds.get(kind).weight()) {
      pick -= kinds.get(kind).weight();
      kind++;
    }
    List<String> words = new ArrayList<>();
    String op = kinds.get(kind).op();
    words.add(op);
    for (Object word : arguments(op)) {
      words.add(word.toString());
    }
    if (random.nextInt(6) == 0) {
      process = random.nextInt(World.PROCESSES);
    }
    return new Step(process, values.user(), words);
  }

  /** A look at what the step was about, by root, who may see everything. */
  private Step lookAt(Step step) {
    String first = step.word(step.op().equals("copy") ? 3 : 1);
    boolean slot = !first.isEmpty() && first.length() == 1 && Character.isDigit(first.charAt(0));
    if (slot) {
      return Step.of(step.process(), 0, "fstat", first);
    }
    boolean second = List.of("rename", "link", "symlink").contains(step.op());
    return Step.of(step.process(), 0, "lstat", second ? step.word(2) : first);
  }

  private List<Object> arguments(String op) {
    return switch (op) {
      case "open" -> List.of(slot(), file(), values.openFlags(), values.mode());
      case "close", "fstat", "fdlist", "fsync" -> List.of(slot());
      case "read" -> List.of(slot(), values.count());
      case "pread" -> List.of(slot(), values.count(), values.offset());
      case "write" -> List.of(slot(), values.count(), random.nextInt(250));
      case "pwrite" -> List.of(slot(), values.count(), random.nextInt(250), values.offset());
      case "lseek" -> {
        int whence = values.whence();
        yield List.of(slot(), whence, whence == 1 ? values.step() : values.offset());
      }
      case "ftruncate" -> List.of(slot(), values.offset());
      case "fallocate" -> List.of(slot(), values.fallocateMode(), values.offset(), values.length());
      case "copy" -> List.of(slot(), values.offset(), slot(), values.offset(), values.count());
      case "fchmod" -> List.of(slot(), values.mode());
      case "fchown" -> owner(slot());
      case "futimens" -> List.of(slot(), values.time(), values.time());
      case "fcntl" -> List.of(slot(), values.settableFlags());
      case "linkfd" -> List.of(slot(), values.directory(), values.plainName(false));
      case "share" -> List.of(slot(), random.nextInt(World.PROCESSES), slot());
      default -> onPath(op);
    };
  }

  private int slot() {
    return random.nextInt(World.SLOTS);
  }

  private String file() {
    return values.path(random.nextInt(12) == 0);
  }

  private String directory() {
    return values.path(random.nextInt(8) != 0);
  }

  private String path() {
    return values.path(random.nextInt(3) == 0);
  }

  private List<Object> owner(Object of) {
    int uid = values.id();
    return List.of(of, uid, values.id());
  }

  private List<Object> onPath(String op) {
    return switch (op) {
      case "mkdir" -> List.of(directory(), values.mode());
      case "rmdir", "list" -> List.of(directory());
      case "unlink" -> List.of(file());
      case "chmod" -> List.of(path(), values.mode());
      case "mknod" -> List.of(file(), values.nodeMode(), values.device());
      case "symlink" -> List.of(values.target(), file());
      case "link" -> List.of(file(), file(), random.nextInt(2));
      case "rename" -> List.of(path(), path(), values.renameFlags());
      case "truncate" -> List.of(file(), values.offset());
      case "chown", "lchown" -> owner(path());
      case "utimens" -> List.of(path(), values.time(), values.time(), random.nextInt(2));
      case "access" -> List.of(path(), random.nextInt(20) == 0 ? 8 : random.nextInt(8));
      case "chdir" -> List.of(values.directory());
      case "umask" -> List.of(values.umask());
      case "listxattr" -> List.of(path(), follow());
      case "getxattr", "removexattr" -> List.of(path(), values.anyXattr(), follow());
      case "valuexattr" -> {
        boolean capability = random.nextInt(6) == 0;
        String of = capability ? file() : path();
        String name = capability ? KnownXattrs.CAPABILITY : known.name();
        String value = capability ? known.capability() : known.value();
        yield List.of(of, name, value, follow());
      }
      case "setxattr" ->
          List.of(
              path(),
              values.xattr(),
              values.xattrBytes(),
              random.nextInt(250),
              kinds.equals(NAME_KINDS) || random.nextInt(8) < 6 ? 0 : random.nextInt(4),
              follow());
      default -> List.of(path());
    };
  }

  private int follow() {
    return random.nextInt(3) == 0 ? 0 : 1;
  }
}
