package dev.coterie.check.nio;

import java.io.IOException;

/** Interrupts and closing over the wire, where an operation is given up by a message. */
class WireInterruptIT extends InterruptSuite {
  @Override
  NioTarget open(HoldingService obstacle) throws IOException {
    return Leaders.overTheWire(obstacle.decorator());
  }
}
