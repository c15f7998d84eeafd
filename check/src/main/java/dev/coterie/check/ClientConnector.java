package dev.coterie.check;

import dev.coterie.api.FileService;
import dev.coterie.check.history.Connector;
import dev.coterie.client.Address;
import dev.coterie.client.Client;
import dev.coterie.client.ClientOptions;
import java.io.IOException;

/** Connects to a leader as any Java program does. */
public final class ClientConnector implements Connector {
  @Override
  public FileService connect(String address) throws IOException {
    return Client.connect(new Address.Unix(address), ClientOptions.DEFAULT);
  }
}
