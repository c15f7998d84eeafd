package dev.coterie.bench.nio;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.Map;
import org.openjdk.jmh.profile.GCProfiler;
import org.openjdk.jmh.results.Result;
import org.openjdk.jmh.results.RunResult;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.RunnerException;
import org.openjdk.jmh.runner.options.Options;
import org.openjdk.jmh.runner.options.OptionsBuilder;
import org.openjdk.jmh.runner.options.TimeValue;
import org.openjdk.jmh.runner.options.VerboseMode;

/**
 * Has JMH measure, one turn for each line of its stdin: OPERATION KIND FILES MILLISECONDS WARM. The
 * answer is one JSON object: microseconds, CPU microseconds and bytes allocated for one operation.
 *
 * <p>Argument: a folder for the JDK's own file system.
 */
public final class NioMain {
  /** What GCProfiler calls the bytes allocated for one operation. */
  private static final String ALLOCATED = "gc.alloc.rate.norm";

  private static final int MEASURED = 2;

  /** JMH finds the fields of its objects with it; not a word about that for each JVM. */
  public static final String UNSAFE_ALLOWED = "--sun-misc-unsafe-memory-access=allow";

  private NioMain() {}

  public static void main(String[] args) throws IOException, RunnerException {
    // Its lock file is for people who forget that another run is under way; ours come in turn.
    System.setProperty("jmh.ignoreLock", "true");
    BufferedReader in =
        new BufferedReader(new InputStreamReader(System.in, StandardCharsets.US_ASCII));
    // JMH passes on to stdout what its JVMs have to say.
    PrintStream out = System.out;
    System.setOut(System.err);
    out.println("ready");
    for (String order = in.readLine(); order != null; order = in.readLine()) {
      out.println(measure(order.split(" ", -1), args[0]));
    }
  }

  private static String measure(String[] order, String folder) throws RunnerException {
    TimeValue time = TimeValue.milliseconds(Long.parseLong(order[3]));
    int warm = Integer.parseInt(order[4]);
    Options options =
        new OptionsBuilder()
            .include("^" + NioLoad.class.getName().replace(".", "\\.") + "\\." + order[0] + "$")
            .param("kind", order[1])
            .param("files", order[2])
            .forks(1)
            .warmupIterations(warm)
            .warmupTime(time)
            .measurementIterations(MEASURED)
            .measurementTime(time)
            .addProfiler(GCProfiler.class)
            .addProfiler(ProcessorTime.class)
            .jvmArgs(
                "--enable-native-access=ALL-UNNAMED",
                UNSAFE_ALLOWED,
                "-XX:+UseG1GC",
                "-Xms1g",
                "-Xmx1g",
                "-D" + Subject.FOLDER + "=" + folder)
            .shouldFailOnError(true)
            .verbosity(VerboseMode.SILENT)
            .build();
    RunResult result = new Runner(options).runSingle();
    Map<String, ? extends Result<?>> more = secondary(result);
    return String.format(
        Locale.ROOT,
        "{\"micros\":%.6f,\"cpu\":%.6f,\"allocated\":%.3f}",
        result.getPrimaryResult().getScore(),
        score(more, ProcessorTime.RESULT),
        score(more, ALLOCATED));
  }

  @SuppressWarnings("unchecked") // Result is raw in the signature of JMH
  private static Map<String, ? extends Result<?>> secondary(RunResult result) {
    return (Map<String, ? extends Result<?>>) (Map<String, ?>) result.getSecondaryResults();
  }

  private static double score(Map<String, ? extends Result<?>> results, String name) {
    Result<?> result = results.get(name);
    if (result == null) {
      throw new IllegalStateException("JMH has no result " + name + " in " + results.keySet());
    }
    return result.getScore();
  }
}
