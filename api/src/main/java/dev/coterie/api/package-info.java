/** The vocabulary of the file system; imports the JDK only. */
@NullMarked
package dev.coterie.api;

import org.jspecify.annotations.NullMarked;
