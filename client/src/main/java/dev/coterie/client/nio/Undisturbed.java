package dev.coterie.client.nio;

import dev.coterie.api.Caller;
import dev.coterie.api.Completion;
import dev.coterie.api.ErrnoException;
import dev.coterie.api.FileService;
import dev.coterie.api.InodeId;
import dev.coterie.api.Name;
import dev.coterie.api.Operation;
import dev.coterie.api.Pending;
import dev.coterie.api.StepsAhead;
import dev.coterie.api.Ticket;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The service as operations on paths use it: a thread that was interrupted before does them all the
 * same, as it does on every other file system. Only an interrupt that comes while an operation
 * waits cancels it.
 */
final class Undisturbed implements FileService, StepsAhead {
  private final FileService service;

  Undisturbed(FileService service) {
    this.service = service;
  }

  @Override
  public <R> R call(Caller caller, Operation<R> operation) throws ErrnoException {
    if (!Thread.interrupted()) {
      return service.call(caller, operation);
    }
    try {
      return service.call(caller, operation);
    } finally {
      Thread.currentThread().interrupt();
    }
  }

  @Override
  public Walked walkAhead(Caller caller, InodeId dir, List<Name> names, @Nullable Opening opening)
      throws ErrnoException {
    if (!Thread.interrupted()) {
      return StepsAhead.by(service, caller, dir, names, opening);
    }
    try {
      return StepsAhead.by(service, caller, dir, names, opening);
    } finally {
      Thread.currentThread().interrupt();
    }
  }

  @Override
  public <R> R call(Caller caller, Operation<R> operation, Pending pending) throws ErrnoException {
    return service.call(caller, operation, pending);
  }

  @Override
  public <R> Ticket submit(
      Caller caller, Operation<R> operation, Completion<? super R> completion) {
    return service.submit(caller, operation, completion);
  }

  @Override
  public void close() {
    service.close();
  }
}
