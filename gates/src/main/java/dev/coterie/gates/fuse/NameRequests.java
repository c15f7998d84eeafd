package dev.coterie.gates.fuse;

import dev.coterie.api.Caller;
import dev.coterie.api.Errno;
import dev.coterie.api.ErrnoException;
import dev.coterie.api.InodeId;
import dev.coterie.api.Name;
import dev.coterie.api.Operation;
import dev.coterie.gates.fuse.kernel.Device;
import dev.coterie.gates.fuse.kernel.Exchange;

/** Finding, making, moving and removing names. */
final class NameRequests {
  private final Requests requests;

  NameRequests(Requests requests) {
    this.requests = requests;
  }

  /**
   * {@code name\0}. "." and ".." come only to resolve a file handle, for which no right is needed.
   */
  void lookup(Exchange exchange) throws ErrnoException {
    Name name = exchange.name(0);
    if (name.equals(Name.DOT)) {
      InodeId id = requests.remembered(exchange.nodeId());
      if (id == null) {
        throw new ErrnoException(Errno.ESTALE);
      }
      find(exchange, Caller.ROOT, new Operation.Rebind(id));
    } else if (name.equals(Name.DOT_DOT)) {
      find(exchange, Caller.ROOT, new Operation.Lookup(requests.node(exchange), name));
    } else {
      InodeId dir = requests.node(exchange);
      find(exchange, Callers.withGroups(exchange), new Operation.Lookup(dir, name));
    }
  }

  private void find(Exchange exchange, Caller caller, Operation<dev.coterie.api.Stat> operation) {
    requests.submit(exchange, caller, operation, stat -> requests.answerEntry(exchange, stat));
  }

  /** {@code nlookup[8]}. */
  void forget(Exchange exchange) {
    requests.forget(exchange.nodeId(), exchange.int64(0));
    exchange.end();
  }

  /** {@code count[4] dummy[4] count × (nodeid[8] nlookup[8])}. */
  void batchForget(Exchange exchange) {
    int count = exchange.int32(0);
    for (int i = 0; i < count; i++) {
      requests.forget(exchange.int64(8 + 16 * i), exchange.int64(16 + 16 * i));
    }
    exchange.end();
  }

  /** {@code mode[4] rdev[4] umask[4] padding[4] name\0}. */
  void mknod(Exchange exchange) throws ErrnoException {
    Caller caller = Callers.making(exchange, exchange.int32(8));
    long rdev = Device.fromKernel(exchange.int32(4));
    InodeId dir = requests.node(exchange);
    find(exchange, caller, new Operation.Mknod(dir, exchange.name(16), exchange.int32(0), rdev));
  }

  /** {@code mode[4] umask[4] name\0}. */
  void mkdir(Exchange exchange) throws ErrnoException {
    Caller caller = Callers.making(exchange, exchange.int32(4));
    InodeId dir = requests.node(exchange);
    find(exchange, caller, new Operation.Mkdir(dir, exchange.name(8), exchange.int32(0)));
  }

  /** {@code name\0 target\0}. */
  void symlink(Exchange exchange) throws ErrnoException {
    Name name = exchange.name(0);
    byte[] target = exchange.text(name.length() + 1);
    InodeId dir = requests.node(exchange);
    find(exchange, Callers.withGroups(exchange), new Operation.Symlink(dir, name, target));
  }

  /** {@code oldnodeid[8] newname\0}; the request's node is the new directory. */
  void link(Exchange exchange) throws ErrnoException {
    InodeId id = requests.node(exchange.int64(0));
    requests.submit(
        exchange,
        Callers.withGroups(exchange),
        new Operation.Link(id, requests.node(exchange), exchange.name(8)),
        stat -> requests.answerKnownEntry(exchange, stat));
  }

  /** {@code name\0}. */
  void unlink(Exchange exchange) throws ErrnoException {
    requests.submit(
        exchange,
        Callers.withGroups(exchange),
        new Operation.Unlink(requests.node(exchange), exchange.name(0)));
  }

  /** {@code name\0}. */
  void rmdir(Exchange exchange) throws ErrnoException {
    requests.submit(
        exchange,
        Callers.withGroups(exchange),
        new Operation.Rmdir(requests.node(exchange), exchange.name(0)));
  }

  /** {@code newdir[8] oldname\0 newname\0}. */
  void rename(Exchange exchange) throws ErrnoException {
    move(exchange, 0, 8);
  }

  /** {@code newdir[8] flags[4] padding[4] oldname\0 newname\0}. */
  void rename2(Exchange exchange) throws ErrnoException {
    move(exchange, exchange.int32(8), 16);
  }

  private void move(Exchange exchange, int flags, int names) throws ErrnoException {
    Name name = exchange.name(names);
    Name newName = exchange.name(names + name.length() + 1);
    InodeId newDir = requests.node(exchange.int64(0));
    requests.submit(
        exchange,
        Callers.withGroups(exchange),
        new Operation.Rename(requests.node(exchange), name, newDir, newName, flags));
  }
}
