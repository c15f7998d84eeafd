package dev.coterie.check.nio;

import java.io.IOException;

/** Interrupts and closing in this process. */
class InProcessInterruptTest extends InterruptSuite {
  @Override
  NioTarget open(HoldingService obstacle) throws IOException {
    return Leaders.inProcess(obstacle.decorator());
  }
}
