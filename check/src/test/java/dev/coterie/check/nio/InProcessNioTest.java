package dev.coterie.check.nio;

import java.io.IOException;
import java.util.function.UnaryOperator;

/** A file system over a leader in this process. */
class InProcessNioTest extends NioSuite {
  @Override
  NioTarget open() throws IOException {
    return Leaders.inProcess(UnaryOperator.identity());
  }
}
