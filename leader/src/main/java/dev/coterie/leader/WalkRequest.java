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
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Twalk: name after name, each an operation of its own, until the last or one that fails. The new
 * fid comes to be only if all names were found; if the first is not, that is an error, and if a
 * later one is not, the answer is short.
 */
final class WalkRequest {
  private final Conversation conversation;
  private final Fids fids;

  WalkRequest(Conversation conversation, Fids fids) {
    this.conversation = conversation;
    this.fids = fids;
  }

  /** What is done with the place an attach leads to. */
  interface Arrival {
    void at(Fid fid, Stat stat);
  }

  void serve(Call call, Twalk r) throws ErrnoException {
    boolean inPlace = r.fid() == r.newFid();
    if (!inPlace) {
      call.reserve(r.newFid());
    }
    if (r.names().isEmpty()) {
      clone(call, r, inPlace);
      return;
    }
    Walk walk = new Walk(call, r, fids.requireHeld(r.fid()), inPlace);
    if (inPlace && walk.from.isOpen()) {
      throw new ErrnoException(Errno.EBADF);
    }
    walk.next();
  }

  private void clone(Call call, Twalk r, boolean inPlace) throws ErrnoException {
    Fid from = requirePlaceHeld(r.fid());
    if (inPlace) {
      fids.put(from.node());
      fids.put(from.place());
    } else {
      NodeRef node = Objects.requireNonNull(from.node());
      conversation
          .fids()
          .fill(r.newFid(), Fid.ofNode(from.caller(), node, from.attached(), from.place()));
    }
    call.reply(new Rwalk(List.of()));
  }

  /** As {@link Fids#requireHeld}, with the directory of its place held too. */
  private Fid requirePlaceHeld(int number) throws ErrnoException {
    while (true) {
      Fid fid = fids.requireHeld(number);
      Place place = fid.place();
      if (place == null || place.dir().tryGet()) {
        return fid;
      }
      // Another thread has renamed it this moment: then it stands in the table with a new place.
      fids.put(fid.node());
    }
  }

  /** One walk under way. */
  private final class Walk {
    private final Call call;
    private final Twalk request;
    private final Fid from;
    private final boolean inPlace;
    private final List<Qid> qids = new ArrayList<>();
    private NodeRef at; // held by this walk
    private @Nullable Place place; // held by this walk

    /**
     * @param from with its lookup held, which passes to the walk
     */
    Walk(Call call, Twalk request, Fid from, boolean inPlace) {
      this.call = call;
      this.request = request;
      this.from = from;
      this.inPlace = inPlace;
      this.at = Objects.requireNonNull(from.node());
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
      qids.add(Qid.of(stat, conversation.dialect()));
      if (qids.size() < request.names().size()) {
        next();
      } else {
        arrive();
      }
    }

    private void arrive() throws ErrnoException {
      Fid to = Fid.ofNode(from.caller(), at, from.attached(), place);
      if (!inPlace) {
        conversation.fids().fill(request.newFid(), to);
      } else if (conversation.fids().replace(request.fid(), from, to)) {
        fids.letGo(from);
      } else {
        throw new ErrnoException(Errno.EBADF);
      }
      call.reply(new Rwalk(List.copyOf(qids)));
    }

    /** The walk does not arrive; what is answered instead of the error, if it found some names. */
    private @Nullable Rwalk letGo(Errno errno) {
      fids.put(at);
      fids.put(place);
      boolean isShort = !qids.isEmpty() && qids.size() < request.names().size();
      return isShort && errno != Errno.EINTR ? new Rwalk(List.copyOf(qids)) : null;
    }
  }

  // ---- attach ----

  /** The names on the way to the tree of an attach. ENAMETOOLONG. */
  static List<Name> pathOf(String tree) throws ErrnoException {
    List<Name> names = new ArrayList<>();
    for (String part : tree.split("/", -1)) {
      if (!part.isEmpty()) {
        names.add(Name.of(part));
      }
    }
    if (names.size() > Limits.PATH_BYTES / 2) {
      throw new ErrnoException(Errno.ENAMETOOLONG);
    }
    return names;
  }

  /**
   * Walks the path of an attach.
   *
   * @param top the root, looked up for this; passes to the arrival or is let go
   */
  void attach(Call call, Fid top, List<Name> path, Arrival arrival) {
    Descent descent = new Descent(call, top, path, arrival);
    call.onFailure(errno -> {
      fids.letGo(descent.at);
      return null;
    });
    descent.next();
  }

  /**
   * An attach on its way down. As a path may have thousands of names, a step that is done at once
   * does not begin the next one: who began it goes on.
   */
  private final class Descent extends Steps {
    private final Call call;
    private final List<Name> path;
    private final Arrival arrival;
    private Fid at; // held by this descent
    private int depth; // names behind us

    Descent(Call call, Fid top, List<Name> path, Arrival arrival) {
      this.call = call;
      this.at = top;
      this.path = path;
      this.arrival = arrival;
    }

    @Override
    void step() {
      if (depth == path.size()) {
        call.submit(
            call.callerOf(at), new Operation.Getattr(at.id()), stat -> arrival.at(at, stat));
        return;
      }
      call.submit(
          call.callerOf(at),
          new Operation.Lookup(at.id(), path.get(depth)),
          stat -> {
            fids.letGo(at);
            at = Fid.ofNode(at.caller(), new NodeRef(stat.id()), stat.id(), null);
            depth++;
            next();
          });
    }
  }
}
