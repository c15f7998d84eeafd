package dev.coterie.leader;

import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * The log's lines about clients. A client can cause as many as it likes, so of one kind only some
 * are written, and how many were not.
 */
final class Complaints {
  private static final System.Logger LOG = System.getLogger(Complaints.class.getName());
  private static final long PERIOD_NANOS = TimeUnit.SECONDS.toNanos(10);

  private final int most;
  private long began = System.nanoTime() - PERIOD_NANOS; // guarded by this
  private int said; // guarded by this: since then
  private long unsaid; // guarded by this
  private String last = ""; // guarded by this: of those that were not said

  /**
   * @param most how many lines in {@link #PERIOD_NANOS}
   */
  Complaints(int most) {
    this.most = most;
  }

  synchronized void say(String text) {
    sayUnsaid();
    if (said < most) {
      said++;
      log(text);
    } else {
      unsaid++;
      last = text;
    }
  }

  /** Says how many were not said, if it is time; to be called now and then. */
  synchronized void sayUnsaid() {
    if (System.nanoTime() - began < PERIOD_NANOS) {
      return;
    }
    began = System.nanoTime();
    said = 0;
    if (unsaid > 0) {
      said = 1;
      log(unsaid + " more like this: " + last);
      unsaid = 0;
    }
  }

  private static void log(String text) {
    log(System.Logger.Level.WARNING, text, null);
  }

  /**
   * Logs if that can be done: it needs memory, and on first use descriptors, and whoever complains
   * of having none must not end by it.
   */
  static void log(System.Logger.Level level, String text, @Nullable Throwable cause) {
    try {
      LOG.log(level, text, cause);
    } catch (RuntimeException | Error e) {
      // There is nowhere left to say it.
    }
  }
}
