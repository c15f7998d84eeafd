package dev.coterie.check.history;

import dev.coterie.api.Name;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.lang.reflect.RecordComponent;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Writes records of the api, component by component, for tests that need two processes and no
 * product between them.
 */
final class RecordCodec {
  private RecordCodec() {}

  static void write(DataOutputStream out, @Nullable Object value) throws IOException {
    switch (value) {
      case null -> out.writeUTF("");
      case Name name -> writeBytes(out, "name", name.toBytes());
      case byte[] bytes -> writeBytes(out, "bytes", bytes);
      case ByteBuffer buffer -> {
        byte[] content = new byte[buffer.remaining()];
        buffer.duplicate().get(content);
        writeBytes(out, "buffer", content);
      }
      case Integer number -> {
        out.writeUTF("int");
        out.writeInt(number);
      }
      case Long number -> {
        out.writeUTF("long");
        out.writeLong(number);
      }
      case Boolean truth -> {
        out.writeUTF("boolean");
        out.writeBoolean(truth);
      }
      case List<?> list -> {
        out.writeUTF("list");
        out.writeInt(list.size());
        for (Object element : list) {
          write(out, element);
        }
      }
      case Enum<?> constant -> {
        out.writeUTF("enum");
        out.writeUTF(constant.getDeclaringClass().getName());
        out.writeUTF(constant.name());
      }
      case Record record -> writeRecord(out, record);
      default -> throw new IOException("cannot write " + value.getClass());
    }
  }

  private static void writeBytes(DataOutputStream out, String kind, byte[] bytes)
      throws IOException {
    out.writeUTF(kind);
    out.writeInt(bytes.length);
    out.write(bytes);
  }

  private static void writeRecord(DataOutputStream out, Record record) throws IOException {
    out.writeUTF("record");
    out.writeUTF(record.getClass().getName());
    for (RecordComponent component : record.getClass().getRecordComponents()) {
      try {
        write(out, component.getAccessor().invoke(record));
      } catch (ReflectiveOperationException e) {
        throw new IOException(e);
      }
    }
  }

  static @Nullable Object read(DataInputStream in) throws IOException {
    String kind = in.readUTF();
    try {
      return switch (kind) {
        case "" -> null;
        case "name" -> Name.wrap(in.readNBytes(in.readInt()));
        case "bytes" -> in.readNBytes(in.readInt());
        case "buffer" -> ByteBuffer.wrap(in.readNBytes(in.readInt()));
        case "int" -> in.readInt();
        case "long" -> in.readLong();
        case "boolean" -> in.readBoolean();
        case "list" -> readList(in);
        case "enum" -> constant(Class.forName(in.readUTF()), in.readUTF());
        case "record" -> readRecord(in, Class.forName(in.readUTF()));
        default -> throw new IOException("what is " + kind + "?");
      };
    } catch (ReflectiveOperationException e) {
      throw new IOException(e);
    }
  }

  private static Object constant(Class<?> type, String name) throws IOException {
    for (Object constant : type.getEnumConstants()) {
      if (((Enum<?>) constant).name().equals(name)) {
        return constant;
      }
    }
    throw new IOException("no " + name + " in " + type);
  }

  private static List<@Nullable Object> readList(DataInputStream in) throws IOException {
    List<@Nullable Object> list = new ArrayList<>();
    for (int i = in.readInt(); i > 0; i--) {
      list.add(read(in));
    }
    return list;
  }

  private static Object readRecord(DataInputStream in, Class<?> type)
      throws IOException, ReflectiveOperationException {
    RecordComponent[] components = type.getRecordComponents();
    @Nullable Object[] values = new Object[components.length];
    for (int i = 0; i < values.length; i++) {
      values[i] = read(in);
    }
    Class<?>[] types =
        Arrays.stream(components).map(RecordComponent::getType).toArray(Class<?>[]::new);
    return type.getDeclaredConstructor(types).newInstance(values);
  }
}
