package dev.coterie.console;

import dev.coterie.api.Limits;
import java.io.PrintStream;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import tools.jackson.core.JsonGenerator;
import tools.jackson.core.ObjectWriteContext;
import tools.jackson.core.StreamWriteConstraints;
import tools.jackson.core.StreamWriteFeature;
import tools.jackson.core.json.JsonFactory;

/** Writes one JSON document. Made only when JSON is asked for: Jackson takes its time to load. */
final class Json implements AutoCloseable {
  /** An object and an array for each directory of the longest path. */
  private static final int NESTED_MAX = Limits.PATH_BYTES + 8;

  private final PrintStream out;
  private final JsonGenerator generator;

  Json(Console console) {
    out = console.out();
    generator =
        JsonFactory.builder()
            .streamWriteConstraints(
                StreamWriteConstraints.builder().maxNestingDepth(NESTED_MAX).build())
            .disable(StreamWriteFeature.AUTO_CLOSE_TARGET)
            .build()
            .createGenerator(ObjectWriteContext.empty(), out);
  }

  Json beginObject() {
    generator.writeStartObject();
    return this;
  }

  Json endObject() {
    generator.writeEndObject();
    return this;
  }

  Json beginArray() {
    generator.writeStartArray();
    return this;
  }

  Json beginArray(String key) {
    generator.writeArrayPropertyStart(key);
    return this;
  }

  Json beginObject(String key) {
    generator.writeObjectPropertyStart(key);
    return this;
  }

  Json endArray() {
    generator.writeEndArray();
    return this;
  }

  Json field(String key, String value) {
    generator.writeStringProperty(key, value);
    return this;
  }

  Json field(String key, long value) {
    generator.writeNumberProperty(key, value);
    return this;
  }

  Json field(String key, double value) {
    generator.writeNumberProperty(key, value);
    return this;
  }

  /**
   * A {@link ByteText}; its bytes go beside it, as {@code keyBase64}, when they are not UTF-8 and
   * so the text does not say all.
   */
  Json bytes(String key, String text) {
    if (ByteText.isAscii(text)) {
      return field(key, text);
    }
    byte[] bytes = ByteText.bytes(text);
    try {
      return field(
          key, StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString());
    } catch (CharacterCodingException e) {
      field(key, ByteText.decoded(text));
      return field(key + "Base64", Base64.getEncoder().encodeToString(bytes));
    }
  }

  @Override
  public void close() {
    generator.close();
    out.println();
  }
}
