package dev.coterie.core.spi;

/**
 * A back end grafted into the tree. One whose content only this tree changes is an {@link
 * InsideMount}: the core decides and the mount stores. One that others change too is an {@link
 * OutsideMount}: it decides itself, and the core passes on what is asked.
 */
public sealed interface Mount extends AutoCloseable permits InsideMount, OutsideMount {
  /** The directory that appears where the mount is grafted. */
  Node root();

  /** Whether every change is refused with EROFS. */
  boolean readOnly();

  /**
   * Whether clients may keep copies of what is here, by its owner's word: only where nobody but
   * this tree changes it.
   */
  boolean copies();

  @Override
  void close();
}
