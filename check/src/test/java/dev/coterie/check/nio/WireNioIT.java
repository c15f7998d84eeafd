package dev.coterie.check.nio;

import java.io.IOException;

/** A file system over a client, and all that lies between it and the tree. */
class WireNioIT extends NioSuite {
  @Override
  NioTarget open() throws IOException {
    return Leaders.overTheWire();
  }
}
