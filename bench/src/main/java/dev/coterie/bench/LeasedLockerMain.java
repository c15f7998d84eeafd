package dev.coterie.bench;

import dev.coterie.client.ClientOptions;
import java.io.IOException;

/** As {@link LockerMain}, and decides by itself on locks that it alone has to do with. */
public final class LeasedLockerMain {
  private static final long COPIES_BYTES = 1 << 16;

  private LeasedLockerMain() {}

  public static void main(String[] args) throws IOException {
    LockerMain.serve(args[0], ClientOptions.DEFAULT.withCopies(COPIES_BYTES));
  }
}
