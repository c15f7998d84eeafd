package dev.coterie.console;

import dev.coterie.api.Caller;
import dev.coterie.api.Errno;
import dev.coterie.api.ErrnoException;
import dev.coterie.api.FileService;
import dev.coterie.api.Tree;
import dev.coterie.client.Address;
import dev.coterie.client.Client;
import dev.coterie.client.ClientOptions;
import dev.coterie.client.ProcessIdentity;

/** A command's connection to the leader, and the tree as this process's user sees it. */
final class LeaderLink implements AutoCloseable {
  private final FileService service;
  private final Tree tree;

  private LeaderLink(FileService service, Tree tree) {
    this.service = service;
    this.tree = tree;
  }

  /**
   * Finds the leader by {@code --socket}, COTERIE_SOCKET or the usual path, for a command that soon
   * ends.
   */
  static LeaderLink open(Arguments arguments, Console console) throws Failure {
    return open(address(arguments, console), ClientOptions.DEFAULT.withShortLife());
  }

  /** The same for a command that goes on. */
  static LeaderLink openToStay(Arguments arguments, Console console) throws Failure {
    return openToStay(arguments, 0, console);
  }

  /** The same with copies of so many bytes; 0: without. */
  static LeaderLink openToStay(Arguments arguments, long copiesBytes, Console console)
      throws Failure {
    return open(address(arguments, console), copiesBytes);
  }

  private static String address(Arguments arguments, Console console) throws Failure {
    String given = arguments.value(Synopsis.SOCKET);
    if (given == null) {
      String variable = console.environment(SocketPath.VARIABLE);
      given = variable.isEmpty() ? SocketPath.usual(console) : variable;
    }
    return given;
  }

  static LeaderLink open(String given) throws Failure {
    return open(given, 0);
  }

  static LeaderLink open(String given, long copiesBytes) throws Failure {
    return open(given, ClientOptions.DEFAULT.withCopies(copiesBytes));
  }

  private static LeaderLink open(String given, ClientOptions options) throws Failure {
    Caller self = ProcessIdentity.self();
    String address =
        given.startsWith("tcp:") || given.startsWith("unix:") ? given : "unix:" + given;
    try {
      FileService service = Client.connect(Address.parse(ByteText.decoded(address)), options);
      try {
        return new LeaderLink(service, Tree.of(service, self));
      } catch (ErrnoException e) {
        service.close();
        throw e;
      }
    } catch (IllegalArgumentException e) {
      throw Failure.usage("--socket: " + e.getMessage());
    } catch (ErrnoException e) {
      throw Failure.of(reason(given, String.valueOf(e.getMessage()), e.errno()));
    }
  }

  private static String reason(String given, String message, Errno errno) {
    if (errno != Errno.ENOTCONN) {
      return message;
    }
    // The JDK has no type of its own for it.
    return message.contains(Errno.EACCES.text())
        ? given + ": " + Errno.EACCES.text()
        : "no leader at " + given + "; coterie up starts one";
  }

  Tree tree() {
    return tree;
  }

  FileService service() {
    return service;
  }

  @Override
  public void close() {
    tree.close();
    service.close();
  }
}
