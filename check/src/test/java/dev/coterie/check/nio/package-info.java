/**
 * {@code java.nio.file} on a tree: the contracts its documentation states as a suite, over each way
 * to reach a tree; random calls beside the JDK's own provider on a directory of the kernel; races
 * of interrupts and closing; and libraries that take any file system.
 */
@NullMarked
package dev.coterie.check.nio;

import org.jspecify.annotations.NullMarked;
