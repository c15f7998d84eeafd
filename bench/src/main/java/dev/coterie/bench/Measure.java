package dev.coterie.bench;

/** What is compared, and which way is better. */
public enum Measure {
  /** Median time of one operation, in microseconds. */
  LATENCY("µs", false),

  /** Operations per second. */
  RATE("/s", true),

  /** CPU time of server and client for one operation, in microseconds. */
  CPU("µs CPU", false),

  /** CPU time of the server alone for one operation, in microseconds. */
  SERVER_CPU("µs CPU", false);

  private final String unit;
  private final boolean more;

  Measure(String unit, boolean more) {
    this.unit = unit;
    this.more = more;
  }

  /** As it stands behind a figure. */
  public String unit() {
    return unit;
  }

  double of(Sample sample) {
    return switch (this) {
      case LATENCY, RATE -> sample.value();
      case CPU -> sample.cpuMicros();
      case SERVER_CPU -> sample.serverMicros();
    };
  }

  /** How many times as good ours is as the peer. */
  double ratio(double ours, double peer) {
    return more ? ours / peer : peer / ours;
  }
}
