package dev.coterie.wire;

import static org.assertj.core.api.Assertions.assertThat;

import dev.coterie.api.Change;
import dev.coterie.api.DirEntry;
import dev.coterie.api.Event;
import dev.coterie.api.Name;
import dev.coterie.wire.LinuxReply.Rreaddir.Entry;
import java.lang.reflect.RecordComponent;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Holds the tables of docs/protocol.md against the codec: number, name, and the sizes of the
 * fields.
 */
class ProtocolPageTest {
  /** A row of a message: {@code | 208 lookup | request | reply | text |}. */
  private static final Pattern ROW =
      Pattern.compile("\\| (\\d+) (\\w+) \\| ([^|]*) \\| ([^|]*?) ?\\|.*");

  private static final Pattern FIELD = Pattern.compile("\\[(\\w+)]");

  private static final Map<Integer, String> NAMES = new HashMap<>();
  private static final Map<Integer, String> LAYOUTS = new HashMap<>();

  @BeforeAll
  static void readPage() throws Exception {
    for (String line : Files.readAllLines(Path.of("..", "docs", "protocol.md"))) {
      Matcher row = ROW.matcher(line);
      if (row.matches()) {
        int type = Integer.parseInt(row.group(1));
        if (type == P9.RLERROR) {
          describe(type, "R" + row.group(2), row.group(4));
        } else {
          describe(type, "T" + row.group(2), row.group(3));
          describe(type + 1, "R" + row.group(2), row.group(4));
        }
      }
    }
    // A Tas has a drawing of its own, and neither it nor a Tonce has a reply.
    NAMES.remove(P9.TAS + 1);
    NAMES.remove(P9.TONCE + 1);
    LAYOUTS.put(P9.TAS, "uid[4] gid[4] n[2] pid[4] umask[4] innertype[1]");
  }

  private static void describe(int type, String name, String layout) {
    assertThat(NAMES.put(type, name)).as("type %s twice", type).isNull();
    LAYOUTS.put(type, layout.replaceAll("]\\([^)]*\\)", "").replaceAll("n\\*\\w+\\[\\w+]", ""));
  }

  static Stream<Message> messages() {
    return Samples.messages();
  }

  @Test
  void tables_haveEveryMessageOnce() {
    Map<Integer, String> implemented = new HashMap<>();
    Samples.messages().forEach(message -> implemented.put(message.type(), nameOf(message)));

    assertThat(NAMES).isEqualTo(implemented);
  }

  private static String nameOf(Message message) {
    String name = message.getClass().getSimpleName();
    return name.charAt(0) + name.substring(1).toLowerCase(Locale.ROOT);
  }

  @ParameterizedTest
  @MethodSource("messages")
  void tables_fields_addUpToTheBody(Message message) throws Exception {
    int body = Samples.frameOf(1, message).length - P9.HEADER_BYTES;

    assertThat(fixedBytes(Objects.requireNonNull(LAYOUTS.get(message.type()))))
        .as("%s: %s", message, LAYOUTS.get(message.type()))
        .isEqualTo(body - variableBytes(message));
  }

  private static int fixedBytes(String layout) {
    int bytes = 0;
    Matcher field = FIELD.matcher(layout);
    while (field.find()) {
      bytes +=
          switch (field.group(1)) {
            case "s" -> 2;
            case "count", "attrs", "change", "event", "notice", "lease", "lock" -> 0;
            default -> Integer.parseInt(field.group(1));
          };
    }
    return bytes;
  }

  /** What a message has beside its fixed fields and the lengths before its variable ones. */
  private static int variableBytes(Object message) throws Exception {
    int bytes = 0;
    for (RecordComponent component : message.getClass().getRecordComponents()) {
      Object value = component.getAccessor().invoke(message);
      bytes +=
          switch (value) {
            case Name name -> name.length();
            case String text -> text.getBytes(StandardCharsets.UTF_8).length;
            case ByteBuffer data -> data.remaining();
            case List<?> list -> listBytes(message, list);
            case Request inner ->
                (message instanceof SessionRequest.Tas
                        ? SessionRequest.Tas.overheadBytes(Samples.CALLER) - 19
                        : 0)
                    + Samples.frameOf(1, inner).length
                    - P9.HEADER_BYTES;
            default -> 0;
          };
    }
    return bytes;
  }

  private static int listBytes(Object message, List<?> list) {
    int bytes = message instanceof HandleReply.Ropen && !list.isEmpty() ? 1 : 0; // their number
    for (Object element : list) {
      bytes +=
          switch (element) {
            case Name name -> name.length() + (message instanceof BaseRequest.Twalk ? 2 : 1);
            case Qid qid -> Qid.BYTES;
            case Change change -> change.bytes();
            case Event _ -> Event.BYTES;
            case Message inner -> Samples.frameOf(1, inner).length;
            case HeldLease _ -> HeldLease.BYTES;
            case LeaseRequest.Returned _ -> LeaseRequest.Returned.BYTES;
            case LeaseRequest.Lock _ -> LeaseRequest.Lock.BYTES;
            case LeaseReply.Notice _ -> LeaseReply.Notice.BYTES;
            case Entry entry -> 24 + entry.name().length();
            case DirEntry entry ->
                entry.name().length()
                    + (((HandleReply.Rreaddirx) message).flags() == 0 ? 28 : 28 + 153);
            default -> throw new AssertionError(element);
          };
    }
    return bytes;
  }
}
