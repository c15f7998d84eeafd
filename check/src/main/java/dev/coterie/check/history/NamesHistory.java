package dev.coterie.check.history;

import dev.coterie.api.InodeId;
import dev.coterie.api.Mode;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The history of one group of names, made ready for {@link NamesModel}: identities become small
 * numbers, and what depends on the whole history is found once.
 *
 * <p>An operation that makes an inode and whose answer is lost makes one of unknown identity, a
 * <b>blank</b>, which has a number of its own. The first operation that sees it says which identity
 * it is.
 */
final class NamesHistory {
  static final int REGULAR = Mode.direntType(Mode.S_IFREG);
  static final int DIRECTORY = Mode.direntType(Mode.S_IFDIR);
  static final int SYMLINK = Mode.direntType(Mode.S_IFLNK);

  private final List<Step<NameAction>> steps = new ArrayList<>();
  private final Map<InodeId, Integer> numbers = new HashMap<>();
  private final List<@Nullable InodeId> ids = new ArrayList<>();
  private final Timeline<NameAction> time;
  private byte[] types = new byte[64]; // by number; 0 not known yet
  private final List<Step<NameAction>> blankMakers = new ArrayList<>();

  /** By identity: the last step that needs it to have a name still, null if none does. */
  private final List<@Nullable Step<NameAction>> lastNeeds = new ArrayList<>();

  NamesHistory(List<Event> events) {
    ids.add(null); // number 0 is no inode
    List<Event> inOrder = new ArrayList<>(events);
    inOrder.sort(Comparator.comparingLong(Event::invoked));
    for (Event event : inOrder) {
      add(event);
    }
    findCreators();
    findLastNeeds();
    time = new Timeline<>(steps);
  }

  Timeline<NameAction> time() {
    return time;
  }

  /** One more than the largest number of an identity. */
  int identities() {
    return ids.size();
  }

  int type(int number) {
    return types[number];
  }

  boolean isBlank(int number) {
    return number != 0 && ids.get(number) == null;
  }

  boolean hasBlanks() {
    return !blankMakers.isEmpty();
  }

  @Nullable Step<NameAction> lastNeed(int number) {
    return lastNeeds.get(number);
  }

  String describe(int number) {
    if (number == 0) {
      return "absent";
    }
    InodeId id = ids.get(number);
    return Event.typeText(types[number]) + (id == null ? " of unknown identity" : " {" + id + "}");
  }

  private void add(Event event) {
    Kind kind = event.kind();
    Certainty certainty = Certainty.of(event);
    if (certainty == Certainty.REFUSED || (certainty != Certainty.ANSWERED && kind.onlyLooks())) {
      return;
    }
    boolean answered = certainty == Certainty.ANSWERED;
    InodeId id = event.answer().id();
    int result = answered && id != null ? number(id) : 0;
    if (!answered && kind.creates()) {
      result = blank(typeMade(kind));
    }
    NameAction action =
        new NameAction(
            event,
            number(event.arguments().directory()),
            number(event.arguments().subject()),
            result);
    if (answered && result != 0) {
      setType(action, event.answer().type());
    }
    Step<NameAction> step = new Step<>(event, action, effect(action));
    if (!answered && kind.creates()) {
      action.mayCreate = true;
      blankMakers.add(step);
    }
    steps.add(step);
  }

  private static Step.Effect effect(NameAction action) {
    if (!action.succeeded() || action.kind.onlyLooks()) {
      return Step.Effect.LOOKS;
    }
    return Step.Effect.CHANGES;
  }

  private int number(@Nullable InodeId id) {
    if (id == null) {
      return 0;
    }
    Integer known = numbers.get(id);
    if (known == null) {
      known = ids.size();
      numbers.put(id, known);
      ids.add(id);
    }
    if (types.length <= known) {
      types = Arrays.copyOf(types, known * 2);
    }
    return known;
  }

  private int blank(int type) {
    int number = ids.size();
    ids.add(null);
    if (types.length <= number) {
      types = Arrays.copyOf(types, number * 2);
    }
    types[number] = (byte) type;
    return number;
  }

  private static int typeMade(Kind kind) {
    return kind == Kind.MKDIR ? DIRECTORY : kind == Kind.SYMLINK ? SYMLINK : REGULAR;
  }

  private void setType(NameAction action, int type) {
    int known = types[action.result];
    if (known != 0 && known != type) {
      action.flaw = "the same identity had type " + known + " before";
    } else if (action.kind.creates() && type != typeMade(action.kind)) {
      action.flaw = "the new inode is of another type than was asked for";
    }
    types[action.result] = (byte) type;
  }

  /** Finds for each identity which steps may have made it. */
  private void findCreators() {
    Map<Integer, List<Step<NameAction>>> known = new HashMap<>();
    for (Step<NameAction> step : steps) {
      if (!step.optional && step.action.result != 0) {
        known.computeIfAbsent(step.action.result, any -> new ArrayList<>()).add(step);
      }
    }
    known.values().forEach(this::findCreators);
  }

  private void findCreators(List<Step<NameAction>> same) {
    long certain = same.stream().filter(NamesHistory::certainlyCreates).count();
    long firstReturn = same.stream().mapToLong(step -> step.returned).min().orElse(0);
    for (Step<NameAction> step : same) {
      NameAction action = step.action;
      if (certainlyCreates(step) && certain > 1) {
        action.flaw = "more than one operation made this identity";
      }
      boolean may =
          certainlyCreates(step)
              || (certain == 0 && (action.kind == Kind.CREATE || !blankMakers.isEmpty()));
      // Whoever made it comes first, so no other that knows it may have returned before.
      action.mayCreate = may && firstReturn >= step.invoked;
      if (!certainlyCreates(step)) {
        step.effect = action.mayCreate ? Step.Effect.SETTLES : Step.Effect.LOOKS;
      }
      if (action.mayCreate) {
        action.rivals =
            same.stream().filter(other -> other != step && other.invoked <= step.returned).toList();
      }
    }
  }

  private static boolean certainlyCreates(Step<NameAction> step) {
    return step.action.kind.creates() && step.action.kind != Kind.CREATE;
  }

  private void findLastNeeds() {
    for (int i = 0; i < ids.size(); i++) {
      lastNeeds.add(null);
    }
    // In the order of invocation, so the last one stays.
    for (Step<NameAction> step : steps) {
      NameAction action = step.action;
      if (step.optional || !action.succeeded()) {
        continue;
      }
      lastNeeds.set(action.result, step);
      if (action.place == Universe.CHILD && action.kind != Kind.GETATTR) {
        lastNeeds.set(action.directory, step);
      }
      if (action.kind == Kind.LINK || (action.kind == Kind.GETATTR && action.links > 0)) {
        lastNeeds.set(action.subject, step);
      }
    }
  }
}
