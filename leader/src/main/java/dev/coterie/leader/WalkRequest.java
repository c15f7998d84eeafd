package dev.coterie.leader;

import dev.coterie.api.Errno;
import dev.coterie.api.ErrnoException;
import dev.coterie.api.Limits;
import dev.coterie.api.Name;
import dev.coterie.api.Operation;
import dev.coterie.api.Stat;
import dev.coterie.leader.Fid.NodeRef;
import dev.coterie.leader.Fid.Place;
import dev.coterie.wire.BaseReply.Rwalk;
import dev.coterie.wire.BaseRequest.Twalk;
import dev.coterie.wire.Qid;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Twalk: name after name, each an operation of its own, until the last or one that fails. The new
 * fid comes to be only if all names were found; if the first is not, that is an error, and if a
 * later one is not, the answer is short.
 */
final class WalkRequest {
  private final Connection connection;
  private final Fids fids;

  WalkRequest(Connection connection, Fids fids) {
    this.connection = connection;
    this.fids = fids;
  }

  /** What is done with the place an attach leads to. */
  interface Arrival {
    void at(Fid fid, Stat stat) throws ErrnoException;
  }

  void serve(Call call, Twalk r) throws ErrnoException {
    Fid from = fids.require(r.fid());
    boolean inPlace = r.fid() == r.newFid();
    if (inPlace && from.isOpen()) {
      throw new ErrnoException(Errno.EBADF);
    }
    if (!inPlace) {
      call.reserve(r.newFid());
    }
    if (r.names().isEmpty()) {
      clone(call, r, from, inPlace);
    } else {
      new Walk(call, r, from, inPlace).next();
    }
  }

  private void clone(Call call, Twalk r, Fid from, boolean inPlace) throws ErrnoException {
    if (!inPlace) {
      NodeRef node = from.node();
      if (node == null) {
        throw new ErrnoException(Errno.EBADF);
      }
      Place place = from.place();
      Place same = place == null ? null : new Place(place.dir().get(), place.name());
      connection
          .fids()
          .fill(r.newFid(), Fid.ofNode(from.caller(), node.get(), from.attached(), same));
    }
    call.reply(new Rwalk(List.of()));
  }

  /** One walk under way. */
  private final class Walk {
    private final Call call;
    private final Twalk request;
    private final Fid from;
    private final boolean inPlace;
    private final List<Qid> qids = new ArrayList<>();
    private NodeRef at; // held by this walk, but for the first
    private @Nullable Place place; // held by this walk

    Walk(Call call, Twalk request, Fid from, boolean inPlace) throws ErrnoException {
      this.call = call;
      this.request = request;
      this.from = from;
      this.inPlace = inPlace;
      NodeRef node = from.node();
      if (node == null) {
        throw new ErrnoException(Errno.EBADF);
      }
      this.at = node.get();
      call.onFailure(this::letGo);
    }

    void next() throws ErrnoException {
      Name name = request.names().get(qids.size());
      // Going up ends at what was attached.
      Name step = name.equals(Name.DOT_DOT) && at.id().equals(from.attached()) ? Name.DOT : name;
      call.submit(
          call.callerOf(from), new Operation.Lookup(at.id(), step), stat -> found(step, stat));
    }

    private void found(Name name, Stat stat) throws ErrnoException {
      fids.put(place);
      place = name.isDots() ? null : new Place(at, name);
      if (name.isDots()) {
        fids.put(at);
      }
      at = new NodeRef(stat.id());
      qids.add(Qid.of(stat, connection.dialect()));
      if (qids.size() < request.names().size()) {
        next();
      } else {
        arrive();
      }
    }

    private void arrive() throws ErrnoException {
      Fid to = Fid.ofNode(from.caller(), at, from.attached(), place);
      if (!inPlace) {
        connection.fids().fill(request.newFid(), to);
      } else if (connection.fids().replace(request.fid(), from, to)) {
        fids.letGo(from);
      } else {
        throw new ErrnoException(Errno.EBADF);
      }
      call.reply(new Rwalk(List.copyOf(qids)));
    }

    /** The walk ends before its last name; true if it answers short instead of with the error. */
    private @Nullable Rwalk letGo(Errno errno) {
      fids.put(at);
      fids.put(place);
      return qids.isEmpty() || errno == Errno.EINTR ? null : new Rwalk(List.copyOf(qids));
    }
  }

  /** Walks the path of an attach. */
  void attach(Call call, Fid top, String aname, Arrival arrival) throws ErrnoException {
    List<Name> names = new ArrayList<>();
    for (String part : aname.split("/", -1)) {
      if (!part.isEmpty()) {
        names.add(Name.of(part));
      }
    }
    if (names.size() > Limits.PATH_BYTES / 2) {
      throw new ErrnoException(Errno.ENAMETOOLONG);
    }
    descend(call, top, names, arrival);
  }

  private void descend(Call call, Fid at, List<Name> names, Arrival arrival) throws ErrnoException {
    if (names.isEmpty()) {
      call.submit(call.callerOf(at), new Operation.Getattr(at.id()), stat -> arrival.at(at, stat));
      return;
    }
    call.submit(
        call.callerOf(at),
        new Operation.Lookup(at.id(), names.getFirst()),
        stat -> {
          fids.letGo(at);
          Fid below = Fid.ofNode(at.caller(), new NodeRef(stat.id()), stat.id(), null);
          descend(call, below, names.subList(1, names.size()), arrival);
        });
  }
}
