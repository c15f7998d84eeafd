package dev.coterie.gates.fuse;

import dev.coterie.api.Caller;
import dev.coterie.api.Completion;
import dev.coterie.api.Errno;
import dev.coterie.api.ErrnoException;
import dev.coterie.api.Event;
import dev.coterie.api.FileService;
import dev.coterie.api.InodeId;
import dev.coterie.api.Operation;
import dev.coterie.api.Pending;
import dev.coterie.api.Stat;
import dev.coterie.api.Ticket;
import dev.coterie.gates.fuse.kernel.Attr;
import dev.coterie.gates.fuse.kernel.Exchange;
import java.lang.foreign.MemorySegment;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What all requests of a mount share: the session, the inodes the kernel knows, and the answers.
 */
final class Requests {
  private static final System.Logger LOG = System.getLogger(Requests.class.getName());

  private static final int S_ISGID = 02000;
  private static final int S_IXGRP = 010;

  private final FileService service;
  private final boolean isRemote;
  private final NodeTable nodes;
  private volatile boolean keepsSetgid; // atomic; never false again

  Requests(FileService service, NodeTable nodes) {
    this.service = service;
    this.isRemote = service.isRemote();
    this.nodes = nodes;
  }

  /** What follows when an operation is done. */
  interface Then<R> {
    void done(R result) throws ErrnoException;

    /** The error the kernel is told when it is not. */
    default Errno failed(Errno errno) {
      return errno;
    }
  }

  private record Step<R>(Exchange exchange, Then<? super R> then) implements Completion<R> {
    @Override
    public void done(R result) {
      try {
        then.done(result);
      } catch (ErrnoException e) {
        exchange.answerError(e.errno());
      } catch (RuntimeException | Error e) {
        LOG.log(System.Logger.Level.ERROR, "fault while answering " + exchange, e);
        if (!exchange.isOver()) {
          exchange.answerError(Errno.EIO);
        }
      }
    }

    @Override
    public void failed(Errno errno) {
      exchange.answerError(then.failed(errno));
    }
  }

  /** Submits an operation without which one can do, and goes on when it has ended. */
  void attempt(
      Exchange exchange, Caller caller, Operation<Operation.Done> operation, Runnable then) {
    long unique = exchange.unique();
    Step<Operation.Done> step = new Step<>(exchange, done -> then.run());
    Completion<Operation.Done> completion =
        new Completion<>() {
          @Override
          public void done(Operation.Done result) {
            step.done(result);
          }

          @Override
          public void failed(Errno errno) {
            step.done(Operation.Done.DONE);
          }
        };
    exchange.waitsFor(unique, service.submit(caller, operation, completion));
  }

  /** Submits an operation; an error is the answer, and otherwise {@code then} gives one. */
  <R> void submit(Exchange exchange, Caller caller, Operation<R> operation, Then<? super R> then) {
    if (isRemote && exchange.mayWait()) {
      await(exchange, caller, operation, then);
    } else {
      submitAside(exchange, caller, operation, then);
    }
  }

  /** As submit, but this thread does not wait for it, however long that takes; what cancels it. */
  <R> Ticket submitAside(
      Exchange exchange, Caller caller, Operation<R> operation, Then<? super R> then) {
    long unique = exchange.unique();
    Ticket ticket = service.submit(caller, operation, new Step<>(exchange, then));
    exchange.waitsFor(unique, ticket);
    return ticket;
  }

  /** The same on this thread. */
  private <R> void await(
      Exchange exchange, Caller caller, Operation<R> operation, Then<? super R> then) {
    Pending pending = new Pending();
    exchange.waitsFor(
        exchange.unique(),
        () -> {
          pending.cancel();
          return false;
        });
    Step<R> step = new Step<>(exchange, then);
    R result;
    try {
      result = service.call(caller, operation, pending);
    } catch (ErrnoException e) {
      step.failed(e.errno());
      return;
    }
    step.done(result);
  }

  /** As {@link #submit}, when the answer is only that it was done. */
  void submit(Exchange exchange, Caller caller, Operation<Operation.Done> operation) {
    submit(exchange, caller, operation, done -> exchange.answer(0));
  }

  /** The inode the request is about. */
  InodeId node(Exchange exchange) throws ErrnoException {
    return nodes.require(exchange.nodeId());
  }

  InodeId node(long nodeId) throws ErrnoException {
    return nodes.require(nodeId);
  }

  @Nullable InodeId remembered(long nodeId) {
    return nodes.remembered(nodeId);
  }

  /**
   * In whose name what goes through an open file is done. Rights were decided when it was opened;
   * groups matter all the same where a file is set-gid without group execute permission, which bit
   * a write by a member of its group lets be. Until this mount has shown such a file, they are not
   * looked for.
   */
  Caller writer(Exchange exchange) {
    return keepsSetgid ? Callers.withGroups(exchange) : Callers.plain(exchange);
  }

  private void note(Stat stat) {
    if ((stat.mode() & (S_ISGID | S_IXGRP)) == S_ISGID && !keepsSetgid) {
      keepsSetgid = true;
    }
  }

  // ---- answers ----

  void answerAttributes(Exchange exchange, Stat stat) {
    note(stat);
    exchange.answer(Attr.putAttrOut(exchange.body(), stat));
  }

  /** Tells the kernel of an inode, of which the operation has given one reference. */
  void answerEntry(Exchange exchange, Stat stat) {
    int length = putEntry(exchange, stat);
    if (!exchange.answer(length)) {
      untold(stat);
    }
  }

  /** Puts an entry at the beginning of the body and counts that the kernel is told. */
  int putEntry(Exchange exchange, Stat stat) {
    tell(stat);
    return putEntry(exchange.body(), stat);
  }

  /** Counts that the kernel is told of an inode, of which the operation has given one reference. */
  void tell(Stat stat) {
    InodeId surplus = nodes.told(stat.id());
    if (surplus != null) {
      giveBack(surplus);
    }
  }

  /** Counts that the kernel is told of an inode it knows already; false: it does not know it. */
  boolean tellIfKnown(InodeId id) {
    return nodes.toldAgain(id);
  }

  /** Puts an entry of which the kernel is told; answers how long it is. */
  int putEntry(MemorySegment at, Stat stat) {
    note(stat);
    return Attr.putEntryOut(at, nodes.nodeId(stat.id()), stat);
  }

  /** Tells the kernel of an inode it knows already, of which the operation gave no reference. */
  void answerKnownEntry(Exchange exchange, Stat stat) {
    nodes.toldAgain(stat.id());
    if (!exchange.answer(Attr.putEntryOut(exchange.body(), nodes.nodeId(stat.id()), stat))) {
      untold(stat);
    }
  }

  /** The kernel did not take the answer: it was not told after all. */
  void untold(Stat stat) {
    forget(nodes.nodeId(stat.id()), 1);
  }

  void forget(long nodeId, long lookups) {
    InodeId gone = nodes.forget(nodeId, lookups);
    if (gone != null) {
      giveBack(gone);
    }
  }

  private void giveBack(InodeId id) {
    inBackground(Caller.ROOT, new Operation.Forget(id, 1));
  }

  /** An open file the kernel did not get to know of is closed. */
  void giveBackHandle(long handle) {
    inBackground(Caller.ROOT, new Operation.Close(handle));
  }

  /** Submits what is only a part of answering a request. */
  <R> void ask(Caller caller, Operation<R> operation, Completion<R> completion) {
    service.submit(caller, operation, completion);
  }

  /** Waits until members of an event set are ready. */
  List<Event> evwait(long set, int max) throws ErrnoException {
    return service.evwait(Caller.ROOT, set, max, -1);
  }

  private void inBackground(Caller caller, Operation<Operation.Done> operation) {
    service.submit(caller, operation, Ignored.INSTANCE);
  }

  /** For what is given back: when that fails the session is over, and everything is given back. */
  private enum Ignored implements Completion<Object> {
    INSTANCE;

    @Override
    public void done(Object result) {}

    @Override
    public void failed(Errno errno) {}
  }
}
