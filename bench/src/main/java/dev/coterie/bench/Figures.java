package dev.coterie.bench;

import java.util.HashMap;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The numbers of one flat JSON object, as the programs of this room print them. */
record Figures(Map<String, Double> byName) {
  private static final Pattern FIELD = Pattern.compile("\"(\\w+)\":\\s*(-?[0-9][0-9.eE+-]*)");

  static Figures parse(String line) throws BenchException {
    Map<String, Double> byName = new HashMap<>();
    Matcher fields = FIELD.matcher(line);
    while (fields.find()) {
      try {
        byName.put(fields.group(1), Double.valueOf(fields.group(2)));
      } catch (NumberFormatException e) {
        throw new BenchException("not a number: " + fields.group());
      }
    }
    return new Figures(byName);
  }

  double get(String name) throws BenchException {
    Double value = byName.get(name);
    if (value == null) {
      throw new BenchException("no figure '" + name + "'");
    }
    return value;
  }
}
