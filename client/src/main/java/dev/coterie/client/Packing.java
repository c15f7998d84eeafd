package dev.coterie.client;

import dev.coterie.api.Caller;
import dev.coterie.api.Change;
import dev.coterie.api.Limits;
import dev.coterie.api.Operation;
import dev.coterie.client.Together.Step;
import java.util.List;

/**
 * How many operations go into one message: what all their requests and all their replies need is
 * reckoned before, so that none is refused for want of room.
 */
final class Packing {
  /** What the longest request has beside names and data, in bytes, and more. */
  private static final int REQUEST_BYTES = 96;

  /** The longest reply without data or a list, in bytes. */
  private static final int REPLY_BYTES = 184;

  /** An error. */
  private static final int ERROR_BYTES = 11;

  private static final int LOCK_BYTES = 28;

  /** What is around data and lists in a reply. */
  private static final int DATA_BYTES = 24;

  private final Connection connection; // immutable
  private final boolean lasting; // immutable: replies to changes are kept, and bounded

  Packing(Connection connection, boolean lasting) {
    this.connection = connection;
    this.lasting = lasting;
  }

  /** How many of the steps, from an index on, go together; 0: that one goes alone. */
  int count(Caller caller, List<Step<?>> steps, int from) {
    int dataBytes = connection.messageBytesMax(caller);
    long requests = dataBytes;
    long replies = lasting ? Math.min(dataBytes, Limits.KEPT_REPLY_BYTES - DATA_BYTES) : dataBytes;
    int most = dataBytes - Together.OVERHEAD_BYTES;
    int count = 0;
    while (count < Limits.COMPOUND_OPERATIONS && from + count < steps.size()) {
      Operation<?> operation = steps.get(from + count).operation();
      requests -= requestBytes(operation, most);
      replies -= replyBytes(operation, most);
      if (!mayGo(operation) || requests < 0 || replies < ERROR_BYTES) {
        return count;
      }
      count++;
      boolean first = count == 1 && operation instanceof Operation.Lock;
      if (waits(operation) && !first) {
        return count;
      }
    }
    return count;
  }

  private boolean mayGo(Operation<?> operation) {
    if (operation instanceof Operation.Forget
        || operation instanceof Operation.NextRecalls
        || operation instanceof Operation.ReturnLeases
        || operation instanceof Operation.ReturnLocks
        || operation instanceof Operation.OpenKey
        || operation instanceof Operation.UseKey
        || operation instanceof Operation.ReturnKey
        || operation instanceof Operation.CloseKey) {
      return false;
    }
    return !lasting || Lasting.isOnceAmongOthers(operation);
  }

  private static boolean waits(Operation<?> operation) {
    return (operation instanceof Operation.Lock lock && lock.waits())
        || (operation instanceof Operation.NextChanges next && next.waits())
        || (operation instanceof Operation.Evwait wait && wait.timeoutMs() != 0);
  }

  private static long requestBytes(Operation<?> operation, int most) {
    long bytes = 0;
    if (operation instanceof Operation.Write write) {
      bytes = Math.min(write.source().remaining(), most);
    } else if (operation instanceof Operation.Append append) {
      bytes = Math.min(append.source().remaining(), most);
    } else if (operation instanceof Operation.WriteNext next) {
      bytes = Math.min(next.source().remaining(), most);
    } else if (operation instanceof Operation.Setxattr set) {
      bytes = (long) set.value().length + set.name().length();
    } else if (operation instanceof Operation.Getxattr get) {
      bytes = get.name().length();
    } else if (operation instanceof Operation.Removexattr remove) {
      bytes = remove.name().length();
    } else if (operation instanceof Operation.Rename rename) {
      bytes = (long) rename.name().length() + rename.newName().length();
    } else if (operation instanceof Operation.Symlink symlink) {
      bytes = (long) symlink.name().length() + symlink.target().length;
    } else {
      bytes = nameBytes(operation);
    }
    return REQUEST_BYTES + bytes;
  }

  private static long nameBytes(Operation<?> operation) {
    if (operation instanceof Operation.Lookup lookup) {
      return lookup.name().length();
    }
    if (operation instanceof Operation.Create create) {
      return create.name().length();
    }
    if (operation instanceof Operation.Mkdir mkdir) {
      return mkdir.name().length();
    }
    if (operation instanceof Operation.Mknod mknod) {
      return mknod.name().length();
    }
    if (operation instanceof Operation.Link link) {
      return link.name().length();
    }
    if (operation instanceof Operation.Unlink unlink) {
      return unlink.name().length();
    }
    return operation instanceof Operation.Rmdir rmdir ? rmdir.name().length() : 0;
  }

  private static long replyBytes(Operation<?> operation, int most) {
    if (operation instanceof Operation.Write
        || operation instanceof Operation.Close
        || operation instanceof Operation.Fsync) {
      return ERROR_BYTES;
    }
    if (operation instanceof Operation.Lock
        || operation instanceof Operation.Append
        || operation instanceof Operation.WriteNext) {
      return LOCK_BYTES;
    }
    if (operation instanceof Operation.Read read) {
      return DATA_BYTES + (long) Math.min(read.destination().remaining(), most);
    }
    if (operation instanceof Operation.ReadNext next) {
      return DATA_BYTES + (long) Math.min(next.destination().remaining(), most);
    }
    return listBytes(operation);
  }

  private static long listBytes(Operation<?> operation) {
    if (operation instanceof Operation.Readdir(_, _, var bytes, _)) {
      return DATA_BYTES + (long) Math.max(0, bytes);
    }
    if (operation instanceof Operation.NextChanges(_, var bytes, _)) {
      int one = Change.CHANGE_BYTES + Limits.CHANGE_PATH_BYTES;
      return DATA_BYTES + (long) Math.max(one, bytes);
    }
    if (operation instanceof Operation.Evwait(_, var max, _)) {
      return DATA_BYTES + 16L * Math.max(0, max);
    }
    if (operation instanceof Operation.Getxattr) {
      return DATA_BYTES + (long) Limits.XATTR_VALUE_BYTES;
    }
    if (operation instanceof Operation.Listxattr) {
      return DATA_BYTES + (long) Limits.XATTR_LIST_BYTES;
    }
    return operation instanceof Operation.Readlink
        ? DATA_BYTES + (long) Limits.PATH_BYTES
        : REPLY_BYTES;
  }
}
