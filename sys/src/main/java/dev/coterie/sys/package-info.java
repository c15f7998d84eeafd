/**
 * The C library through the FFM API: only what the JDK does not offer, or offers at several times
 * the cost.
 *
 * <p>{@link dev.coterie.sys.Libc} holds the bindings, the C prototype above each. {@link
 * dev.coterie.sys.StreamSocket} and {@link dev.coterie.sys.Accounts} are what the rest of the
 * product uses. Linux on 64-bit machines; a class here is loaded only by who needs it, as binding
 * costs tens of milliseconds in a fresh JVM.
 */
@NullMarked
package dev.coterie.sys;

import org.jspecify.annotations.NullMarked;
