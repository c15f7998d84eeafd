/**
 * File systems of {@code java.nio.file} beside each other in one JVM, measured by JMH: what the
 * runs {@code nio-*} start.
 *
 * <p>{@link dev.coterie.bench.nio.NioMain} is a process of its own, which has JMH and Jimfs on its
 * class path; no other command of the program has. For each turn it has JMH start a fresh JVM, so
 * every round also has its own compilation and layout of memory. The generated code of {@link
 * dev.coterie.bench.nio.NioLoad} is made by JMH's annotation processor.
 */
@NullMarked
package dev.coterie.bench.nio;

import org.jspecify.annotations.NullMarked;
