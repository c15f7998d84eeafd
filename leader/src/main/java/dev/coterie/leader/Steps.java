package dev.coterie.leader;

/**
 * Steps of which each may be over in the call that begins it, or later, by another thread: they are
 * begun in a loop, so that the stack does not grow with them.
 */
abstract class Steps {
  private boolean stepping; // guarded by this: a thread begins steps
  private boolean again; // guarded by this: there is a further step to begin

  /** There is a further one to begin. */
  final void next() {
    synchronized (this) {
      again = true;
      if (stepping) {
        return;
      }
      stepping = true;
    }
    while (mayStep()) {
      step();
    }
  }

  private synchronized boolean mayStep() {
    stepping = again;
    again = false;
    return stepping;
  }

  /** Begins one. */
  abstract void step();
}
