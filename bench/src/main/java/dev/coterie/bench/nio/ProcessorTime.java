package dev.coterie.bench.nio;

import dev.coterie.bench.ProcessCpu;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Collection;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.openjdk.jmh.infra.BenchmarkParams;
import org.openjdk.jmh.infra.IterationParams;
import org.openjdk.jmh.profile.InternalProfiler;
import org.openjdk.jmh.results.AggregationPolicy;
import org.openjdk.jmh.results.IterationResult;
import org.openjdk.jmh.results.Result;
import org.openjdk.jmh.results.ScalarResult;

/** CPU time of the whole process for one operation: collector and compiler too. */
public final class ProcessorTime implements InternalProfiler {
  /** The name of the result, in microseconds. */
  static final String RESULT = "cpu";

  private ProcessCpu.@Nullable Reading before;

  /** Not as the JDK tells it, in ticks of 10 ms: a short iteration may take less than one. */
  private static ProcessCpu.Reading reading() {
    try {
      return ProcessCpu.Reading.of(ProcessHandle.current().pid());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public String getDescription() {
    return "CPU time of the process for one operation";
  }

  @Override
  public void beforeIteration(BenchmarkParams benchmark, IterationParams iteration) {
    before = reading();
  }

  @Override
  public Collection<? extends Result<?>> afterIteration(
      BenchmarkParams benchmark, IterationParams iteration, IterationResult result) {
    double micros = Objects.requireNonNull(before).until(reading()) / 1000.0;
    return List.of(
        new ScalarResult(
            RESULT, micros / result.getMetadata().getAllOps(), "us/op", AggregationPolicy.AVG));
  }
}
