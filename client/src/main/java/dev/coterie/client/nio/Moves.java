package dev.coterie.client.nio;

import dev.coterie.api.OpenFile;
import dev.coterie.api.Operation;
import dev.coterie.api.Operation.Transferred;
import java.nio.ByteBuffer;

/** How bytes are moved at a place of a file. A FIFO has no places: there it is what comes next. */
final class Moves {
  private Moves() {}

  static Operation<?> reading(OpenFile file, ByteBuffer destination, long offset) {
    return file.isFifo()
        ? new Operation.ReadNext(file.handle(), destination)
        : new Operation.Read(file.handle(), offset, destination);
  }

  static Operation<?> writing(OpenFile file, ByteBuffer source, long offset) {
    return file.isFifo()
        ? new Operation.WriteNext(file.handle(), source)
        : new Operation.Write(file.handle(), offset, source);
  }

  /** How many bytes such an operation has moved. */
  static int count(Object answer) {
    return answer instanceof Transferred moved ? moved.count() : (Integer) answer;
  }
}
