package dev.coterie.core;

import dev.coterie.api.OpenFlags;
import dev.coterie.api.Operation;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/** Which operations can take long, as the machine below may have to do something first. */
final class LongOperations {
  /** From this size on a transfer from or to an outside mount counts as long, in bytes. */
  private static final int LONG_BYTES = 256 << 10;

  private LongOperations() {}

  /** Whether the operation can take so long that a thread which serves others should not do it. */
  static boolean mayTakeLong(
      Operation<?> operation, Session session, References references, Vfs vfs) {
    return switch (operation) {
      case Operation.Fsync _, Operation.CopyRange _ -> true;
      case Operation.OnHandle<?> o ->
          session.handle(o.handle()) instanceof OutsideHandle handle
              && (isSlow(handle.inode) || mayTakeLong(handle, o));
      case Operation.OnInode<?> o -> isSlow(references.find(o.id()));
      case Operation.InDirectory<?> o -> isSlow(references.find(o.dir()));
      case Operation.Open(var id, _) -> isSlow(references.find(id));
      case Operation.Rebind _ -> vfs.hasSlowMount();
      case Operation.Root _,
          Operation.Forget _,
          Operation.Take _,
          Operation.ReturnLeases _,
          Operation.ReturnLocks _,
          Operation.NextRecalls _,
          Operation.OnKey<?> _,
          Operation.OpenWatch _,
          Operation.Evset _,
          Operation.Eventfd _,
          Operation.Evlock _ ->
          false;
    };
  }

  private static boolean isSlow(@Nullable Inode inode) {
    return inode instanceof OutsideInode outside && outside.mount().isSlow();
  }

  /** Much to read or to write, or content that is durable when the operation ends. */
  private static boolean mayTakeLong(Handle handle, Operation.OnHandle<?> operation) {
    return switch (operation) {
      case Operation.Read(_, _, var buffer, _) -> buffer.remaining() >= LONG_BYTES;
      case Operation.ReadNext(_, var buffer) -> buffer.remaining() >= LONG_BYTES;
      case Operation.Write(_, _, var buffer) -> writesLong(handle, buffer);
      case Operation.WriteNext(_, var buffer) -> writesLong(handle, buffer);
      case Operation.Append(_, var buffer) -> writesLong(handle, buffer);
      default -> operation instanceof Operation.Fallocate;
    };
  }

  private static boolean writesLong(Handle handle, ByteBuffer buffer) {
    return buffer.remaining() >= LONG_BYTES || (handle.flags() & OpenFlags.O_SYNC) != 0;
  }
}
