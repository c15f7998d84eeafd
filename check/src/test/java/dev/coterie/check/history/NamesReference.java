package dev.coterie.check.history;

import dev.coterie.api.Errno;
import dev.coterie.api.InodeId;
import dev.coterie.check.history.Event.Answer;
import dev.coterie.check.history.Event.Arguments;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.HashSet;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * A group of names done with objects, in the plainest way: the second opinion on {@link
 * NamesModel}. Where {@code NamesModel} leaves the identity of an inode open whose making was not
 * answered, this one tries every identity there is.
 */
final class NamesReference implements BruteForce.Reference {
  private final @Nullable Node[] slots;
  private final Set<InodeId> made;
  private final Set<InodeId> pool; // identities that an operation without answer may have made

  private static final class Node {
    final InodeId id;
    final int type;
    @Nullable Node child;

    Node(InodeId id, int type) {
      this.id = id;
      this.type = type;
    }

    boolean isDirectory() {
      return type == NamesHistory.DIRECTORY;
    }
  }

  /** Where a name is: a slot, or in a directory; a directory that is gone is null. */
  private record Place(@Nullable Node directory, int slot) {}

  NamesReference(int slots, Set<InodeId> pool) {
    this(new Node[slots], new HashSet<>(), pool);
  }

  private NamesReference(@Nullable Node[] slots, Set<InodeId> made, Set<InodeId> pool) {
    this.slots = slots;
    this.made = made;
    this.pool = pool;
  }

  private NamesReference copy() {
    IdentityHashMap<Node, Node> copies = new IdentityHashMap<>();
    @Nullable Node[] newSlots = new Node[slots.length];
    for (int i = 0; i < slots.length; i++) {
      newSlots[i] = copy(slots[i], copies);
    }
    return new NamesReference(newSlots, new HashSet<>(made), pool);
  }

  private static @Nullable Node copy(@Nullable Node node, IdentityHashMap<Node, Node> copies) {
    if (node == null) {
      return null;
    }
    Node known = copies.get(node);
    if (known == null) {
      known = new Node(node.id, node.type);
      copies.put(node, known);
      known.child = copy(node.child, copies);
    }
    return known;
  }

  @Override
  public boolean equals(@Nullable Object object) {
    return object instanceof NamesReference other && toString().equals(other.toString());
  }

  @Override
  public int hashCode() {
    return toString().hashCode();
  }

  @Override
  public String toString() {
    StringBuilder text = new StringBuilder();
    for (Node node : slots) {
      text.append(node == null ? "-" : node.id + "/" + node.type);
      text.append(node == null || node.child == null ? " " : "[" + node.child.id + "] ");
    }
    return text.append(new TreeSet<>(made)).toString();
  }

  @Override
  public List<NamesReference> take(Event event, boolean open) {
    Set<Errno> errors = errors(event.kind(), event.arguments());
    if (!open && event.answer().errno() != 0) {
      return errors.contains(Errno.of(event.answer().errno())) ? List.of(this) : List.of();
    }
    if (!errors.isEmpty()) {
      return List.of();
    }
    List<NamesReference> after = new ArrayList<>();
    InodeId answered = event.answer().id();
    Set<InodeId> candidates = open ? pool : answered == null ? Set.of(NOBODY) : Set.of(answered);
    for (InodeId id : candidates) {
      NamesReference next = copy();
      Answer answer = next.perform(event.kind(), event.arguments(), id);
      if (answer != null && (open || agree(answer, event.answer()))) {
        after.add(next);
      }
    }
    return after;
  }

  static final InodeId NOBODY = new InodeId(0, 0);

  private static boolean agree(Answer right, Answer given) {
    boolean sameId = right.id() == null || right.id().equals(given.id());
    boolean countless = right.links() < 0 || given.links() < 0;
    return sameId && right.type() == given.type() && (countless || right.links() == given.links());
  }

  private Place place(Arguments at) {
    if (at.place() != Universe.CHILD) {
      return new Place(null, at.place());
    }
    for (Node node : slots) {
      if (node != null && node.id.equals(at.directory())) {
        return new Place(node, -1);
      }
    }
    return new Place(null, -1);
  }

  private @Nullable Node get(Place place) {
    if (place.directory != null) {
      return place.directory.child;
    }
    return place.slot < 0 ? null : slots[place.slot];
  }

  private void put(Place place, @Nullable Node node) {
    if (place.directory != null) {
      place.directory.child = node;
    } else {
      slots[place.slot] = node;
    }
  }

  private long links(@Nullable InodeId id) {
    long links = 0;
    for (Node node : slots) {
      if (node != null) {
        links += node.id.equals(id) ? 1 : 0;
        links += node.child != null && node.child.id.equals(id) ? 1 : 0;
      }
    }
    return links;
  }

  private @Nullable Node find(@Nullable InodeId id) {
    for (Node node : slots) {
      if (node != null && node.id.equals(id)) {
        return node;
      }
      if (node != null && node.child != null && node.child.id.equals(id)) {
        return node.child;
      }
    }
    return null;
  }

  /** Every error that is right. */
  Set<Errno> errors(Kind kind, Arguments at) {
    Set<Errno> errors = EnumSet.noneOf(Errno.class);
    if (kind == Kind.GETATTR) {
      return errors;
    }
    Place place = place(at);
    boolean gone = place.directory == null && place.slot < 0;
    Node node = get(place);
    switch (kind) {
      case LOOKUP, LIST, UNLINK, RMDIR, RENAME, RENAME_NOREPLACE, RENAME_EXCHANGE -> {
        if (node == null) {
          errors.add(Errno.ENOENT);
        }
      }
      case CREATE_EXCL, MKNOD, MKDIR, SYMLINK, LINK -> {
        if (gone) {
          errors.add(Errno.ENOENT);
        } else if (node != null) {
          errors.add(Errno.EEXIST);
        }
      }
      default -> {
        if (gone) {
          errors.add(Errno.ENOENT);
        }
      }
    }
    if (kind == Kind.UNLINK || kind == Kind.CREATE) {
      if (node != null && node.isDirectory()) {
        errors.add(Errno.EISDIR);
      }
    }
    if (kind == Kind.CREATE && node != null && node.type == NamesHistory.SYMLINK) {
      errors.add(Errno.ELOOP);
    }
    if (kind == Kind.RMDIR && node != null && !node.isDirectory()) {
      errors.add(Errno.ENOTDIR);
    }
    if (kind == Kind.RMDIR && node != null && node.child != null) {
      errors.add(Errno.ENOTEMPTY);
    }
    if (kind == Kind.LINK && links(at.subject()) == 0) {
      errors.add(Errno.ENOENT);
    }
    if (kind.renames()) {
      addRenameErrors(errors, kind, node, slots[at.other()]);
    }
    return errors;
  }

  private static void addRenameErrors(
      Set<Errno> errors, Kind kind, @Nullable Node moved, @Nullable Node replaced) {
    if (kind == Kind.RENAME_EXCHANGE && replaced == null) {
      errors.add(Errno.ENOENT);
    }
    if (kind == Kind.RENAME_NOREPLACE && replaced != null) {
      errors.add(Errno.EEXIST);
    }
    if (kind != Kind.RENAME || moved == null || replaced == null || moved == replaced) {
      return;
    }
    if (moved.isDirectory() && !replaced.isDirectory()) {
      errors.add(Errno.ENOTDIR);
    }
    if (!moved.isDirectory() && replaced.isDirectory()) {
      errors.add(Errno.EISDIR);
    }
    if (replaced.child != null) {
      errors.add(Errno.ENOTEMPTY);
    }
  }

  /** Does it, where no error applies; null if {@code id} cannot be what is made or found. */
  @Nullable Answer perform(Kind kind, Arguments at, InodeId id) {
    if (kind == Kind.GETATTR) {
      return Answer.ofLinks(links(at.subject()));
    }
    Place place = place(at);
    Node node = get(place);
    return switch (kind) {
      case LOOKUP -> found(node, true);
      case LIST -> found(node, false);
      case CREATE -> node != null ? found(node, true) : make(place, id, NamesHistory.REGULAR);
      case CREATE_EXCL, MKNOD -> make(place, id, NamesHistory.REGULAR);
      case MKDIR -> make(place, id, NamesHistory.DIRECTORY);
      case SYMLINK -> make(place, id, NamesHistory.SYMLINK);
      case LINK -> {
        put(place, find(at.subject()));
        yield Answer.ofLinks(links(at.subject()));
      }
      case UNLINK, RMDIR -> {
        put(place, null);
        yield Answer.OK;
      }
      default -> rename(kind, place, new Place(null, at.other()));
    };
  }

  private @Nullable Answer found(@Nullable Node node, boolean count) {
    if (node == null) {
      return null;
    }
    long links = count && !node.isDirectory() ? links(node.id) : -1;
    return Answer.found(node.id, node.type, links);
  }

  private @Nullable Answer make(Place place, InodeId id, int type) {
    if (!made.add(id)) {
      return null;
    }
    Node node = new Node(id, type);
    put(place, node);
    return found(node, true);
  }

  private Answer rename(Kind kind, Place from, Place to) {
    Node moved = get(from);
    Node replaced = get(to);
    if (moved == replaced) {
      return Answer.OK;
    }
    put(to, moved);
    put(from, kind == Kind.RENAME_EXCHANGE ? replaced : null);
    return Answer.OK;
  }
}
