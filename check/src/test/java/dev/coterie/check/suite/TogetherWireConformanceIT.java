package dev.coterie.check.suite;

import dev.coterie.api.Caller;
import dev.coterie.api.Completion;
import dev.coterie.api.Errno;
import dev.coterie.api.ErrnoException;
import dev.coterie.api.FileService;
import dev.coterie.api.Operation;
import dev.coterie.api.Operation.Done;
import dev.coterie.api.Stat;
import dev.coterie.api.Ticket;
import dev.coterie.client.Client;
import dev.coterie.client.Together;
import java.io.IOException;
import java.util.EnumSet;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * A client conforms of which each operation is one of several in a message: alone in it, behind
 * another, or in front of another, by turns.
 */
class TogetherWireConformanceIT extends ConformanceSuite {
  @Override
  Target open() throws IOException {
    return new WireTarget(Target.mounts()) {
      @Override
      public FileService openSession() throws IOException {
        return new Bundled((Client) super.openSession());
      }
    };
  }

  /** Which place an operation has in its message. */
  private enum Place {
    ALONE,
    BEHIND,
    IN_FRONT
  }

  private static final class Bundled implements FileService {
    private static final List<Place> PLACES = List.copyOf(EnumSet.allOf(Place.class));

    private final Client client;
    private final AtomicInteger turns = new AtomicInteger();

    Bundled(Client client) {
      this.client = client;
    }

    @Override
    public <R> Ticket submit(
        Caller caller, Operation<R> operation, Completion<? super R> completion) {
      Place place = PLACES.get(turns.getAndIncrement() % PLACES.size());
      if (place == Place.BEHIND && goesAlone(operation)) {
        place = Place.ALONE; // else it would be sent only when the one before it was answered
      }
      Together both = client.together(caller);
      Together.Step<Stat> before = place == Place.BEHIND ? both.add(new Operation.Root()) : null;
      Together.Step<R> step = both.add(operation);
      Together.Step<Stat> after = place == Place.IN_FRONT ? both.add(new Operation.Root()) : null;
      return both.submit(
          new Completion<Done>() {
            @Override
            public void done(Done done) {
              end(caller, before);
              end(caller, after);
              succeed(step, completion);
            }

            @Override
            public void failed(Errno errno) {
              end(caller, before);
              if (step.isDone()) {
                succeed(step, completion);
              } else {
                completion.failed(errno);
              }
            }
          });
    }

    private static boolean goesAlone(Operation<?> operation) {
      return operation instanceof Operation.NextRecalls
          || operation instanceof Operation.ReturnLeases
          || operation instanceof Operation.ReturnLocks
          || operation instanceof Operation.UseKey
          || operation instanceof Operation.ReturnKey;
    }

    private static <R> void succeed(Together.Step<R> step, Completion<? super R> completion) {
      R result;
      try {
        result = step.answer();
      } catch (ErrnoException e) {
        throw new AssertionError("done, and failed", e);
      }
      completion.done(result);
    }

    /** The reference to the root that it came with is none of the check's. */
    private void end(Caller caller, Together.@Nullable Step<Stat> companion) {
      if (companion == null || !companion.isDone()) {
        return;
      }
      try {
        client.call(caller, new Operation.Forget(companion.answer().id(), 1));
      } catch (ErrnoException e) {
        // The connection is over, and so is the reference.
      }
    }

    @Override
    public void close() {
      client.close();
    }
  }
}
