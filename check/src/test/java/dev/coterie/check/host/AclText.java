package dev.coterie.check.host;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;

/**
 * Access control lists as setfacl(1) takes them, {@code u::rw,u:1002:r,g::r,m::rw,o::-}, and as
 * attributes (linux/posix_acl_xattr.h): {@code version[4]}, then {@code tag[2] perm[2] id[4]} for
 * each entry. Written apart from the product, which is held against it.
 */
public final class AclText {
  private AclText() {}

  public static byte[] parse(String text) {
    String[] entries = text.split(",");
    ByteBuffer bytes =
        ByteBuffer.allocate(4 + entries.length * 8).order(ByteOrder.LITTLE_ENDIAN).putInt(2);
    for (String entry : entries) {
      String[] parts = entry.split(":", -1);
      boolean named = !parts[1].isEmpty();
      int tag =
          switch (parts[0]) {
            case "u" -> named ? 0x02 : 0x01;
            case "g" -> named ? 0x08 : 0x04;
            case "m" -> 0x10;
            case "o" -> 0x20;
            default -> throw new IllegalArgumentException(entry);
          };
      int permissions = 0;
      for (char c : parts[2].toCharArray()) {
        permissions |= c == 'r' ? 4 : c == 'w' ? 2 : c == 'x' ? 1 : 0;
      }
      bytes
          .putShort((short) tag)
          .putShort((short) permissions)
          .putInt(named ? Integer.parseInt(parts[1]) : -1);
    }
    return bytes.array();
  }

  /** As {@link #parse} takes it. */
  public static String of(byte[] value) {
    ByteBuffer bytes = ByteBuffer.wrap(value).order(ByteOrder.LITTLE_ENDIAN);
    if (bytes.getInt() != 2) {
      throw new IllegalArgumentException("version");
    }
    List<String> entries = new ArrayList<>();
    while (bytes.hasRemaining()) {
      int tag = bytes.getShort();
      int permissions = bytes.getShort();
      int id = bytes.getInt();
      String kind =
          switch (tag) {
            case 0x01, 0x02 -> "u:";
            case 0x04, 0x08 -> "g:";
            case 0x10 -> "m:";
            case 0x20 -> "o:";
            default -> throw new IllegalArgumentException("tag " + tag);
          };
      String rights =
          ((permissions & 4) != 0 ? "r" : "")
              + ((permissions & 2) != 0 ? "w" : "")
              + ((permissions & 1) != 0 ? "x" : "");
      entries.add(kind + (id == -1 ? "" : id) + ":" + (rights.isEmpty() ? "-" : rights));
    }
    return String.join(",", entries);
  }
}
