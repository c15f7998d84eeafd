/**
 * The differential test: the same random system calls to a tmpfs of the kernel and to ours, line by
 * line the same answers.
 *
 * <p>{@link dev.coterie.check.posix.StepGenerator} makes {@link dev.coterie.check.posix.Step}s from
 * a seed, without looking at answers, so that any part of them can be tried alone; a {@link
 * dev.coterie.check.posix.World} does each and answers with a line; {@link
 * dev.coterie.check.posix.Comparison} holds the lines of two worlds against each other. What
 * legitimately differs is listed in {@link dev.coterie.check.posix.Difference}.
 */
@NullMarked
package dev.coterie.check.posix;

import org.jspecify.annotations.NullMarked;
