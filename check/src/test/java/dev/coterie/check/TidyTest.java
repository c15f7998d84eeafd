package dev.coterie.check;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.source.tree.ClassTree;
import com.sun.source.tree.CompilationUnitTree;
import com.sun.source.tree.MethodTree;
import com.sun.source.tree.Tree;
import com.sun.source.util.JavacTask;
import com.sun.source.util.SourcePositions;
import com.sun.source.util.TreeScanner;
import com.sun.source.util.Trees;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.MalformedInputException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Predicate;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import javax.tools.JavaCompiler;
import javax.tools.ToolProvider;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Reads the repository's own files and holds them to the rules of HACKING.md. */
class TidyTest {
  private static final int FILE_LINES_MAX = 600;
  private static final int METHOD_LINES_MAX = 70;

  /** What no commit holds; .git is a file in a worktree. */
  private static final Set<String> SKIPPED =
      Set.of(".git", "target", ".idea", ".vscode", ".settings", "node_modules");

  // Written in pieces, so that this file keeps its own rules.
  private static final Pattern LEFTOVER = Pattern.compile("\\b(TO" + "DO|FIX" + "ME|XX" + "X)\\b");
  private static final Pattern VAGUE_NAME =
      Pattern.compile("Helpers?$|Utils?$|Helper[A-Z]|Util[A-Z]");
  private static final Pattern SLEEP = Pattern.compile("Thread\\." + "sleep\\s*\\(");
  private static final Pattern MACHINE_PATH =
      Pattern.compile("(?<![\\w.}~*-])/(wo" + "rk|ro" + "ot|ho" + "me)/");

  private static Path root = Path.of("");

  /** Path relative to the root → lines, for each text file. */
  private static final Map<Path, List<String>> FILES = new TreeMap<>();

  @BeforeAll
  static void readRepository() throws IOException {
    root = findRoot();
    Files.walkFileTree(
        root,
        new SimpleFileVisitor<>() {
          @Override
          public FileVisitResult preVisitDirectory(Path dir, BasicFileAttributes attributes) {
            return SKIPPED.contains(nameOf(dir))
                ? FileVisitResult.SKIP_SUBTREE
                : FileVisitResult.CONTINUE;
          }

          @Override
          public FileVisitResult visitFile(Path file, BasicFileAttributes attributes)
              throws IOException {
            boolean skipped =
                SKIPPED.contains(nameOf(file))
                    || nameOf(file).endsWith(".log")
                    || !attributes.isRegularFile();
            List<String> lines = skipped ? null : linesOf(file);
            if (lines != null) {
              FILES.put(root.relativize(file), lines);
            }
            return FileVisitResult.CONTINUE;
          }
        });
    assertThat(FILES).containsKeys(Path.of("pom.xml"), Path.of("HACKING.md"));
  }

  @Test
  void javaSources_haveNoTabAndNoTrailingSpace() {
    assertThat(findLines(TidyTest::isJava, line -> line.contains("\t") || line.endsWith(" ")))
        .isEmpty();
  }

  @Test
  void mainSources_haveAtMostSoManyLines() {
    List<String> faults =
        FILES.entrySet().stream()
            .filter(file -> isMainJava(file.getKey()) && file.getValue().size() > FILE_LINES_MAX)
            .map(file -> file.getKey() + ": " + file.getValue().size() + " lines")
            .toList();
    assertThat(faults).isEmpty();
  }

  @Test
  void methods_inMainSources_fitAScreen() {
    List<String> faults = new ArrayList<>();
    parse(
        TidyTest::isMainJava,
        (place, tree, lines) -> {
          if (tree instanceof MethodTree method && lines > METHOD_LINES_MAX) {
            faults.add(place + " " + method.getName() + ": " + lines + " lines");
          }
        });
    assertThat(faults).isEmpty();
  }

  @Test
  void typeNames_sayWhatAThingIs() {
    List<String> faults = new ArrayList<>();
    parse(
        TidyTest::isJava,
        (place, tree, lines) -> {
          if (tree instanceof ClassTree type && VAGUE_NAME.matcher(type.getSimpleName()).find()) {
            faults.add(place + " " + type.getSimpleName());
          }
        });
    assertThat(faults).isEmpty();
  }

  @Test
  void files_holdNoLeftovers() {
    assertThat(findLines(file -> true, line -> LEFTOVER.matcher(line).find())).isEmpty();
  }

  @Test
  void files_nameNoFolderOfOneMachine() {
    assertThat(findLines(file -> true, line -> MACHINE_PATH.matcher(line).find())).isEmpty();
  }

  /** A test waits for a condition, not for a time. */
  @Test
  void tests_doNotSleep() {
    assertThat(
            findLines(
                file -> isJava(file) && isUnder(file, "test"), line -> SLEEP.matcher(line).find()))
        .isEmpty();
  }

  /** A page that names tests would otherwise outlive them. */
  @Test
  void testsThatRacesNames_exist() {
    Pattern named = Pattern.compile("`([A-Z]\\w+)(?:\\.(\\w+))?`");
    List<String> names =
        linesOf("races.md").stream()
            .flatMap(line -> named.matcher(line).results())
            .filter(name -> !exists(name.group(1), name.group(2)))
            .map(MatchResult::group)
            .toList();
    assertThat(linesOf("races.md")).hasSizeGreaterThan(20);
    assertThat(names).isEmpty();
  }

  private static boolean exists(String type, @Nullable String method) {
    return FILES.entrySet().stream()
        .filter(file -> file.getKey().endsWith(type + ".java"))
        .flatMap(file -> file.getValue().stream())
        .anyMatch(line -> method == null || line.contains(" " + method + "("));
  }

  private static List<String> linesOf(String name) {
    return FILES.entrySet().stream()
        .filter(file -> file.getKey().endsWith(name))
        .map(Map.Entry::getValue)
        .findFirst()
        .orElse(List.of());
  }

  /** A package of tests may rely on the package-info of the same package in src/main. */
  @Test
  void packages_areNullMarked() {
    Set<Path> folders =
        FILES.keySet().stream()
            .filter(TidyTest::isJava)
            .map(file -> Objects.requireNonNull(file.getParent()))
            .collect(Collectors.toSet());
    List<String> faults =
        folders.stream()
            .filter(folder -> !isNullMarked(folder) && !isNullMarked(inMain(folder)))
            .map(folder -> folder + ": no package-info.java with @NullMarked")
            .sorted()
            .toList();
    assertThat(faults).isEmpty();
  }

  private static boolean isNullMarked(Path folder) {
    List<String> lines = FILES.get(folder.resolve("package-info.java"));
    return lines != null && lines.contains("@NullMarked");
  }

  private static Path inMain(Path folder) {
    return Path.of(folder.toString().replaceFirst("/src/test/java/", "/src/main/java/"));
  }

  private static List<String> findLines(Predicate<Path> files, Predicate<String> fault) {
    List<String> faults = new ArrayList<>();
    FILES.forEach((file, lines) -> {
      for (int i = 0; files.test(file) && i < lines.size(); i++) {
        if (fault.test(lines.get(i))) {
          faults.add(file + ":" + (i + 1) + ": " + lines.get(i).strip());
        }
      }
    });
    return faults;
  }

  /** Receives each type and method: where it stands, what it is, how many lines it takes. */
  private interface Visitor {
    void visit(String place, Tree tree, long lines);
  }

  private static void parse(Predicate<Path> which, Visitor visitor) {
    List<Path> files = FILES.keySet().stream().filter(which).map(root::resolve).toList();
    assertThat(files).isNotEmpty();
    JavaCompiler compiler = Objects.requireNonNull(ToolProvider.getSystemJavaCompiler());
    try (var manager = compiler.getStandardFileManager(null, null, null)) {
      var task =
          (JavacTask)
              compiler.getTask(
                  null, manager, null, null, null, manager.getJavaFileObjectsFromPaths(files));
      SourcePositions positions = Trees.instance(task).getSourcePositions();
      for (CompilationUnitTree unit : task.parse()) {
        String file = root.relativize(Path.of(unit.getSourceFile().toUri())).toString();
        new TreeScanner<@Nullable Void, @Nullable Void>() {
          @Override
          public @Nullable Void visitClass(ClassTree tree, @Nullable Void nothing) {
            report(tree);
            return super.visitClass(tree, null);
          }

          @Override
          public @Nullable Void visitMethod(MethodTree tree, @Nullable Void nothing) {
            report(tree);
            return super.visitMethod(tree, null);
          }

          private void report(Tree tree) {
            long first = lineOf(positions.getStartPosition(unit, tree));
            long last = lineOf(positions.getEndPosition(unit, tree));
            visitor.visit(file + ":" + first, tree, last - first + 1);
          }

          private long lineOf(long position) {
            return unit.getLineMap().getLineNumber(position);
          }
        }.scan(unit, null);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static boolean isJava(Path file) {
    return nameOf(file).endsWith(".java");
  }

  private static boolean isMainJava(Path file) {
    return isJava(file) && isUnder(file, "main");
  }

  private static boolean isUnder(Path file, String set) {
    return file.getNameCount() > 3
        && file.getName(1).toString().equals("src")
        && file.getName(2).toString().equals(set);
  }

  private static String nameOf(Path file) {
    Path name = file.getFileName();
    return name == null ? "" : name.toString();
  }

  /** The lines of a text file; null when the bytes are not UTF-8. */
  private static @Nullable List<String> linesOf(Path file) throws IOException {
    try {
      return Files.readAllLines(file);
    } catch (MalformedInputException e) {
      return null;
    }
  }

  /** The folder above this module that holds the wrapper's settings. */
  private static Path findRoot() {
    Path basedir = Path.of(System.getProperty("basedir", "")).toAbsolutePath();
    for (Path dir = basedir; dir != null; dir = dir.getParent()) {
      if (Files.isDirectory(dir.resolve(".mvn"))) {
        return dir;
      }
    }
    throw new IllegalStateException("no repository above " + basedir);
  }
}
