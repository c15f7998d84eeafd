package dev.coterie.check.history;

import static dev.coterie.check.history.NameAction.*;

import java.util.StringJoiner;
import org.jspecify.annotations.Nullable;

/**
 * How a group of names behaves. The state holds two numbers for each slot: the identity it names
 * (0: absent) and, if that is a directory, the identity its one child name names.
 *
 * <p>Where several errors apply, each of them is right: POSIX leaves the choice open. An operation
 * succeeds if and only if no error applies. Sources: path_resolution(7), open(2), link(2),
 * unlink(2), rmdir(2), rename(2).
 */
final class NamesModel implements Model<NameAction> {
  /** The child name of a directory that no slot names any more. */
  private static final int DEAD = -1;

  private final NamesHistory history;
  private final Universe universe;
  private final int group;
  private final boolean foresight;

  NamesModel(NamesHistory history, Universe universe, int group) {
    this(history, universe, group, true);
  }

  private NamesModel(NamesHistory history, Universe universe, int group, boolean foresight) {
    this.foresight = foresight;
    this.history = history;
    this.universe = universe;
    this.group = group;
  }

  @Override
  public int[] initial() {
    return new int[2 * universe.groupSlots()];
  }

  @Override
  public int @Nullable [] apply(Configuration before, Step<NameAction> step) {
    NameAction action = step.action;
    int[] state = before.state;
    if (action.flaw != null) {
      return null;
    }
    int errors = errors(state, action);
    if (!action.succeeded()) {
      return (errors & action.error) != 0 ? state : null;
    }
    return errors != 0 ? null : effect(before, step);
  }

  @Override
  public int[] reduce(Configuration configuration) {
    return configuration.state;
  }

  /** The errors that apply, as bits. */
  private int errors(int[] state, NameAction action) {
    if (action.kind.renames()) {
      return renameErrors(state, action);
    }
    int at = cell(state, action.place, action.directory);
    int named = at == DEAD ? 0 : state[at];
    int whereToMake = at == DEAD ? ENOENT : named != 0 ? EEXIST : 0;
    return switch (action.kind) {
      case LOOKUP, LIST -> named == 0 ? ENOENT : 0;
      case CREATE ->
          at == DEAD ? ENOENT : isDirectory(named) ? EISDIR : isSymlink(named) ? ELOOP : 0;
      case CREATE_EXCL, MKNOD, MKDIR, SYMLINK -> whereToMake;
      case LINK ->
          whereToMake
              | (links(state, action.subject) == 0 ? ENOENT : 0)
              | (isDirectory(action.subject) ? EPERM : 0);
      case UNLINK -> named == 0 ? ENOENT : isDirectory(named) ? EISDIR : 0;
      case RMDIR ->
          named == 0 ? ENOENT : !isDirectory(named) ? ENOTDIR : state[at + 1] != 0 ? ENOTEMPTY : 0;
      default -> 0;
    };
  }

  private int renameErrors(int[] state, NameAction action) {
    int from = cell(state, action.place, action.directory);
    int moved = from == DEAD ? 0 : state[from];
    int to = 2 * action.other;
    int replaced = state[to];
    int errors = moved == 0 ? ENOENT : 0;
    if (action.kind == Kind.RENAME_NOREPLACE) {
      return errors | (replaced != 0 ? EEXIST : 0);
    }
    if (action.kind == Kind.RENAME_EXCHANGE) {
      return errors | (replaced == 0 ? ENOENT : 0);
    }
    if (moved == 0 || replaced == 0 || moved == replaced) {
      return errors;
    }
    if (isDirectory(moved) && !isDirectory(replaced)) {
      errors |= ENOTDIR;
    }
    if (!isDirectory(moved) && isDirectory(replaced)) {
      errors |= EISDIR;
    }
    return errors | (isDirectory(replaced) && state[to + 1] != 0 ? ENOTEMPTY : 0);
  }

  private int @Nullable [] effect(Configuration before, Step<NameAction> step) {
    NameAction action = step.action;
    int[] state = before.state;
    int at = action.kind == Kind.GETATTR ? 0 : cell(state, action.place, action.directory);
    return switch (action.kind) {
      case LOOKUP, LIST -> find(before, step, at);
      case GETATTR -> withLinks(state, action.subject, action.links);
      case CREATE -> state[at] == 0 ? make(before, step, at) : find(before, step, at);
      case CREATE_EXCL, MKNOD, MKDIR, SYMLINK -> make(before, step, at);
      case LINK -> withLinks(put(state, at, action.subject), action.subject, action.links);
      case UNLINK, RMDIR -> unlessNeeded(put(state, at, 0), state[at], before);
      case RENAME, RENAME_NOREPLACE -> move(before, at, 2 * action.other);
      case RENAME_EXCHANGE -> exchange(state, at, 2 * action.other);
      default -> null;
    };
  }

  /** The step saw what is at a cell. */
  private int @Nullable [] find(Configuration before, Step<NameAction> step, int at) {
    int[] state = before.state;
    int named = state[at];
    int seen = step.action.result;
    if (step.optional) {
      return null; // opened only, so it had no effect
    }
    if (named != seen) {
      boolean says =
          history.isBlank(named)
              && history.type(named) == history.type(seen)
              && isFirst(before, step);
      if (!says) {
        return null;
      }
      state = state.clone();
      for (int i = 0; i < state.length; i++) {
        state[i] = state[i] == named ? seen : state[i];
      }
    }
    return withLinks(state, seen, step.action.links);
  }

  private int @Nullable [] make(Configuration before, Step<NameAction> step, int at) {
    if (!isFirst(before, step)) {
      return null;
    }
    int made = step.action.result;
    return withLinks(put(before.state, at, made), made, step.optional ? -1 : step.action.links);
  }

  /** Whether nobody has seen yet what this step would be the first to know. */
  private static boolean isFirst(Configuration before, Step<NameAction> step) {
    return step.action.mayCreate && !Step.anyTaken(step.action.rivals, before);
  }

  private int @Nullable [] move(Configuration before, int from, int to) {
    int[] state = before.state;
    int replaced = state[to];
    if (replaced == state[from]) {
      return state; // "hard links referring to the same file: rename() does nothing"
    }
    int[] after = state.clone();
    after[to] = state[from];
    after[to + 1] = 0;
    after[from] = 0;
    if (from % 2 == 0) {
      after[to + 1] = state[from + 1];
      after[from + 1] = 0;
    }
    return replaced == 0 ? after : unlessNeeded(after, replaced, before);
  }

  private static int[] exchange(int[] state, int one, int other) {
    int[] after = state.clone();
    after[one] = state[other];
    after[one + 1] = state[other + 1];
    after[other] = state[one];
    after[other + 1] = state[one + 1];
    return after;
  }

  private static int[] put(int[] state, int at, int identity) {
    int[] after = state.clone();
    after[at] = identity;
    return after;
  }

  /** No identity comes back: nothing still to come may need one whose last name has just gone. */
  private int @Nullable [] unlessNeeded(int[] after, int removed, Configuration before) {
    Step<NameAction> need = foresight ? history.lastNeed(removed) : null;
    boolean lost = need != null && links(after, removed) == 0 && !before.took(need);
    return lost ? null : after;
  }

  private int @Nullable [] withLinks(int[] state, int identity, long links) {
    // A directory's count is its own affair, and some mounts do not keep one.
    boolean right = links < 0 || isDirectory(identity) || links(state, identity) == links;
    return right ? state : null;
  }

  private static int links(int[] state, int identity) {
    int links = 0;
    for (int named : state) {
      links += named == identity ? 1 : 0;
    }
    return links;
  }

  private static int cell(int[] state, int place, int directory) {
    if (place != Universe.CHILD) {
      return 2 * place;
    }
    for (int slot = 0; slot < state.length; slot += 2) {
      if (state[slot] == directory) {
        return slot + 1;
      }
    }
    return DEAD;
  }

  private boolean isDirectory(int identity) {
    return identity != 0 && history.type(identity) == NamesHistory.DIRECTORY;
  }

  private boolean isSymlink(int identity) {
    return identity != 0 && history.type(identity) == NamesHistory.SYMLINK;
  }

  @Override
  public NamesModel withoutForesight() {
    return new NamesModel(history, universe, group, false);
  }

  @Override
  public String describe(int[] state) {
    StringJoiner text = new StringJoiner(", ");
    for (int slot = 0; slot < universe.groupSlots(); slot++) {
      String path = universe.slotPath(group, slot);
      text.add(path + " = " + history.describe(state[2 * slot]));
      if (state[2 * slot + 1] != 0) {
        text.add(path + "/" + Universe.CHILD_NAME + " = " + history.describe(state[2 * slot + 1]));
      }
    }
    return text.toString();
  }

  @Override
  public String objection(int[] state, Step<NameAction> step) {
    NameAction action = step.action;
    if (action.flaw != null) {
      return action.flaw;
    }
    int errors = errors(state, action);
    if (errors != 0) {
      return "it would be answered " + NameAction.describe(errors);
    }
    int at = action.kind == Kind.GETATTR ? DEAD : cell(state, action.place, action.directory);
    int named = at == DEAD ? 0 : state[at];
    if (!action.succeeded()) {
      return named == 0 ? "it would succeed" : "it would succeed with " + history.describe(named);
    }
    return switch (action.kind) {
      case GETATTR, LINK -> "its link count would be another";
      case LOOKUP, LIST, CREATE, CREATE_EXCL, MKNOD, MKDIR, SYMLINK ->
          named == action.result
              ? "its link count would be " + links(state, named)
              : named != 0
                  ? "it would find " + history.describe(named)
                  : "the inode would not be new";
      default -> "a later operation needs what it takes away";
    };
  }
}
