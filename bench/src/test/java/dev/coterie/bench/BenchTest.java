package dev.coterie.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.coterie.bench.ProcessCpu.Reading;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Names, tools and processes. */
class BenchTest {
  private static final long WAIT_MS = 60_000;

  @TempDir private Path folder = Path.of("");

  @Test
  void select_groupOrRun_inOrderOfTheList() throws Exception {
    assertThat(Bench.select(List.of())).containsExactlyElementsOf(Bench.list().keySet());
    assertThat(Bench.select(List.of("p9-stat", "p9"))).first().isEqualTo("p9-stat");
    assertThat(Bench.select(List.of("p9")))
        .contains("p9-getattr", "p9-create")
        .doesNotContain("echo");
    assertThat(Bench.select(List.of("echo", "echo"))).containsExactly("echo");
    assertThatThrownBy(() -> Bench.select(List.of("p")))
        .isInstanceOf(BenchException.class)
        .hasMessage("no run 'p'; see coterie bench --list");
  }

  @Test
  void find_missing_namesThePackage() {
    assertThatThrownBy(() -> Tools.find("no-such-program"))
        .isInstanceOf(MissingTool.class)
        .hasMessage("no-such-program is not installed (no package known)");
    assertThat(new MissingTool("diod", "package diod").why())
        .isEqualTo("diod is not installed (package diod)");
  }

  @Test
  void jarsOfNio_areBesideLib() {
    assertThat(NioRun.beside(Path.of("/x/lib/coterie-bench.jar"))).isEqualTo(Path.of("/x/lib-nio"));
  }

  @Test
  void figures_flatJson_areRead() throws Exception {
    Figures figures = Figures.parse("{\"name\":\"x\",\"a\":1,\"b_us\":2.500,\"c\":-1e3}");
    assertThat(figures.get("a")).isEqualTo(1);
    assertThat(figures.get("b_us")).isEqualTo(2.5);
    assertThat(figures.get("c")).isEqualTo(-1000);
    assertThatThrownBy(() -> figures.get("d")).hasMessage("no figure 'd'");
  }

  @Test
  void child_thatEnds_isReportedWithItsLastWords() throws IOException, BenchException {
    Path errors = folder.resolve("errors");
    try (Child child =
        Child.start("sh", errors, List.of("sh", "-c", "echo hello; read x; echo no >&2; exit 7"))) {
      child.await("hello", WAIT_MS);
      assertThat(child.isAlive()).isTrue();
      child.say("end");
      assertThatThrownBy(() -> child.hear(WAIT_MS)).hasMessage("sh: ended with status 7: no");
    }
  }

  @Test
  void child_closed_isGone() throws IOException, BenchException {
    Child child = Child.start("cat", folder.resolve("errors"), List.of("cat"));
    child.say("a line");
    child.await("a line", WAIT_MS);
    assertThatThrownBy(() -> child.hear(1)).hasMessage("cat: says nothing for 1 ms");
    child.close();
    assertThat(ProcessHandle.of(child.pid()).filter(ProcessHandle::isAlive)).isEmpty();
  }

  @Test
  void cpu_ofThisProcess_grows() throws IOException {
    long pid = ProcessHandle.current().pid();
    long before = ProcessCpu.nanos(pid);
    while (ProcessCpu.nanos(pid) == before) {
      Thread.onSpinWait();
    }
    assertThat(ProcessCpu.nanos(pid)).isGreaterThan(before);
  }

  /** A tick is 10 ms: what took less is seen all the same, and so are threads that have ended. */
  @Test
  void cpu_betweenTwoReadings_isExactUnlessThreadsEnded() {
    Reading first = new Reading(1_000, 50_000_000);
    assertThat(first.until(new Reading(1_700, 50_000_000))).isEqualTo(700);
    assertThat(first.until(new Reading(1_700, 60_000_000))).isEqualTo(700);
    assertThat(first.until(new Reading(900, 80_000_000))).isEqualTo(30_000_000);
  }

  @Test
  void delete_folder_takesAllThatIsInIt() throws IOException {
    Path top = folder.resolve("a");
    Files.createDirectories(top.resolve("b"));
    Files.writeString(top.resolve("b/c"), "x");
    Arena.delete(top);
    assertThat(folder).isEmptyDirectory();
    Arena.delete(top);
  }
}
