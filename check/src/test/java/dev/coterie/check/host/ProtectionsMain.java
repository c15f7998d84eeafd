package dev.coterie.check.host;

import java.io.IOException;
import java.nio.file.Path;

/** A process that has the protections off until its input ends. */
final class ProtectionsMain {
  private ProtectionsMain() {}

  /** Arguments: as those of {@link Protections#off(Path, Path)}. */
  public static void main(String[] args) throws IOException {
    try (Protections _ = Protections.off(Path.of(args[0]), Path.of(args[1]))) {
      System.out.println("off");
      while (System.in.read() >= 0) {
        // Nothing is asked.
      }
    }
  }
}
