package dev.coterie.api;

/**
 * By what a process knows that two of its sessions are of one tree: 16 random bytes that a leader
 * draws when it starts, as the value of an extended attribute that only the tree's root has.
 * Everybody may read it; it cannot be set and is not listed.
 */
public final class TreeMark {
  public static final Name ATTRIBUTE = Name.of("system.coterie.tree");

  private TreeMark() {}
}
