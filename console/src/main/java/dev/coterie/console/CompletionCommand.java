package dev.coterie.console;

import java.io.PrintStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/** {@code coterie completion}: a script for a shell, made from what the commands take. */
final class CompletionCommand implements Command {
  /** Commands with operands that are files of this machine. */
  private static final Set<String> LOCAL = Set.of("put", "get");

  /** Options whose value is a file of this machine. */
  private static final Set<String> FILES = Set.of("--socket", "--config");

  @Override
  public Synopsis synopsis() {
    return new Synopsis(
        "completion",
        "Prints a script that lets a shell complete commands and options.",
        "bash|zsh",
        1,
        1,
        List.of(Synopsis.HELP),
        List.of(
            "",
            "Examples:",
            "  source <(coterie completion bash)",
            "  coterie completion bash > ~/.local/share/bash-completion/completions/coterie",
            "  source <(coterie completion zsh)       # behind compinit, in ~/.zshrc"));
  }

  @Override
  public int run(Arguments arguments, Console console) throws Failure {
    String shell = arguments.operands().getFirst();
    PrintStream out = console.out();
    out.println(
        "# Completion of coterie for " + shell + "; printed by: coterie completion " + shell);
    switch (shell) {
      case "bash" -> {}
      // zsh runs functions written for bash; what they need of it is loaded by this.
      case "zsh" -> out.println("autoload -U +X bashcompinit && bashcompinit");
      default -> throw Failure.usage(shell + ": not a shell that is known; there is bash, zsh");
    }
    script(out);
    return 0;
  }

  private static void script(PrintStream out) {
    out.println("_coterie() {");
    out.println(
        "  local cur=${COMP_WORDS[COMP_CWORD]} prev= words= values= operands= IFS=$' \\t\\n'");
    out.println("  COMPREPLY=()");
    out.println("  if [ \"$COMP_CWORD\" -le 1 ]; then");
    out.println(reply("  ", "-W '" + String.join(" ", Commands.LISTED) + "'"));
    out.println("    return 0");
    out.println("  fi");
    out.println("  prev=${COMP_WORDS[COMP_CWORD - 1]}");
    out.println("  case ${COMP_WORDS[1]} in");
    for (String word : Commands.LISTED) {
      Command command = Commands.find(word);
      if (command != null) {
        print(out, command.synopsis());
      }
    }
    out.println("  *) return 0 ;;");
    out.println("  esac");
    out.println("  case \" $values \" in");
    out.println("  *\" $prev \"*)");
    out.println("    case $prev in");
    out.println("    " + String.join(" | ", FILES.stream().sorted().toList()) + ")");
    out.println(reply("    ", "-f"));
    out.println("      ;;");
    out.println("    esac");
    out.println("    return 0");
    out.println("    ;;");
    out.println("  esac");
    out.println("  case $cur in");
    out.println("  -*)");
    out.println(reply("  ", "-W \"$words\""));
    out.println("    ;;");
    out.println("  *)");
    out.println("    case $operands in");
    out.println("    '') ;;");
    out.println("    files)");
    out.println(reply("    ", "-f"));
    out.println("      ;;");
    out.println("    *)");
    out.println(reply("    ", "-W \"$operands\""));
    out.println("      ;;");
    out.println("    esac");
    out.println("    ;;");
    out.println("  esac");
    out.println("}");
    out.println("complete -F _coterie coterie");
  }

  /** The line that answers what begins with the word under the cursor, one answer a line. */
  private static String reply(String indent, String words) {
    return indent
        + "  IFS=$'\\n' COMPREPLY=($(IFS=$' \\t\\n'; compgen "
        + words
        + " -- \"$cur\")) || :";
  }

  private static void print(PrintStream out, Synopsis synopsis) {
    List<String> words = new ArrayList<>();
    List<String> values = new ArrayList<>();
    for (Option option : synopsis.options()) {
      words.addAll(List.of(option.names()));
      if (option.takesValue()) {
        values.addAll(List.of(option.names()));
      }
    }
    out.println("  " + synopsis.name() + ")");
    out.println("    words='" + String.join(" ", words) + "'");
    out.println("    values='" + String.join(" ", values) + "'");
    out.println("    operands='" + operands(synopsis) + "'");
    out.println("    ;;");
  }

  private static String operands(Synopsis synopsis) {
    if (LOCAL.contains(synopsis.name())) {
      return "files";
    }
    if (synopsis.operands().equals(HelpCommand.OPERANDS)) {
      return String.join(" ", Commands.LISTED);
    }
    // Where the synopsis names the words there are.
    return synopsis.operands().contains("|")
        ? synopsis.operands().replaceAll("[\\[\\]]", "").replace('|', ' ')
        : "";
  }
}
