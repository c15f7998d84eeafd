package dev.coterie.check.nio;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.coterie.leader.Leader;
import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystem;
import java.nio.file.FileSystems;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.nio.file.PathMatcher;
import java.nio.file.ProviderMismatchException;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.function.Function;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;
import java.util.stream.LongStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Random paths, the same calls on ours and on the JDK's: the same answers. */
class PathAlgebraTest {
  private static final int PAIRS = Seeds.FULL ? 1_000_000 : 2_000;
  private static final int GLOBS = Seeds.FULL ? 1_000_000 : 10_000;

  /** Also a letter of two bytes, and a byte that is part of none. */
  private static final String[] PIECES = {
    "a", "b", "ab", "a.b", ".a", ".", "..", "...", "\u00C3\u00A9", "\u00FF", "a b", "%"
  };

  /**
   * Ranges by the letter of the documentation that the JDK 25 refuses: it gives their end to its
   * regular expression as it is, and takes none that begins at a ^ behind the bracket.
   */
  private static final Pattern JDK_REFUSES = Pattern.compile("-[\\[\\\\&^]|\\[\\^-");

  private static Leader leader;
  private static FileSystem tree;

  @BeforeAll
  static void open() throws IOException {
    leader = Trees.leader();
    tree = Trees.inProcess(leader);
  }

  @AfterAll
  static void close() throws IOException {
    tree.close();
    leader.close();
  }

  static LongStream seeds() {
    return Seeds.seeds();
  }

  // ---- the same path in both worlds ----

  /** Bytes as characters up to U+00FF. */
  private record Pair(String bytes, Path ours, Path jdk) {
    /** By URIs, which can hold any bytes, whatever the JDK thinks of the locale. */
    static Pair of(String bytes) {
      if (bytes.isEmpty()) {
        return new Pair(bytes, tree.getPath(""), Path.of(""));
      }
      boolean absolute = bytes.startsWith("/");
      String escaped = escape(absolute ? bytes : "/" + bytes);
      Path ours = Path.of(URI.create(root() + escaped.substring(1)));
      Path jdk = Path.of(URI.create("file://" + escaped));
      return absolute
          ? new Pair(bytes, ours, jdk)
          : new Pair(
              bytes, ours.subpath(0, ours.getNameCount()), jdk.subpath(0, jdk.getNameCount()));
    }
  }

  private static String root() {
    return tree.getPath("/").toUri().toString();
  }

  private static String escape(String bytes) {
    StringBuilder text = new StringBuilder();
    for (int i = 0; i < bytes.length(); i++) {
      char c = bytes.charAt(i);
      text.append(c == '/' ? "/" : "%%%02X".formatted((int) c));
    }
    return text.toString();
  }

  /** What a path is: whether absolute, and its bytes, escaped. */
  private static String show(Path path) {
    Path root = path.getFileSystem().getRootDirectories().iterator().next();
    String uri = root.resolve(path).toUri().getRawPath();
    String bare = uri.length() > 1 && uri.endsWith("/") ? uri.substring(0, uri.length() - 1) : uri;
    return (path.isAbsolute() ? "absolute " : "relative ") + bare;
  }

  private static String show(@Nullable Object answer) {
    return answer instanceof Path path ? show(path) : String.valueOf(answer);
  }

  private static String answer(Function<Path[], @Nullable Object> call, Path... arguments) {
    try {
      return show(call.apply(arguments));
    } catch (IllegalArgumentException | NullPointerException e) {
      return e.getClass().getSimpleName();
    }
  }

  private static String randomPath(Random random) {
    StringBuilder text = new StringBuilder(random.nextInt(3) == 0 ? "/" : "");
    int names = random.nextInt(5);
    for (int i = 0; i < names; i++) {
      text.append(i == 0 ? "" : "/").append(PIECES[random.nextInt(PIECES.length)]);
    }
    return text.toString();
  }

  private record Call(String name, Function<Path[], @Nullable Object> body) {}

  private static List<Call> calls(Random random) {
    int i = random.nextInt(6) - 1;
    int j = random.nextInt(6) - 1;
    return List.of(
        new Call("getFileName", p -> p[0].getFileName()),
        new Call("getParent", p -> p[0].getParent()),
        new Call("getRoot", p -> p[0].getRoot()),
        new Call("getNameCount", p -> p[0].getNameCount()),
        new Call("getName " + i, p -> p[0].getName(i)),
        new Call("subpath " + i + " " + j, p -> p[0].subpath(i, j)),
        new Call("normalize", p -> p[0].normalize()),
        new Call("isAbsolute", p -> p[0].isAbsolute()),
        new Call("names", p -> names(p[0])),
        new Call("resolve", p -> p[0].resolve(p[1])),
        new Call("resolve several", p -> resolveSeveral(p[0], p[1], p[2])),
        new Call("resolveSibling", p -> p[0].resolveSibling(p[1])),
        new Call("relativize", p -> p[0].relativize(p[1])),
        new Call("relativize below", p -> p[0].relativize(p[0].resolve(p[1]))),
        new Call("startsWith", p -> p[0].startsWith(p[1])),
        new Call("startsWith own", p -> p[0].resolve(p[1]).startsWith(p[0])),
        new Call("endsWith", p -> p[0].endsWith(p[1])),
        new Call("endsWith own", p -> p[0].resolve(p[1]).endsWith(p[1])),
        new Call("compareTo", p -> Integer.signum(p[0].compareTo(p[1]))),
        new Call("equals", p -> p[0].equals(p[1])));
  }

  /**
   * The JDK 25's own, after a root, ends in a NUL: so there one by one, which is to be the same.
   */
  private static Path resolveSeveral(Path a, Path b, Path c) {
    return a.getFileSystem().equals(tree) ? a.resolve(b, c, a) : a.resolve(b).resolve(c).resolve(a);
  }

  private static List<String> names(Path path) {
    List<String> names = new ArrayList<>();
    path.forEach(name -> names.add(show(name)));
    return names;
  }

  // ---- tests ----

  @ParameterizedTest
  @MethodSource("seeds")
  void calls_onRandomPaths_answerAsTheJdks(long seed) {
    Random random = new Random(seed);
    String again = Seeds.again(getClass(), seed);
    for (int n = 0; n < PAIRS; n++) {
      Pair a = Pair.of(randomPath(random));
      Pair b = Pair.of(randomPath(random));
      Pair c = Pair.of(randomPath(random));
      for (Call call : calls(random)) {
        String ours = answer(call.body, a.ours, b.ours, c.ours);
        String jdk = answer(call.body, a.jdk, b.jdk, c.jdk);
        if (!ours.equals(jdk)) {
          assertThat(ours)
              .as("%s of '%s', '%s', '%s'; %s", call.name, a.bytes, b.bytes, c.bytes, again)
              .isEqualTo(jdk);
        }
      }
      if (a.ours.equals(b.ours)) {
        assertThat(a.ours).hasSameHashCodeAs(b.ours);
      }
    }
  }

  @ParameterizedTest
  @MethodSource("seeds")
  void getPath_ofRandomText_isAsTheJdks(long seed) {
    Random random = new Random(seed);
    for (int n = 0; n < PAIRS; n++) {
      String first = randomText(random);
      String second = randomText(random);
      assertThat(tree.getPath(first)).hasToString(Path.of(first).toString());
      assertThat(tree.getPath(first, second, first))
          .as("'%s', '%s'; %s", first, second, Seeds.again(getClass(), seed))
          .hasToString(Path.of(first, second, first).toString());
    }
  }

  private static String randomText(Random random) {
    StringBuilder text = new StringBuilder();
    for (int i = random.nextInt(8); i > 0; i--) {
      text.append("///ab.".charAt(random.nextInt(6)));
    }
    return text.toString();
  }

  @ParameterizedTest
  @MethodSource("seeds")
  void matcher_ofRandomGlobs_matchesAsTheJdks(long seed) {
    Random random = new Random(seed);
    int compiled = 0;
    for (int n = 0; n < GLOBS; n++) {
      String glob = "glob:" + random(random, "**??ab./[]{},!-\\^&", 7);
      if (JDK_REFUSES.matcher(glob).find()) {
        continue;
      }
      String name = random(random, "aab./-!^&", 5);
      String ours = match(tree, glob, name);
      String jdk = match(FileSystems.getDefault(), glob, name);
      if (!ours.equals(jdk)) {
        assertThat(ours)
            .as("%s on '%s'; %s", glob, name, Seeds.again(getClass(), seed))
            .isEqualTo(jdk);
      }
      compiled += ours.length() < "PatternSyntax".length() ? 1 : 0;
    }
    assertThat(compiled).isGreaterThan(GLOBS / 4);
  }

  private static String random(Random random, String alphabet, int most) {
    StringBuilder text = new StringBuilder();
    for (int i = random.nextInt(most + 1); i > 0; i--) {
      text.append(alphabet.charAt(random.nextInt(alphabet.length())));
    }
    return text.toString();
  }

  private static String match(FileSystem fileSystem, String glob, String name) {
    PathMatcher matcher;
    try {
      matcher = fileSystem.getPathMatcher(glob);
    } catch (PatternSyntaxException e) {
      return "PatternSyntaxException";
    }
    return String.valueOf(matcher.matches(fileSystem.getPath(name)));
  }

  /** Every byte but NUL and the slash, in names of one to three bytes around it. */
  @Test
  void anyBytes_toTextAndUriAndBack_areTheSame() {
    for (int b = 1; b < 256; b++) {
      for (String name : List.of("%c", "a%c", "%cb", "%c\u00A9", "\u00C3%c", "\u00E2\u0082%c")) {
        String bytes = name.formatted((char) b);
        if (b == '/' || bytes.equals(".")) {
          continue;
        }
        Path path = Path.of(URI.create(root() + escape(bytes)));
        assertThat(tree.getPath(path.toString())).as(escape(bytes)).isEqualTo(path);
        assertThat(Path.of(path.toUri())).as(escape(bytes)).isEqualTo(path);
        String fileName = String.valueOf(path.getFileName());
        assertThat(tree.getPath("/", fileName)).as(escape(bytes)).isEqualTo(path);
      }
    }
  }

  @Test
  void text_inUtf8_isItself() {
    for (String text : List.of("a", "\u00E9", "\u4F60\u597D", "\uD83D\uDE00", "\uFFFD", "a b")) {
      Path path = tree.getPath(text);
      assertThat(path).hasToString(text);
      String utf8 = new String(text.getBytes(StandardCharsets.UTF_8), StandardCharsets.ISO_8859_1);
      assertThat(Path.of(URI.create(root() + escape(utf8)))).isEqualTo(path.toAbsolutePath());
    }
  }

  @Test
  void getPath_whatNoNameCanBe_isRefused() {
    assertThatThrownBy(() -> tree.getPath("a\0b")).isInstanceOf(InvalidPathException.class);
    assertThatThrownBy(() -> tree.getPath("\u00E9\0")).isInstanceOf(InvalidPathException.class);
    assertThatThrownBy(() -> tree.getPath("\uD800")).isInstanceOf(InvalidPathException.class);
    assertThatThrownBy(() -> tree.getPath("a\uDC7F")).isInstanceOf(InvalidPathException.class);
    assertThatThrownBy(() -> Path.of(URI.create(root() + "%00")))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void pathsOfOthers_areRefusedOrDifferent() throws IOException {
    try (FileSystem other = Trees.inProcess(leader)) {
      Path ours = tree.getPath("/a");
      Path theirs = other.getPath("/a");
      assertThat(ours).isNotEqualTo(theirs);
      assertThat(ours.compareTo(theirs)).isNotZero().isEqualTo(-theirs.compareTo(ours));
      assertThat(ours.startsWith(theirs)).isFalse();
      assertThat(ours.endsWith(theirs)).isFalse();
      assertThatThrownBy(() -> ours.relativize(theirs))
          .isInstanceOf(IllegalArgumentException.class);
      assertThatThrownBy(() -> ours.resolve(Path.of("a")))
          .isInstanceOf(ProviderMismatchException.class);
      assertThatThrownBy(() -> ours.compareTo(Path.of("a"))).isInstanceOf(ClassCastException.class);
      assertThat(ours.startsWith(Path.of("/"))).isFalse();
    }
  }
}
