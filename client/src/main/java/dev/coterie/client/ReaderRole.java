package dev.coterie.client;

import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * The right to read from the connection, which one thread has at a time, and the threads that would
 * take it.
 *
 * <p><b>No answer is left unread while somebody waits for it</b>: when the role is free and threads
 * wait, at least one of them is awake and about to try for it. A thread parks only after it put
 * itself on the list and then saw the role taken; whoever gives the role up first frees it and then
 * looks at the list. Both are volatile accesses, so one of the two sees the other: either the
 * parking thread finds the role free, or the leaving one finds it on the list and wakes it. A
 * thread that was woken and no longer needs the role hands the call on when it leaves ({@link
 * #leave}), so it is not lost with it.
 *
 * <p><b>No wake-up is lost</b>: {@link #wake} comes after the condition is true. A waiting thread
 * that is parked is unparked; one that has the role waits in the socket, whose wakeup is remembered
 * like a park permit. A thread that takes the role after the waker looked checks its condition
 * afterwards, before it waits.
 *
 * <p>A virtual thread never has the role, but to close: waiting in a socket's call would hold up
 * its carrier.
 */
@SuppressWarnings("ReferenceEquality") // a thread equals none but itself
final class ReaderRole {
  /** A thread that waits for the role only. */
  private static final class ForTheRole extends Waiting {
    @Override
    boolean isDone() {
      return false;
    }

    @Override
    void interrupted() {}
  }

  private final Socket socket; // immutable
  private final AtomicReference<@Nullable Thread> holder = new AtomicReference<>(); // atomic
  private @Nullable Waiting first; // guarded by this
  private @Nullable Waiting last; // guarded by this
  private volatile int listed; // written under this
  private volatile boolean used; // atomic: somebody waited for an answer, since that was forgotten

  ReaderRole(Socket socket) {
    this.socket = socket;
  }

  boolean tryTake(Waiting waiting) {
    if (holder.get() != null || !holder.compareAndSet(null, Thread.currentThread())) {
      return false;
    }
    note(waiting);
    return true;
  }

  /** Takes the role, waiting for it until then; false: too late, or the thread is interrupted. */
  boolean takeBefore(long deadline) {
    Waiting waiting = new ForTheRole();
    enlist(waiting);
    try {
      while (!tryTake(waiting)) {
        long left = deadline - System.nanoTime();
        if (left <= 0 || Thread.currentThread().isInterrupted()) {
          return false;
        }
        LockSupport.parkNanos(this, left);
      }
      return true;
    } finally {
      leave(waiting);
    }
  }

  boolean isFree() {
    return holder.get() == null;
  }

  boolean isMine() {
    return holder.get() == Thread.currentThread();
  }

  /** Whether somebody has waited for an answer of his own since {@link #forgetUse}. */
  boolean isUsed() {
    return used;
  }

  void forgetUse() {
    used = false;
  }

  private void note(Waiting waiting) {
    if (!used && !waiting.isPatient()) {
      used = true;
    }
  }

  /** Gives the role up, after reading for that; somebody who waits for it gets his chance. */
  void release(Waiting waiting) {
    note(waiting);
    release();
  }

  void release() {
    holder.set(null);
    passOn();
  }

  /** Parks the waiting thread until there may be something for it to do; perhaps not at all. */
  void park(Waiting waiting) {
    note(waiting);
    if (!waiting.listed) {
      enlist(waiting);
    }
    if (holder.get() != null && !waiting.isDone()) {
      LockSupport.park(this);
    }
  }

  /** The thread waits no more. */
  void leave(Waiting waiting) {
    if (waiting.listed) {
      delist(waiting);
      if (holder.get() == null) {
        passOn();
      }
    }
  }

  /** Tells the thread that what it waits for has come about. */
  void wake(Waiting waiting) {
    Thread thread = waiting.thread;
    if (thread == Thread.currentThread()) {
      return;
    }
    if (holder.get() == thread) {
      socket.wakeup();
    } else {
      LockSupport.unpark(thread);
    }
  }

  /** Makes the reader, if there is one, look at everything again before it waits on. */
  void poke() {
    Thread thread = holder.get();
    if (thread != null && thread != Thread.currentThread()) {
      socket.wakeup();
    }
  }

  private void passOn() {
    if (listed == 0) {
      return;
    }
    Waiting chosen = null;
    synchronized (this) {
      for (Waiting waiting = first; waiting != null; waiting = waiting.next) {
        if (!waiting.isDone() && (chosen == null || chosen.isPatient())) {
          chosen = waiting;
        }
      }
    }
    if (chosen != null) {
      LockSupport.unpark(chosen.thread);
    }
  }

  private synchronized void enlist(Waiting waiting) {
    waiting.previous = last;
    if (last == null) {
      first = waiting;
    } else {
      last.next = waiting;
    }
    last = waiting;
    waiting.listed = true;
    listed++;
  }

  private synchronized void delist(Waiting waiting) {
    Waiting before = waiting.previous;
    Waiting after = waiting.next;
    if (before == null) {
      first = after;
    } else {
      before.next = after;
    }
    if (after == null) {
      last = before;
    } else {
      after.previous = before;
    }
    waiting.previous = null;
    waiting.next = null;
    waiting.listed = false;
    listed--;
  }
}
