package dev.coterie.client.copies;

import dev.coterie.api.Caller;
import dev.coterie.api.Errno;
import dev.coterie.api.ErrnoException;
import dev.coterie.api.FileService;
import dev.coterie.api.InodeId;
import dev.coterie.api.Name;
import dev.coterie.api.OpenFlags;
import dev.coterie.api.Operation.Lookup;
import dev.coterie.api.Operation.Opened;
import dev.coterie.api.Stat;
import dev.coterie.api.StepsAhead;
import dev.coterie.api.StepsAhead.Content;
import dev.coterie.api.StepsAhead.Opening;
import dev.coterie.api.StepsAhead.Walked;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Steps of a path that are asked for without waiting in between, from the first name on that no
 * copy knows. So the inodes, and the lease that may come with them, are not known when they are
 * asked for: {@link Nodes#beginBlind}.
 *
 * <p>Where a directory has been searched before, or for that name, it is left to the lookups to ask
 * for leases.
 */
final class Walks {
  /** Handles whose reads are not kept. */
  static final int UNKEPT = OpenFlags.O_DIRECT | OpenFlags.STRICTATIME | OpenFlags.O_NOATIME;

  private final FileService below; // immutable
  private final Keeper keeper; // immutable
  private final Nodes nodes; // immutable
  private final Asks asks; // immutable
  private final WriteBack writeBack; // immutable
  private final PagePool pool; // immutable

  Walks(
      FileService below,
      Keeper keeper,
      Nodes nodes,
      Asks asks,
      WriteBack writeBack,
      PagePool pool) {
    this.below = below;
    this.keeper = keeper;
    this.nodes = nodes;
    this.asks = asks;
    this.writeBack = writeBack;
    this.pool = pool;
  }

  /** From the first name on that no copy knows, with what the copies know in front. */
  Walked below(
      Caller caller, InodeId dir, List<Name> names, @Nullable Opening opening, List<Stat> known)
      throws ErrnoException {
    if (!(below instanceof StepsAhead ahead)
        || names.size() < (opening == null ? 2 : 1)
        || isKnown(caller, dir, names.getFirst())
        || asks.wants(new Lookup(dir, names.getFirst())) != null) {
      return new Walked(known, null, -1, null, null);
    }
    Opening asked = asked(opening);
    Node directory = nodes.hold(dir);
    Copy copy = directory.nameable();
    Copy listed = directory.namesCopy();
    int epoch = keeper.epoch();
    nodes.beginBlind();
    long quiet = nodes.quiet();
    try {
      if (!writeBack.isClean()) { // it might be what is found; each step by itself sees to that
        return new Walked(known, null, -1, null, null);
      }
      Keeper.Sending sending = keeper.sending();
      Walked walked = ahead.walkAhead(caller, dir, names, asked);
      answered(walked, names.getFirst(), dir, sending);
      learnName(caller, names.getFirst(), copy, walked);
      if (listed != null && isSearched(walked)) {
        listed.searchedBy(caller);
      }
      return new Walked(
          joined(known, walked),
          walked.opened(),
          opened(walked, asked, quiet, epoch),
          null,
          walked.failure());
    } catch (ErrnoException e) {
      keeper.failed(e.errno());
      throw e;
    } finally {
      nodes.endBlind();
      nodes.release(directory);
    }
  }

  /** It was there before: what lies behind is worth leases, which its steps ask for one by one. */
  private boolean isKnown(Caller caller, InodeId dir, Name name) {
    Node directory = nodes.get(dir);
    return directory != null && directory.naming(caller, name) != null;
  }

  /** Reads ahead into a buffer of ours, where a copy may come of it. */
  private @Nullable Opening asked(@Nullable Opening opening) {
    if (opening == null || opening.content() != Content.SOON) {
      return opening;
    }
    boolean kept = (opening.flags() & UNKEPT) == 0 && keeper.mayAsk();
    return kept
        ? new Opening(opening.flags(), Content.LEASED, ByteBuffer.allocate(PagePool.BLOCK))
        : new Opening(opening.flags(), Content.NOT, null);
  }

  private void answered(Walked walked, Name first, InodeId dir, Keeper.Sending sending) {
    if (!walked.found().isEmpty()) {
      keeper.answered(new Lookup(dir, first), walked.found().getFirst(), sending);
    }
    if (walked.failure() != null) {
      keeper.failed(walked.failure().errno());
    }
  }

  private void learnName(Caller caller, Name name, @Nullable Copy copy, Walked walked) {
    walked.found().forEach(stat -> nodes.referred(stat.id()));
    if (copy == null) {
      return;
    }
    if (!walked.found().isEmpty()) {
      nodes.learnName(copy, caller, name, walked.found().getFirst().id());
    } else if (walked.failure() != null && walked.failure().errno() == Errno.ENOENT) {
      nodes.learnName(copy, caller, name, null);
    }
  }

  private static boolean isSearched(Walked walked) {
    return !walked.found().isEmpty()
        || (walked.failure() != null && walked.failure().errno() == Errno.ENOENT);
  }

  /** What a copy knows is newer: it may have been changed here. */
  private List<Stat> joined(List<Stat> known, Walked walked) {
    List<Stat> all = new ArrayList<>(known);
    for (Stat stat : walked.found()) {
      Node node = nodes.get(stat.id());
      Stat own = node == null ? null : Attributes.of(node, keeper);
      all.add(own == null ? stat : own);
    }
    return all;
  }

  /** Notes the handle, and makes a copy of what was read; answers the count for the caller. */
  private int opened(Walked walked, @Nullable Opening asked, long quiet, int epoch) {
    Opened opened = walked.opened();
    if (opened == null || asked == null) {
      return -1;
    }
    asks.open(opened, false, true);
    ByteBuffer buffer = asked.buffer();
    if (buffer == null) {
      return -1;
    }
    Node node = nodes.hold(opened.stat().id());
    try {
      if (asked.content() == Content.NOW) {
        return readNow(node, walked.count(), quiet);
      }
      if (walked.leased() == null) {
        return -1;
      }
      node.forgetTimes();
      Copy copy = nodes.learnBlind(node, walked.leased(), quiet, epoch);
      // Between the opening and the grant nothing changed, so whenever that was read it is good.
      boolean same = opened.stat().change() == walked.leased().stat().change();
      if (copy != null && same && walked.count() > 0) {
        copy.fill(pool, 0, buffer, 0, walked.count());
        keeper.used(node);
      }
      return -1;
    } finally {
      nodes.release(node);
    }
  }

  /** What the copy has may be newer: it may have been changed here. */
  private int readNow(Node node, int count, long quiet) {
    Copy copy = node.copy;
    node.forgetTimes();
    return copy == null && nodes.stillQuiet(quiet) ? count : -1;
  }
}
