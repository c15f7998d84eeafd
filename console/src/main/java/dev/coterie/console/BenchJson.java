package dev.coterie.console;

import dev.coterie.bench.BenchException;
import dev.coterie.bench.Row;
import dev.coterie.bench.Sample;
import dev.coterie.bench.Settings;
import java.lang.management.ManagementFactory;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** The lines of {@code bench} as JSON, every round with them. */
final class BenchJson {
  private BenchJson() {}

  /** What was measured on. */
  static String machine() {
    return String.format(
        Locale.ROOT,
        "Linux %s, %d processors, Java %s, load average %.1f",
        System.getProperty("os.version"),
        Runtime.getRuntime().availableProcessors(),
        System.getProperty("java.version"),
        ManagementFactory.getOperatingSystemMXBean().getSystemLoadAverage());
  }

  static void print(
      Console console, Settings settings, List<Row> rows, Map<String, BenchException> failures) {
    try (Json json = new Json(console)) {
      json.beginObject().field("machine", machine());
      json.field("rounds", settings.rounds()).field("seconds", settings.roundMs() / 1000.0);
      json.beginArray("rows");
      rows.forEach(row -> print(json, row));
      json.endArray().beginArray("failures");
      failures.forEach(
          (run, why) -> json.beginObject().field("run", run).field("why", why.why()).endObject());
      json.endArray().endObject();
    }
  }

  private static void print(Json json, Row row) {
    json.beginObject().field("run", row.of().run()).field("case", row.of().label());
    json.field("measure", row.of().measure().name().toLowerCase(Locale.ROOT));
    finite(json, "target", row.of().target());
    finite(json, "ours", row.figure(row.ours()));
    finite(json, "peer", row.figure(row.peer()));
    finite(json, "ratio", row.ratio());
    finite(json, "spread", row.spread());
    json.field("verdict", row.verdict().name().toLowerCase(Locale.ROOT).replace('_', '-'));
    json.field("reason", row.reason()).field("remark", row.remark());
    samples(json, "oursByRound", row.ours());
    samples(json, "peerByRound", row.peer());
    json.endObject();
  }

  private static void samples(Json json, String key, List<Sample> samples) {
    json.beginArray(key);
    for (Sample sample : samples) {
      json.beginObject();
      finite(json, "value", sample.value());
      finite(json, "serverMicros", sample.serverMicros());
      finite(json, "clientMicros", sample.clientMicros());
      finite(json, "messages", sample.messages());
      finite(json, "allocatedBytes", sample.allocated());
      finite(json, "p90Micros", sample.p90Micros());
      finite(json, "rate", sample.rate());
      json.endObject();
    }
    json.endArray();
  }

  /** JSON has no other numbers. */
  private static void finite(Json json, String key, double value) {
    if (Double.isFinite(value)) {
      json.field(key, value);
    }
  }
}
