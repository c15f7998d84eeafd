package dev.coterie.client.nio;

import java.nio.file.WatchEvent;

/** How a directory is watched, beside what {@code java.nio.file} knows. */
public enum TreeModifier implements WatchEvent.Modifier {
  /**
   * All below the directory too, within its mount, also what comes there later; contexts are
   * relative paths. The JDK's modifier of this name in {@code com.sun.nio.file}, which Linux does
   * not have, means the same here.
   */
  FILE_TREE
}
