package dev.coterie.check.guest;

import java.util.List;
import java.util.Set;
import java.util.stream.Stream;

/**
 * One row of the table.
 *
 * @param name what the client is asked for
 * @param mode cache mode of the mounts it uses, or empty
 */
record Item(String name, String mode, Check check) {

  /** What an item does; it fails by throwing. */
  interface Check {
    void run(Site site, String mode) throws Exception;
  }

  /**
   * The kernel does not offer this. Thrown by a check that has made sure of it: what was asked for
   * was refused or answered wrongly by the guest's kernel on its own, without asking the leader.
   */
  static final class NotOffered extends RuntimeException {
    private static final long serialVersionUID = 1;

    NotOffered(String how) {
      super(how);
    }
  }

  static Item of(String name, Check check) {
    return new Item(name, "", check);
  }

  /** The same check for each of some cache modes. */
  static Stream<Item> each(String name, List<String> modes, Check check) {
    return modes.stream().map(mode -> new Item(name, mode, check));
  }

  String title() {
    return mode.isEmpty() ? name : name + " [" + mode + "]";
  }

  /** Does something of which the leader must not hear, as far as these operations go. */
  static <R> R unheard(Site site, Set<Class<?>> kinds, Quiet<R> action) throws Exception {
    long before = site.watch.count(kinds);
    R result = action.run();
    long after = site.watch.count(kinds);
    if (after != before) {
      throw new AssertionError("the leader was asked " + (after - before) + " times: " + kinds);
    }
    return result;
  }

  /** An action with a result. */
  interface Quiet<R> {
    R run() throws Exception;
  }

  /** All items, in the order in which they run. */
  static List<Item> all() {
    return Stream.of(
            MountItems.items(),
            NameItems.items(),
            DataItems.items(),
            UnlinkedItems.items(),
            DirectoryItems.items(),
            XattrItems.items(),
            UserItems.items(),
            RaceItems.items(),
            LockItems.items(),
            TreeItems.items(),
            FaultItems.items())
        .flatMap(stream -> stream)
        .toList();
  }
}
