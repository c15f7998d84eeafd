package dev.coterie.check.model;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/**
 * One question to TLC: a module of src/test/tla, its constants, and what must hold.
 *
 * @param title what is asked, in a few words
 * @param temporal what must hold are properties of whole behaviours, under fairness, not of states
 */
record Model(
    String title,
    String module,
    Map<String, String> constants,
    boolean temporal,
    List<String> holds) {

  Model {
    constants = Map.copyOf(constants);
    holds = List.copyOf(holds);
  }

  /** Two clients that may hold leases and write; no time passes, no connection is lost. */
  static Model lease(String title) {
    Map<String, String> constants = new LinkedHashMap<>();
    constants.put("Clients", "{c1, c2}");
    constants.put("Plain", "{}");
    constants.put("Silent", "{}");
    constants.put("Writers", "{c1, c2}");
    constants.put("Threads", "{1}");
    constants.put("Term", "1");
    constants.put("Margin", "1");
    constants.put("Drift", "1");
    constants.put("Timed", "FALSE");
    constants.put("Endless", "FALSE");
    constants.put("MaxVer", "2");
    constants.put("MaxSeq", "2");
    constants.put("MaxOps", "3");
    constants.put("MaxLoss", "0");
    constants.put("MaxSess", "1");
    constants.put("Broken", "\"none\"");
    return new Model(
        title,
        "Lease",
        constants,
        false,
        List.of("RuleA", "NoLostWrite", "ExclusiveAlone", "Known"));
  }

  /** Two clients whose operations have no end. */
  static Model endless(String title) {
    return lease(title)
        .with("Endless", "TRUE")
        .with("MaxVer", "1")
        .always("RuleB", "RuleC", "RuleD");
  }

  /** A client that may hold leases, until they expire, and a plain one. */
  static Model timed(String title) {
    return lease(title).with("Timed", "TRUE").with("Plain", "{c2}").with("MaxSeq", "1");
  }

  /** A client with two slots, whose connection is lost once. */
  static Model retry(String title) {
    Map<String, String> constants = new LinkedHashMap<>();
    constants.put("Slots", "{0, 1}");
    constants.put("Changes", "2");
    constants.put("MaxConn", "2");
    constants.put("MaxSess", "1");
    constants.put("Broken", "\"none\"");
    return new Model(
        title, "ExactlyOnce", constants, false, List.of("AppliedOnce", "OldSessionSilent"));
  }

  Model with(String constant, String value) {
    if (!constants.containsKey(constant)) {
      throw new IllegalArgumentException(constant);
    }
    Map<String, String> changed = new LinkedHashMap<>(constants);
    changed.put(constant, value);
    return new Model(title, module, changed, temporal, holds);
  }

  /** Leaves a rule out. */
  Model without(String rule) {
    return with("Broken", "\"" + rule + "\"");
  }

  Model always(String... properties) {
    return new Model(title, module, constants, true, List.of(properties));
  }

  Model invariant(String name) {
    return new Model(title, module, constants, false, List.of(name));
  }

  /** States that differ only in who is who are then one state. */
  private boolean clientsAreAlike() {
    return Objects.equals(constants.get("Plain"), "{}")
        && Objects.equals(constants.get("Silent"), "{}")
        && Objects.equals(constants.get("Writers"), constants.get("Clients"));
  }

  /** The file that TLC reads beside the module. */
  String configuration() {
    StringBuilder text = new StringBuilder();
    text.append("SPECIFICATION ").append(temporal ? "LiveSpec" : "Spec").append("\nCONSTANTS\n");
    if (module.equals("Lease")) {
      text.append("  c1 = c1\n  c2 = c2\n  c3 = c3\n");
    }
    constants.forEach(
        (name, value) -> text.append("  ").append(name).append(" = ").append(value).append('\n'));
    text.append(temporal ? "PROPERTIES" : "INVARIANTS");
    holds.forEach(name -> text.append(' ').append(name));
    if (module.equals("Lease") && !temporal && clientsAreAlike()) {
      text.append("\nSYMMETRY Symmetry");
    }
    return text.append('\n').toString();
  }
}
