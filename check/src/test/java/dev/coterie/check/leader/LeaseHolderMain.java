package dev.coterie.check.leader;

import dev.coterie.api.LeaseName;
import dev.coterie.api.Name;
import dev.coterie.api.Operation.Leased;
import dev.coterie.api.Stat;
import dev.coterie.client.Address;
import dev.coterie.client.Client;
import dev.coterie.client.ClientOptions;
import dev.coterie.client.ProcessIdentity;

/**
 * A client that takes a lease on a file, says {@code leased}, waits for its recall, says {@code
 * recalled}, and gives nothing back.
 */
final class LeaseHolderMain {
  private LeaseHolderMain() {}

  public static void main(String[] args) throws Exception {
    try (Client client = Client.connect(Address.parse(args[0]), ClientOptions.DEFAULT)) {
      var me = ProcessIdentity.self();
      Stat file = client.lookup(me, client.root(me).id(), Name.of(args[1]));
      Leased leased = client.lease(me, file.id());
      System.out.println(leased.seq() != 0 ? "leased" : "failed to get a lease");
      LeaseName recalled = client.nextRecalls(me, 1, true).getFirst();
      System.out.println(recalled.seq() == leased.seq() ? "recalled" : "failed: " + recalled);
      System.in.read();
    }
  }
}
