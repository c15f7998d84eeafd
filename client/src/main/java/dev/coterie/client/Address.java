package dev.coterie.client;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.UnixDomainSocketAddress;
import java.net.UnknownHostException;

/** Where a leader listens. */
public sealed interface Address {

  /** A socket in the file system; who connects is known by the socket's peer credentials. */
  record Unix(String path) implements Address {
    @Override
    public SocketAddress toSocketAddress() {
      return UnixDomainSocketAddress.of(path);
    }

    @Override
    public String toString() {
      return path;
    }
  }

  /** A TCP port; {@code host} is a name or a number. */
  record Tcp(String host, int port) implements Address {
    public Tcp {
      if (port <= 0 || port > 0xFFFF) {
        throw new IllegalArgumentException("port " + port);
      }
    }

    @Override
    public SocketAddress toSocketAddress() throws IOException {
      InetSocketAddress address = new InetSocketAddress(host, port);
      if (address.isUnresolved()) {
        throw new UnknownHostException(host);
      }
      return address;
    }

    @Override
    public String toString() {
      return (host.indexOf(':') < 0 ? host : "[" + host + "]") + ":" + port;
    }
  }

  /** The address as the JDK takes it; looks the host's name up. */
  SocketAddress toSocketAddress() throws IOException;

  /**
   * Reads an address: {@code unix:PATH}, {@code tcp:HOST:PORT}, or either without its prefix, where
   * a slash makes it a path. An IPv6 number stands in brackets.
   *
   * @throws IllegalArgumentException it is none of these
   */
  static Address parse(String text) {
    if (text.startsWith("unix:")) {
      return new Unix(text.substring("unix:".length()));
    }
    if (text.startsWith("tcp:")) {
      return parseTcp(text.substring("tcp:".length()));
    }
    return text.indexOf('/') >= 0 ? new Unix(text) : parseTcp(text);
  }

  private static Address parseTcp(String text) {
    int colon = text.lastIndexOf(':');
    if (colon <= 0) {
      throw new IllegalArgumentException("neither a path nor host:port: " + text);
    }
    String host = text.substring(0, colon);
    if (host.startsWith("[") && host.endsWith("]")) {
      host = host.substring(1, host.length() - 1);
    }
    try {
      return new Tcp(host, Integer.parseInt(text.substring(colon + 1)));
    } catch (NumberFormatException e) {
      throw new IllegalArgumentException("no port in " + text, e);
    }
  }
}
