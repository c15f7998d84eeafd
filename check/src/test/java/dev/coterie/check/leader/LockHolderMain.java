package dev.coterie.check.leader;

import dev.coterie.api.Name;
import dev.coterie.api.OpenFlags;
import dev.coterie.api.RangeLock;
import dev.coterie.client.Address;
import dev.coterie.client.Client;
import dev.coterie.client.ClientOptions;
import dev.coterie.client.ProcessIdentity;

/** A client that decides on the locks of a file by itself, locks it and says {@code locked}. */
final class LockHolderMain {
  private LockHolderMain() {}

  public static void main(String[] args) throws Exception {
    try (Client client =
        Client.connect(Address.parse(args[0]), ClientOptions.DEFAULT.withCopies(1 << 16))) {
      var me = ProcessIdentity.self();
      var root = client.root(me).id();
      long handle = client.create(me, root, Name.of(args[1]), OpenFlags.O_RDWR, 0600).handle();
      for (int i = 0; i < 3; i++) {
        client.lock(me, handle, whole(RangeLock.Type.WRITE), true);
        client.lock(me, handle, whole(RangeLock.Type.UNLOCK), false);
      }
      client.lock(me, handle, whole(RangeLock.Type.WRITE), true);
      System.out.println("locked");
      System.in.read();
    }
  }

  private static RangeLock whole(RangeLock.Type type) {
    return RangeLock.whole(RangeLock.Kind.POSIX, type);
  }
}
