/**
 * The conformance suite: what every way to the tree must do, one behaviour for each check.
 *
 * <p>{@link dev.coterie.check.suite.ConformanceSuite} runs the checks over a {@link
 * dev.coterie.check.suite.Target}: the core itself, the wire, and what comes later. A check talks
 * only to {@link dev.coterie.api.FileService}.
 */
@NullMarked
package dev.coterie.check.suite;

import org.jspecify.annotations.NullMarked;
