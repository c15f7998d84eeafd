package dev.coterie.client.nio;

import dev.coterie.client.Address;
import java.io.ByteArrayOutputStream;
import java.net.URI;
import java.net.URISyntaxException;
import java.util.HexFormat;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * Where a tree is, as the beginning of the URIs of its paths.
 *
 * <pre>
 *  coterie:/socket/path!/path       a leader's unix socket
 *  coterie://host:port/path         a leader's TCP port
 *  coterie://name/path              a tree in this process
 * </pre>
 *
 * Bytes that are not allowed in a URI are escaped one by one, so every path comes back as it was; a
 * {@code !} of the socket's path is written {@code %21}.
 *
 * @param prefix what comes before the slash of an absolute path in the tree
 */
record TreeUri(String prefix) {
  static final String SCHEME = "coterie";

  private static final String UNESCAPED = "-_.!~*'():@&=+$,;/"; // and letters and digits: RFC 2396

  /** A URI taken apart: the tree, the path in it, and the leader's address if it has one. */
  record Parsed(TreeUri tree, byte[] path, @Nullable Address address) {}

  static TreeUri of(Address address) {
    return switch (address) {
      case Address.Unix(String path) ->
          new TreeUri(SCHEME + ":" + escape(PathText.encode(path)).replace("!", "%21") + "!");
      case Address.Tcp tcp -> new TreeUri(SCHEME + "://" + tcp);
    };
  }

  /** A tree of this process by a name of its own. */
  static TreeUri ofLocal(String name) {
    return new TreeUri(SCHEME + "://" + name);
  }

  /**
   * @throws IllegalArgumentException it is no URI of a tree
   */
  static Parsed parse(URI uri) {
    if (!SCHEME.equalsIgnoreCase(uri.getScheme())) {
      throw new IllegalArgumentException("not a URI of scheme " + SCHEME + ": " + uri);
    }
    if (uri.isOpaque() || uri.getRawQuery() != null || uri.getRawFragment() != null) {
      throw new IllegalArgumentException("not " + SCHEME + ":/socket!/path: " + uri);
    }
    String authority = uri.getRawAuthority();
    String path = uri.getRawPath();
    if (authority != null) {
      return parseAuthority(authority, path);
    }
    int end = path.indexOf("!/");
    String socket = end < 0 ? withoutBang(path) : path.substring(0, end);
    if (!socket.startsWith("/")) {
      throw new IllegalArgumentException("no absolute path of a socket: " + uri);
    }
    Address address = new Address.Unix(PathText.decode(unescape(socket)));
    return new Parsed(of(address), unescape(end < 0 ? "/" : path.substring(end + 1)), address);
  }

  private static String withoutBang(String path) {
    return path.endsWith("!") ? path.substring(0, path.length() - 1) : path;
  }

  private static Parsed parseAuthority(String authority, String path) {
    boolean port = authority.lastIndexOf(':') > authority.lastIndexOf(']');
    Address address = port ? Address.parse("tcp:" + authority) : null;
    TreeUri tree = address != null ? of(address) : ofLocal(authority.toLowerCase(Locale.ROOT));
    return new Parsed(tree, unescape(path.isEmpty() ? "/" : path), address);
  }

  /** The URI of an absolute path. */
  URI resolve(byte[] path, boolean directory) {
    boolean slash = directory && path[path.length - 1] != '/';
    try {
      return new URI(prefix + escape(path) + (slash ? "/" : ""));
    } catch (URISyntaxException e) {
      throw new AssertionError(e);
    }
  }

  private static String escape(byte[] bytes) {
    StringBuilder text = new StringBuilder(bytes.length + 16);
    HexFormat hex = HexFormat.of().withUpperCase();
    for (byte b : bytes) {
      char c = (char) (b & 0xFF);
      boolean plain =
          c >= 'a' && c <= 'z'
              || c >= 'A' && c <= 'Z'
              || c >= '0' && c <= '9'
              || c < 0x80 && UNESCAPED.indexOf(c) >= 0;
      if (plain) {
        text.append(c);
      } else {
        hex.toHexDigits(text.append('%'), b);
      }
    }
    return text.toString();
  }

  private static byte[] unescape(String text) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream(text.length());
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (c == '%') {
        c = (char) HexFormat.fromHexDigits(text, i + 1, i + 3);
        i += 2;
      } else if (c >= 0x80) {
        throw new IllegalArgumentException("not escaped in a URI: " + c);
      }
      if (c == 0) {
        throw new IllegalArgumentException("Nul character not allowed");
      }
      bytes.write(c);
    }
    return bytes.toByteArray();
  }

  /** The URI of the root. */
  @Override
  public String toString() {
    return prefix + "/";
  }
}
