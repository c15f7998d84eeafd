package dev.coterie.bench;

/**
 * One side in one round.
 *
 * @param value in the unit of the case's {@link Measure}
 * @param serverMicros CPU time of the server for one operation; 0 when there is none
 * @param clientMicros CPU time of the clients for one operation
 * @param messages requests sent to the server for one operation
 * @param allocated bytes of the JVM's heap for one operation; NaN when nobody looks
 */
public record Sample(
    double value, double serverMicros, double clientMicros, double messages, double allocated) {
  Sample(double value, double serverMicros, double clientMicros, double messages) {
    this(value, serverMicros, clientMicros, messages, Double.NaN);
  }

  double cpuMicros() {
    return serverMicros + clientMicros;
  }
}
