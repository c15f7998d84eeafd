package dev.coterie.check.nio;

import java.io.IOException;
import java.util.function.UnaryOperator;

/** A file system over a client, and all that lies between it and the tree. */
class WireNioIT extends NioSuite {
  @Override
  NioTarget open() throws IOException {
    return Leaders.overTheWire(UnaryOperator.identity());
  }
}
