package dev.coterie.check.lease;

import static org.assertj.core.api.Assertions.assertThat;

import dev.coterie.api.Caller;
import dev.coterie.api.Completion;
import dev.coterie.api.Errno;
import dev.coterie.api.FileService;
import dev.coterie.api.Operation;
import dev.coterie.api.Ticket;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** An operation that may have to wait, and what came of it. */
final class Asked<R> implements Completion<R> {
  final Ticket ticket;
  volatile @Nullable Object end;

  Asked(FileService service, Operation<R> operation) {
    this(service, Caller.ROOT, operation);
  }

  Asked(FileService service, Caller caller, Operation<R> operation) {
    ticket = service.submit(caller, operation, this);
  }

  @Override
  public void done(R result) {
    ended(result);
  }

  @Override
  public void failed(Errno errno) {
    ended(errno);
  }

  private void ended(@Nullable Object how) {
    assertThat(end).as("told twice").isNull();
    end = how;
  }

  /** What it answered; it is over. */
  Object answer() {
    return Objects.requireNonNull(end);
  }

  boolean waits() {
    return end == null;
  }
}
