/**
 * The vocabulary and the one interface that everything else is built around.
 *
 * <p>Start with {@link dev.coterie.api.FileService}: every operation of the file system on one
 * page. Its arguments as a value are an {@link dev.coterie.api.Operation}; who asks is a {@link
 * dev.coterie.api.Caller}; what is known of a file is a {@link dev.coterie.api.Stat}; an error is
 * an {@link dev.coterie.api.Errno}; every bound is in {@link dev.coterie.api.Limits}. {@link
 * dev.coterie.api.Tree} is the thin layer of paths above it.
 */
@NullMarked
package dev.coterie.api;

import org.jspecify.annotations.NullMarked;
