/** Inodes, locks, leases, events and sessions; no I/O and no sockets. */
@NullMarked
package dev.coterie.core;

import org.jspecify.annotations.NullMarked;
