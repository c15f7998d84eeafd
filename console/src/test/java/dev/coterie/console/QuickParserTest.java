package dev.coterie.console;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** The quick parser and picocli read the same. */
class QuickParserTest {
  private static final Option FLAG = Option.flag('f', "--flag", "");
  private static final Option OTHER = Option.flag('o', "--other", "");
  private static final Option VALUE = new Option('v', "--value", "V", false, "");
  private static final Option MANY = Option.values("--many", "M", "");
  private static final Synopsis SYNOPSIS =
      new Synopsis(
          "try",
          "",
          "WORD...",
          1,
          3,
          List.of(FLAG, OTHER, VALUE, MANY, Synopsis.HELP),
          List.of("footer"));

  @Test
  void parse_plainArguments_sortsThemOut() {
    List<String> line =
        List.of("-fo", "--value=a", "x", "--many", "1", "-v", "b", "--many=2", "--", "-f");
    assertThat(QuickParser.parse(SYNOPSIS, line))
        .isEqualTo(
            new Arguments(
                Map.of(
                    "--flag",
                    List.of(),
                    "--other",
                    List.of(),
                    "--value",
                    List.of("b"),
                    "--many",
                    List.of("1", "2")),
                List.of("x", "-f")));
  }

  @Test
  void parse_whatIsNotPlain_isLeftToPicocli() {
    for (String line :
        List.of(
            "",
            "a b c d",
            "-x a",
            "--none a",
            "a --value",
            "a --value --flag",
            "-fv a",
            "-h",
            "--help",
            "--flag=x a",
            "-vx a")) {
      List<String> words = line.isEmpty() ? List.of() : List.of(line.split(" "));
      assertThat(QuickParser.parse(SYNOPSIS, words)).as(line).isNull();
    }
  }

  /** Whatever the quick one accepts, picocli accepts too, and reads it alike. */
  @Test
  void parse_anyArguments_agreesWithPicocli() throws Failure {
    String[] words = {
      "-f",
      "-o",
      "-fo",
      "-of",
      "--flag",
      "--other",
      "-v",
      "--value",
      "--value=x",
      "--many",
      "--many=y",
      "--many=",
      "--",
      "-",
      "a",
      "b",
      "c=d",
      "--none",
      "-x",
      "@file",
      "",
      "'q'",
      "\"q\""
    };
    Random random = new Random(1);
    int accepted = 0;
    for (int i = 0; i < 20_000; i++) {
      List<String> line = new ArrayList<>();
      for (int n = random.nextInt(7); n > 0; n--) {
        line.add(words[random.nextInt(words.length)]);
      }
      Arguments quick = QuickParser.parse(SYNOPSIS, line);
      if (quick != null) {
        accepted++;
        assertThat(new Picocli(SYNOPSIS).parse(line)).as(line.toString()).isEqualTo(quick);
      }
    }
    assertThat(accepted).isGreaterThan(1000);
  }

  @Test
  void picocli_badArguments_failInOneLine() {
    Picocli picocli = new Picocli(SYNOPSIS);
    assertThatThrownBy(() -> picocli.parse(List.of("--none", "a")))
        .isInstanceOfSatisfying(
            Failure.class,
            failure -> {
              assertThat(failure.status()).isEqualTo(2);
              assertThat(failure.text())
                  .isEqualTo("Unknown option: '--none'; see coterie try --help");
            });
    assertThatThrownBy(() -> picocli.parse(List.of()))
        .isInstanceOfSatisfying(
            Failure.class,
            failure ->
                assertThat(failure.text())
                    .isEqualTo("Missing argument: WORD...; see coterie try --help"));
    assertThatThrownBy(() -> picocli.parse(List.of("a", "b", "c", "d")))
        .hasMessageStartingWith("Unexpected argument: 'd'");
  }

  @Test
  void help_everyCommand_fitsAndHasExamples() {
    for (String word : Commands.LISTED) {
      Synopsis synopsis = java.util.Objects.requireNonNull(Commands.find(word)).synopsis();
      ByteArrayOutputStream out = new ByteArrayOutputStream();
      new Picocli(synopsis).help(new PrintStream(out, true));
      String text = ByteText.of(out.toByteArray());
      assertThat(synopsis.name()).isEqualTo(word);
      assertThat(text).startsWith("Usage: coterie " + word).contains(synopsis.summary());
      assertThat(text.lines()).allMatch(line -> line.length() <= 100);
      if (!word.equals("help") && !word.equals("version")) {
        assertThat(text).contains("Example");
      }
    }
  }
}
