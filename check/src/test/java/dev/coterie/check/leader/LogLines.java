package dev.coterie.check.leader;

import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.logging.Handler;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import java.util.logging.SimpleFormatter;

/** What the leader logs while this is open; instead of printing it. */
final class LogLines extends Handler implements AutoCloseable {
  private static final String ROOM = "dev.coterie.leader";

  private final Logger logger = Logger.getLogger(ROOM);
  private final SimpleFormatter formatter = new SimpleFormatter();
  private final List<String> lines = new CopyOnWriteArrayList<>();
  private final List<Throwable> thrown = new CopyOnWriteArrayList<>();

  LogLines() {
    logger.addHandler(this);
    logger.setUseParentHandlers(false);
  }

  /** Level and text of each line, oldest first. */
  List<String> lines() {
    return lines;
  }

  /** What lines came with a stack trace. */
  List<Throwable> thrown() {
    return thrown;
  }

  @Override
  public void publish(LogRecord entry) {
    lines.add(entry.getLevel() + " " + formatter.formatMessage(entry));
    if (entry.getThrown() != null) {
      thrown.add(entry.getThrown());
    }
  }

  @Override
  public void flush() {}

  @Override
  public void close() {
    logger.removeHandler(this);
    logger.setUseParentHandlers(true);
  }
}
