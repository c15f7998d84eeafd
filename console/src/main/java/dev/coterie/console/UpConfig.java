package dev.coterie.console;

import com.fasterxml.jackson.annotation.JsonProperty;
import java.io.IOException;
import java.nio.charset.CharacterCodingException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.DatabindException;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.exc.UnrecognizedPropertyException;
import tools.jackson.dataformat.toml.TomlMapper;

/**
 * The file that {@code up --config} reads.
 *
 * @param socket as {@code --socket}
 * @param tcp as {@code --tcp}
 * @param tcpTrust as {@code --tcp-trust}
 * @param lockHold as {@code --lock-hold}
 * @param mount as {@code --mount}, one table each
 */
record UpConfig(
    @Nullable String socket,
    @Nullable Integer tcp,
    @JsonProperty("tcp-trust") @Nullable Boolean tcpTrust,
    @JsonProperty("lock-hold") @Nullable Integer lockHold,
    @Nullable List<Entry> mount) {

  /** One mount: {@code [[mount]]}, its options in {@code [mount.options]}. */
  record Entry(
      @Nullable String path,
      @Nullable String kind,
      @Nullable String source,
      @Nullable Map<String, String> options) {

    MountSpec toSpec() throws Failure {
      if (path == null || kind == null) {
        throw Failure.usage("config: a mount needs path and kind");
      }
      Map<String, String> given = new LinkedHashMap<>();
      for (Map.Entry<String, String> option :
          (options == null ? Map.<String, String>of() : options).entrySet()) {
        // An option that is only there or not is a truth value in TOML.
        if (!option.getValue().equals("false")) {
          given.put(option.getKey(), option.getValue().equals("true") ? "" : option.getValue());
        }
      }
      MountSpec spec = new MountSpec(path, kind, source == null ? "" : source, given);
      spec.check();
      return spec;
    }
  }

  List<MountSpec> mounts() throws Failure {
    List<MountSpec> specs = new ArrayList<>();
    for (Entry entry : mount == null ? List.<Entry>of() : mount) {
      specs.add(entry.toSpec());
    }
    return specs;
  }

  static UpConfig read(Path file) throws Failure {
    String text;
    try {
      text = Files.readString(file);
    } catch (CharacterCodingException e) {
      throw Failure.usage(file + ": not UTF-8 text");
    } catch (IOException e) {
      throw Failure.of(file.toString(), e);
    }
    return parse(file.toString(), text);
  }

  static UpConfig parse(String name, String text) throws Failure {
    try {
      return TomlMapper.builder()
          .enable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
          .build()
          .readValue(text, UpConfig.class);
    } catch (JacksonException e) {
      throw Failure.usage(name + ":" + position(e, text) + " " + message(e));
    }
  }

  private static String message(JacksonException cause) {
    if (cause instanceof UnrecognizedPropertyException unknown) {
      return "unknown key '" + unknown.getPropertyName() + "'";
    }
    String message = cause.getOriginalMessage();
    int end = message.indexOf('\n');
    String key = cause instanceof DatabindException ? lastKey(cause) : null;
    return (key == null ? "" : key + ": ") + (end < 0 ? message : message.substring(0, end));
  }

  /** {@code LINE:COLUMN:}, for faults of form; for faults of content the line of the key. */
  private static String position(JacksonException cause, String text) {
    if (cause.getLocation() != null && cause.getLocation().getLineNr() > 0) {
      return cause.getLocation().getLineNr() + ":" + cause.getLocation().getColumnNr() + ":";
    }
    String key = lastKey(cause);
    int line = key == null ? 0 : lineOf(text, key, tableIndex(cause));
    return line == 0 ? "" : line + ":";
  }

  private static @Nullable String lastKey(JacksonException cause) {
    String key = null;
    for (JacksonException.Reference step : cause.getPath()) {
      key = step.getPropertyName() != null ? step.getPropertyName() : key;
    }
    return key;
  }

  /** Which {@code [[mount]]} the fault is in; -1 none. */
  private static int tableIndex(JacksonException cause) {
    int index = -1;
    for (JacksonException.Reference step : cause.getPath()) {
      index = step.getIndex() >= 0 ? step.getIndex() : index;
    }
    return index;
  }

  private static int lineOf(String text, String key, int table) {
    Pattern assignment =
        Pattern.compile("(?:^|[\\s.{,\\[\"'])" + Pattern.quote(key) + "[\"']?\\s*[=.\\]]");
    int tables = -1;
    int number = 0;
    for (String line : text.split("\n", -1)) {
      number++;
      if (line.strip().startsWith("[[")) {
        tables++;
      }
      if (tables >= table && assignment.matcher(line).find()) {
        return number;
      }
    }
    return 0;
  }
}
