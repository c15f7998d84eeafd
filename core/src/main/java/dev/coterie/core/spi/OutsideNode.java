package dev.coterie.core.spi;

/**
 * An inode of an {@link OutsideMount}: identity and type, and whatever its mount needs to find it
 * again. All else is asked for each time, as others may have changed it.
 */
public non-sealed interface OutsideNode extends Node {}
