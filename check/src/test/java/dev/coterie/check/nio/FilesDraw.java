package dev.coterie.check.nio;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.nio.file.CopyOption;
import java.nio.file.FileVisitOption;
import java.nio.file.LinkOption;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Random;
import java.util.Set;

/**
 * What one step does with: all of it comes from the step's seed, so that it is the same in both
 * worlds, and is written down to be told.
 */
final class FilesDraw {
  /** Often enough the same ones for steps to meet. */
  private static final String[] TOP = {"a", "b", "c", "d", "e", "\u00E9"};

  /** A name too long, a path too long, dots, and what does not exist. */
  private static final String[] ODD = {
    ".",
    "d/.",
    "d/..",
    "d/../a",
    "a/../b",
    "no/a",
    "x".repeat(255),
    "x".repeat(256),
    "d/".repeat(2100) + "a",
    ".hidden",
    "a b",
    "a/b/c/d"
  };

  private final FilesWorld world;
  private final Random random;
  private final StringBuilder said = new StringBuilder();

  FilesDraw(FilesWorld world, long seed) {
    this.world = world;
    this.random = new Random(seed);
  }

  private <T> T say(T value, Object text) {
    String shown = String.valueOf(text);
    said.append(' ').append(shown.length() > 60 ? shown.substring(0, 57) + "..." : shown);
    return value;
  }

  /** What was drawn. */
  @Override
  public String toString() {
    return said.toString();
  }

  int below(int bound) {
    int value = random.nextInt(bound);
    return say(value, value);
  }

  /** True once in so many draws. */
  boolean once(int in) {
    boolean value = random.nextInt(in) == 0;
    return say(value, value ? "yes" : "no");
  }

  @SafeVarargs
  final <T> T one(T... of) {
    T value = of[random.nextInt(of.length)];
    return say(value, value);
  }

  // ---- paths ----

  /** A relative path in the world's directory. */
  String name() {
    String name = plainName();
    return say(name, name);
  }

  private String plainName() {
    int kind = random.nextInt(100);
    int there = random.nextInt(1 << 20);
    String name;
    if (kind % 2 == 0 && !world.known().isEmpty()) {
      name = world.known().get(there % world.known().size());
    } else if (kind < 50) {
      name = top();
    } else if (kind < 85) {
      name = top() + "/" + top();
    } else if (kind < 93) {
      name = top() + "/" + top() + "/" + top();
    } else {
      name = ODD[random.nextInt(ODD.length)];
    }
    return name;
  }

  private String top() {
    return TOP[random.nextInt(TOP.length)];
  }

  Path path() {
    return world.dir().resolve(name());
  }

  /** What a symbolic link is to hold: never a way out of the directory. */
  Path linkTarget() {
    int kind = random.nextInt(10);
    String name = plainName();
    if (kind < 2 && name.length() < 256) {
      return say(world.dir().resolve(name), "/" + name);
    }
    String text = kind < 4 ? "../" + name : name;
    return say(world.dir().getFileSystem().getPath(text), text);
  }

  /** A path relative to an open directory. */
  Path relative() {
    return world.dir().getFileSystem().getPath(once(20) ? "" : name());
  }

  // ---- options ----

  private <T> List<T> some(T[] all, int in) {
    List<T> taken = new ArrayList<>();
    for (T one : all) {
      if (random.nextInt(in) == 0) {
        taken.add(one);
      }
    }
    return say(taken, taken);
  }

  Set<OpenOption> openOptions() {
    List<OpenOption> all = new ArrayList<>(List.of(StandardOpenOption.values()));
    all.add(LinkOption.NOFOLLOW_LINKS);
    List<OpenOption> taken = some(all.toArray(new OpenOption[0]), 4);
    if (random.nextInt(2) == 0 && !taken.contains(StandardOpenOption.APPEND)) {
      taken.add(StandardOpenOption.WRITE);
      say(taken, "+WRITE");
    }
    return Set.copyOf(taken);
  }

  OpenOption[] openOptionList() {
    return random.nextInt(3) == 0
        ? say(new OpenOption[0], "[]")
        : openOptions().toArray(new OpenOption[0]);
  }

  CopyOption[] copyOptions() {
    List<CopyOption> taken = some(new CopyOption[] {StandardCopyOption.REPLACE_EXISTING}, 2);
    taken.addAll(some(new CopyOption[] {StandardCopyOption.COPY_ATTRIBUTES}, 3));
    taken.addAll(
        some(new CopyOption[] {StandardCopyOption.ATOMIC_MOVE, LinkOption.NOFOLLOW_LINKS}, 5));
    return taken.toArray(new CopyOption[0]);
  }

  LinkOption[] linkOptions() {
    return some(LinkOption.values(), 3).toArray(new LinkOption[0]);
  }

  FileVisitOption[] visitOptions() {
    return some(FileVisitOption.values(), 2).toArray(new FileVisitOption[0]);
  }

  // ---- values ----

  byte[] bytes() {
    int length = random.nextInt(8) == 0 ? random.nextInt(40_000) : random.nextInt(40);
    byte[] bytes = new byte[length];
    for (int i = 0; i < length; i++) {
      bytes[i] = (byte) ('a' + random.nextInt(26));
    }
    return say(bytes, length + " bytes");
  }

  String text() {
    return new String(bytes(), UTF_8);
  }

  Set<PosixFilePermission> permissions() {
    Set<PosixFilePermission> set = EnumSet.noneOf(PosixFilePermission.class);
    set.addAll(some(PosixFilePermission.values(), 2));
    return set;
  }

  FileAttribute<?>[] attributes() {
    return random.nextInt(4) == 0
        ? new FileAttribute<?>[] {PosixFilePermissions.asFileAttribute(permissions())}
        : new FileAttribute<?>[0];
  }

  /** Long ago or far away, so that it cannot be taken for the present. */
  FileTime time() {
    long second =
        random.nextInt(5) == 0 ? 4_200_000_000L : random.nextInt((int) FilesWorld.PRESENT);
    return say(FileTime.from(Instant.ofEpochSecond(second, random.nextInt(1_000_000_000))), second);
  }
}
