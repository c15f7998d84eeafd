package dev.coterie.sys;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;

import dev.coterie.api.Limits;
import dev.coterie.api.Name;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;

/** A thread's own memory for the arguments of one call at a time. */
final class Scratch {
  /** Largest structure any call here takes or fills: struct statx. */
  static final int STRUCT_BYTES = 256;

  /** What is moved at a time between a call and an array on the heap. */
  static final int TRANSFER_BYTES = 128 << 10;

  private static final ThreadLocal<Scratch> OWN = ThreadLocal.withInitial(Scratch::new);

  private final MemorySegment first;
  private final MemorySegment second;

  /** For a structure; its content is what the last call left. */
  final MemorySegment struct;

  private MemorySegment transfer = MemorySegment.NULL;

  private Scratch() {
    Arena arena = Arena.ofAuto();
    first = arena.allocate(Limits.PATH_BYTES);
    second = arena.allocate(Limits.PATH_BYTES);
    struct = arena.allocate(STRUCT_BYTES, Long.BYTES);
  }

  static Scratch own() {
    return OWN.get();
  }

  /** A C string: the name of an entry. One at a time. */
  MemorySegment name(Name name) {
    return string(first, name.toBytes(), true);
  }

  /** A second name, beside the first. */
  MemorySegment otherName(Name name) {
    return string(second, name.toBytes(), true);
  }

  /** A C string beside a name: a path, or the target of a link. */
  MemorySegment text(byte[] bytes) {
    return string(second, bytes, false);
  }

  MemorySegment text(String ascii) {
    return text(bytes(ascii));
  }

  static byte[] bytes(String ascii) {
    return ascii.getBytes(StandardCharsets.US_ASCII);
  }

  /** A C string: the name of an extended attribute. In the place of a name. */
  MemorySegment attribute(Name name) {
    return string(first, name.toBytes(), false);
  }

  private static MemorySegment string(MemorySegment to, byte[] bytes, boolean entry) {
    for (byte b : bytes) {
      // Whoever calls has refused such a name: let through, it would name something else.
      if (b == 0 || (entry && b == '/')) {
        throw new IllegalArgumentException("not a name");
      }
    }
    MemorySegment.copy(bytes, 0, to, JAVA_BYTE, 0, bytes.length);
    to.set(JAVA_BYTE, bytes.length, (byte) 0);
    return to;
  }

  /** Room for content on its way from or to the heap. */
  MemorySegment transfer() {
    if (transfer.byteSize() == 0) {
      transfer = Arena.ofAuto().allocate(TRANSFER_BYTES, Long.BYTES);
    }
    return transfer;
  }
}
