package dev.coterie.client;

import dev.coterie.api.Caller;
import dev.coterie.api.Errno;
import dev.coterie.api.ErrnoException;
import dev.coterie.api.FileService;
import dev.coterie.client.sync.SyncHandles;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/** Where the keys of a client are, once it opens one. */
final class KeyConnector implements SyncHandles.Connector {
  private final Address address; // immutable
  private final ClientOptions options; // immutable
  private final Caller self; // immutable
  private @Nullable SyncHandles handles; // guarded by this
  private boolean closed; // guarded by this

  KeyConnector(Address address, ClientOptions options, Caller self) {
    this.address = address;
    this.options = options;
    this.self = self;
  }

  synchronized SyncHandles handles() throws ErrnoException {
    if (closed) {
      throw new ErrnoException(Errno.ESTALE, "sync");
    }
    SyncHandles present = handles;
    if (present == null) {
      present =
          new SyncHandles(
              this,
              self,
              new LongSupplier() { // no lambda: it would be linked at run time
                @Override
                public long getAsLong() {
                  return System.nanoTime();
                }
              });
      handles = present;
    }
    return present;
  }

  @Override
  public FileService connect() throws ErrnoException {
    return Client.bare(address, options, self);
  }

  void close() {
    SyncHandles last;
    synchronized (this) {
      closed = true;
      last = handles;
    }
    if (last != null) {
      last.close();
    }
  }
}
