/**
 * Event sets, event counters and FIFOs: against the kernel's own, in races, and between processes.
 */
@NullMarked
package dev.coterie.check.events;

import org.jspecify.annotations.NullMarked;
