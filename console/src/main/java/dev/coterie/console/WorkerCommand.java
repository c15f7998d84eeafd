package dev.coterie.console;

import dev.coterie.console.demo.Worker;
import java.util.List;

/** A process of {@code coterie demo}; nobody types this. */
final class WorkerCommand implements Command {
  static final String WORD = "demo-worker";

  private static final int OPERANDS = 6;

  @Override
  public Synopsis synopsis() {
    return new Synopsis(
        WORD,
        "Is started by coterie demo.",
        "DEMO ADDRESS FOLDER INDEX RECORDS COPIES",
        OPERANDS,
        OPERANDS,
        List.of(Synopsis.HELP),
        List.of());
  }

  @Override
  public int run(Arguments arguments, Console console) throws Failure {
    List<String> words = arguments.operands();
    try (LeaderLink link = LeaderLink.open(words.get(1), Long.parseLong(words.get(5)))) {
      int index = Integer.parseInt(words.get(3));
      int records = Integer.parseInt(words.get(4));
      new Worker(link.tree(), words.get(2), index, records, console.in(), console.out())
          .run(words.get(0));
    }
    return 0;
  }
}
