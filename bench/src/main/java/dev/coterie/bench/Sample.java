package dev.coterie.bench;

/**
 * One side in one round.
 *
 * @param value in the unit of the case's {@link Measure}
 * @param serverMicros CPU time of the server for one operation; 0 when there is none
 * @param clientMicros CPU time of the clients for one operation
 * @param messages requests sent to the server for one operation
 * @param allocated bytes of the JVM's heap for one operation; NaN when nobody looks
 * @param p90Micros below which nine of ten operations stayed; NaN when nobody looks
 * @param rate operations per second; NaN when nobody looks
 */
public record Sample(
    double value,
    double serverMicros,
    double clientMicros,
    double messages,
    double allocated,
    double p90Micros,
    double rate) {
  Sample(
      double value, double serverMicros, double clientMicros, double messages, double allocated) {
    this(value, serverMicros, clientMicros, messages, allocated, Double.NaN, Double.NaN);
  }

  Sample(double value, double serverMicros, double clientMicros, double messages) {
    this(value, serverMicros, clientMicros, messages, Double.NaN);
  }

  /** The same operation if it took so much longer. */
  Sample later(double more) {
    return new Sample(
        value + more, serverMicros, clientMicros, messages, allocated, p90Micros, rate);
  }

  double cpuMicros() {
    return serverMicros + clientMicros;
  }
}
