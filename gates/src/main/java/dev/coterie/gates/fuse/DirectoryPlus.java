package dev.coterie.gates.fuse;

import dev.coterie.api.Caller;
import dev.coterie.api.Completion;
import dev.coterie.api.DirEntry;
import dev.coterie.api.Errno;
import dev.coterie.api.ErrnoException;
import dev.coterie.api.InodeId;
import dev.coterie.api.Name;
import dev.coterie.api.Operation;
import dev.coterie.api.Stat;
import dev.coterie.gates.fuse.kernel.Attr;
import dev.coterie.gates.fuse.kernel.Dirent;
import dev.coterie.gates.fuse.kernel.Exchange;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReferenceArray;
import org.jspecify.annotations.Nullable;

/**
 * Listing a directory so that the kernel gets to know each inode in it: READDIRPLUS.
 *
 * <p>The kernel counts a lookup of each entry that has a node id, but of "." and "..". For an inode
 * it knows already, the attributes in the leader's list will do; any other is looked up, all at
 * once, as that gives the reference the gate has to hold. What cannot be looked up, because it is
 * gone or the caller may not, stays an entry without a node id.
 */
final class DirectoryPlus {
  // struct fuse_read_in, as of READDIR.
  private static final int FH = 0;
  private static final int OFFSET = 8;
  private static final int SIZE = 16;

  private final Requests requests;

  DirectoryPlus(Requests requests) {
    this.requests = requests;
  }

  void readdirplus(Exchange exchange) throws ErrnoException {
    InodeId dir = requests.node(exchange);
    Caller caller = Callers.withGroups(exchange);
    int size = exchange.int32(SIZE);
    // An entry takes less of our reply than what it counts for in the size.
    requests.submit(
        exchange,
        caller,
        new Operation.Readdir(
            FileRequests.handle(exchange, FH), exchange.int64(OFFSET), size, true),
        entries -> new Page(exchange, size, entries).fill(caller, dir));
  }

  /** One reply, until all of its entries are known. */
  private final class Page {
    private final Exchange exchange;
    private final int size;
    private final List<DirEntry> entries;
    private final AtomicReferenceArray<@Nullable Stat>
        told; // null: the kernel is not told of that one
    private final AtomicInteger awaited;

    Page(Exchange exchange, int size, List<DirEntry> entries) {
      this.exchange = exchange;
      this.size = size;
      this.entries = entries;
      this.told = new AtomicReferenceArray<>(entries.size());
      this.awaited = new AtomicInteger(entries.size());
    }

    void fill(Caller caller, InodeId dir) {
      if (entries.isEmpty()) {
        exchange.answer(0);
        return;
      }
      for (int i = 0; i < entries.size(); i++) {
        DirEntry entry = entries.get(i);
        Stat stat = entry.stat();
        if (entry.name().equals(Name.DOT) || entry.name().equals(Name.DOT_DOT)) {
          settle();
        } else if (stat != null && requests.tellIfKnown(stat.id())) {
          told.set(i, stat);
          settle();
        } else {
          requests.ask(caller, new Operation.Lookup(dir, entry.name()), new Found(i));
        }
      }
    }

    private final class Found implements Completion<Stat> {
      private final int index;

      Found(int index) {
        this.index = index;
      }

      @Override
      public void done(Stat stat) {
        requests.tell(stat);
        told.set(index, stat);
        settle();
      }

      @Override
      public void failed(Errno errno) {
        settle();
      }
    }

    /** One more entry is as it will be; the last one makes the reply. */
    private void settle() {
      if (awaited.decrementAndGet() > 0) {
        return;
      }
      ByteBuffer body = exchange.dataBody(size);
      int put = 0;
      while (put < entries.size() && put(body, entries.get(put), told.get(put))) {
        put++;
      }
      boolean taken = exchange.answer(body.position());
      for (int i = taken ? put : 0; i < entries.size(); i++) {
        Stat stat = told.get(i);
        if (stat != null) {
          requests.untold(stat);
        }
      }
    }

    private boolean put(ByteBuffer body, DirEntry entry, @Nullable Stat stat) {
      int start = body.position();
      if (body.remaining() < Attr.ENTRY_OUT_BYTES) {
        return false;
      }
      body.position(start + Attr.ENTRY_OUT_BYTES);
      if (!Dirent.put(body, entry)) {
        body.position(start);
        return false;
      }
      if (stat == null) {
        exchange.body().asSlice(start, Attr.ENTRY_OUT_BYTES).fill((byte) 0);
      } else {
        requests.putEntry(exchange.body().asSlice(start), stat);
      }
      return true;
    }
  }
}
