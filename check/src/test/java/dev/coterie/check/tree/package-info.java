/** Real trees of files, carried in and out by real processes. */
@NullMarked
package dev.coterie.check.tree;

import org.jspecify.annotations.NullMarked;
