package dev.coterie.console;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.abort;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is printed for other programs is what these take: completion by shells, manual pages. */
class ShellIT {
  @TempDir private Path folder = Path.of("");

  private static void require(String program) {
    String path = String.valueOf(System.getenv("PATH"));
    boolean there =
        Stream.of(path.split(":")).anyMatch(dir -> Files.isExecutable(Path.of(dir, program)));
    if (!there) {
      assertThat(Boolean.getBoolean("coterie.requireTools")).as("there is %s", program).isFalse();
      abort(program + " is not installed");
    }
  }

  private static String printed(String... words) {
    Ran ran = Ran.command(Map.of(), "", words);
    assertThat(ran.err()).isEmpty();
    assertThat(ran.status()).isZero();
    return ran.out();
  }

  /** What a program says, to stdout and stderr together; it must end well. */
  private String said(String... command) throws IOException, InterruptedException {
    Process process =
        new ProcessBuilder(command).directory(folder.toFile()).redirectErrorStream(true).start();
    process.getOutputStream().close();
    String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(process.waitFor()).as(said).isZero();
    return said;
  }

  // ---- completion ----

  /** The answers for these words, the last of them under the cursor, by a shell of its own. */
  private List<String> completed(String shell, String... words)
      throws IOException, InterruptedException {
    Path script = Files.writeString(folder.resolve("script"), printed("completion", shell));
    List<String> command = new ArrayList<>();
    if (shell.equals("bash")) {
      command.addAll(List.of("bash", "--norc", "-c"));
      command.add(
          """
          set -eu
          . "$1"; shift
          [ "$(complete -p coterie)" = 'complete -F _coterie coterie' ]
          COMP_WORDS=("$@") COMP_CWORD=$(($# - 1))
          _coterie
          [ ${#COMPREPLY[@]} = 0 ] || printf '%s\\n' "${COMPREPLY[@]}"
          """);
    } else {
      command.addAll(List.of("zsh", "-f", "-c"));
      command.add(
          """
          autoload -U compinit && compinit -u -D
          . "$1"; shift
          emulate -L ksh
          COMP_WORDS=("$@") COMP_CWORD=$(($# - 1))
          _coterie
          [ ${#COMPREPLY[@]} = 0 ] || printf '%s\\n' "${COMPREPLY[@]}"
          """);
    }
    command.addAll(List.of("coterie-completion", script.toString(), "coterie"));
    command.addAll(List.of(words));
    Stream<String> answers = said(command.toArray(new String[0])).lines();
    // The compgen of zsh leaves it to its caller to find what begins with the word.
    return shell.equals("zsh")
        ? answers.filter(answer -> answer.startsWith(words[words.length - 1])).toList()
        : answers.toList();
  }

  private void assertCompletes(String shell) throws IOException, InterruptedException {
    assertThat(completed(shell, "")).containsExactlyElementsOf(Commands.LISTED);
    assertThat(completed(shell, "com")).containsExactly("completion");
    assertThat(completed(shell, "m")).containsExactly("mount", "mv", "mkdir", "man");
    assertThat(completed(shell, "ls", "--j")).containsExactly("--json");
    assertThat(completed(shell, "cp", "-")).contains("-r", "--archive", "--sparse", "-h");
    assertThat(completed(shell, "demo", ""))
        .containsExactly("simple", "append", "shared-handle", "locks", "events");
    assertThat(completed(shell, "completion", "z")).containsExactly("zsh");
    assertThat(completed(shell, "man", "cat", "x")).isEmpty();
    assertThat(completed(shell, "help", "ver")).containsExactly("version");
    assertThat(completed(shell, "nothing", "-")).isEmpty();
    Files.writeString(folder.resolve("two words"), "");
    Files.writeString(folder.resolve("two"), "");
    assertThat(completed(shell, "put", "tw")).containsExactlyInAnyOrder("two", "two words");
    // The tree's files are not this machine's.
    assertThat(completed(shell, "cat", "tw")).isEmpty();
    assertThat(completed(shell, "ls", "--socket", "tw"))
        .containsExactlyInAnyOrder("two", "two words");
    assertThat(completed(shell, "tree", "-L", "")).isEmpty();
  }

  @Test
  void bash_completesCommandsOptionsAndOperands() throws Exception {
    require("bash");
    Path script = Files.writeString(folder.resolve("script"), printed("completion", "bash"));
    assertThat(said("bash", "-n", script.toString())).isEmpty();
    assertCompletes("bash");
  }

  @Test
  void zsh_completesThemToo() throws Exception {
    require("zsh");
    Path script = Files.writeString(folder.resolve("script"), printed("completion", "zsh"));
    assertThat(said("zsh", "-n", script.toString())).isEmpty();
    assertCompletes("zsh");
  }

  @Test
  void completion_otherShell_isRefused() {
    assertThat(Ran.command(Map.of(), "", "completion", "fish").status()).isEqualTo(2);
  }

  // ---- manual pages ----

  private static String page(String word) {
    return word.isEmpty() ? printed("man") : printed("man", word);
  }

  @Test
  void man_everyPage_saysAllThatHelpSays() {
    for (String word : Commands.LISTED) {
      String page = page(word);
      Synopsis synopsis = java.util.Objects.requireNonNull(Commands.find(word)).synopsis();
      assertThat(page).startsWith(".TH COTERIE-").contains(ManPage.text(synopsis.summary()));
      for (Option option : synopsis.options()) {
        assertThat(page).contains(ManPage.text(option.name()), ManPage.text(option.description()));
      }
      for (String line : synopsis.footer()) {
        assertThat(page).contains(line.equals("Examples:") ? ".SH EXAMPLES" : ManPage.text(line));
      }
    }
    assertThat(Commands.LISTED)
        .allMatch(word -> page("").contains(".BR coterie\\-" + word + " (1)\n"));
  }

  @Test
  void man_pages_areFormattedWithoutAWarning() throws Exception {
    require("groff");
    for (String word : pages()) {
      Path file = Files.writeString(folder.resolve("page.1"), page(word));
      assertThat(said("groff", "-man", "-Tutf8", "-ww", "-z", file.toString()))
          .as("warnings of %s", word)
          .isEmpty();
      String shown = said("groff", "-man", "-Tascii", "-P-cbou", file.toString());
      assertThat(shown).contains("NAME", "SYNOPSIS", "EXIT STATUS");
      if (word.equals("put")) {
        assertThat(shown).contains("-r, --recursive", "date | coterie put - /now");
      }
    }
  }

  @Test
  void man_pages_areShownByMan() throws Exception {
    require("man");
    require("groff");
    for (String word : pages()) {
      Path file = Files.writeString(folder.resolve("page.1"), page(word));
      assertThat(
              said(
                  "env", "MANROFFOPT=-ww", "MANWIDTH=100", "man", "-l", "-Tascii", file.toString()))
          .contains("COTERIE")
          .doesNotContain("warning");
    }
  }

  private static List<String> pages() {
    List<String> pages = new ArrayList<>(Commands.LISTED);
    pages.add("");
    return pages;
  }

  @Test
  void text_ofAnything_isTakenAsItIs() {
    assertThat(ManPage.text(".x\\n 'a' -b ~^`"))
        .isEqualTo("\\&.x\\en \\(aqa\\(aq \\-b \\(ti\\(ha\\(ga");
  }
}
