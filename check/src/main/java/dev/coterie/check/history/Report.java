package dev.coterie.check.history;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * The result of a check.
 *
 * @param census what was gathered
 * @param objects groups and files that were checked
 * @param cuts quiet points in all objects together
 * @param longestSegment most operations between two of them
 * @param mostUnderWay most operations under way on one object
 * @param mostConfigurations most configurations side by side for one object
 * @param violations objects without an order
 * @param undecided objects over the bound
 * @param findings what is wrong, in words
 * @param nanos time of the check
 * @param peakBytes most heap in use during it
 */
public record Report(
    Census census,
    int objects,
    long cuts,
    int longestSegment,
    int mostUnderWay,
    int mostConfigurations,
    int violations,
    int undecided,
    List<String> findings,
    long nanos,
    long peakBytes) {

  /** Whether the history is linearizable and nothing is left open. */
  public boolean isFine() {
    return findings.isEmpty();
  }

  /** The table, and below it the findings. */
  public String toText() {
    StringBuilder text = new StringBuilder();
    line(text, "events", census.events());
    line(text, "  without effect (EINTR)", census.refused());
    line(text, "  effect in doubt (no room)", census.doubtful());
    line(text, "  answer lost", census.open());
    line(text, "objects checked", objects);
    line(text, "cuts at quiet points", cuts);
    line(text, "longest segment", longestSegment);
    line(text, "most under way on one object", mostUnderWay);
    line(text, "most configurations", mostConfigurations);
    line(text, "milliseconds", nanos / 1_000_000);
    line(text, "peak heap, MiB", peakBytes >> 20);
    line(text, "violations", violations);
    line(text, "undecided", undecided);
    for (String finding : findings) {
      text.append('\n').append(finding.stripTrailing()).append('\n');
    }
    return text.toString();
  }

  private static void line(StringBuilder text, String label, long value) {
    text.append(String.format(Locale.ROOT, "%-30s %,14d%n", label, value));
  }

  /** Sums up the objects. */
  static final class Builder {
    private final Census census;
    private final List<String> findings;
    private int objects;
    private long cuts;
    private int longestSegment;
    private int mostUnderWay;
    private int mostConfigurations;
    private int violations;
    private int undecided;

    Builder(Census census) {
      this.census = census;
      this.findings = new ArrayList<>(census.findings());
      this.violations = findings.size();
    }

    void add(Verdict verdict, @Nullable String finding) {
      Verdict.Effort effort = verdict.effort();
      objects++;
      cuts += effort.cuts();
      longestSegment = Math.max(longestSegment, effort.longestSegment());
      mostUnderWay = Math.max(mostUnderWay, effort.mostUnderWay());
      mostConfigurations = Math.max(mostConfigurations, effort.mostConfigurations());
      violations += verdict instanceof Verdict.Violation<?> ? 1 : 0;
      undecided += verdict instanceof Verdict.Undecided ? 1 : 0;
      if (finding != null) {
        findings.add(finding);
      }
    }

    Report build(long nanos, long peakBytes) {
      return new Report(
          census,
          objects,
          cuts,
          longestSegment,
          mostUnderWay,
          mostConfigurations,
          violations,
          undecided,
          List.copyOf(findings),
          nanos,
          peakBytes);
    }
  }
}
