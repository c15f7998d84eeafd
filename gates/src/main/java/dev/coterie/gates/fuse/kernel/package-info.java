/**
 * The kernel's side of a FUSE mount, as it comes: opcodes, structures, the device, the threads that
 * read it. Nothing in here knows of trees; each request is handed to a {@link
 * dev.coterie.gates.fuse.kernel.Handler} as an {@link dev.coterie.gates.fuse.kernel.Exchange},
 * which is the same to it whichever way it came:
 *
 * <pre>
 *  /dev/fuse   Server: its readers  → DeviceExchange ┐
 *                                                    ├→ Dispatcher → Handler … Exchange.answer
 *  io_uring    Rings: RingQueue × n → RingExchange   ┘
 * </pre>
 *
 * <p>One class a structure, with its drawing; numbers are little endian as on every machine we run
 * on, lengths and offsets in bytes. Each says since which minor version of the protocol it is
 * there. Source: {@code linux/fuse.h}, fuse(4).
 */
@NullMarked
package dev.coterie.gates.fuse.kernel;

import org.jspecify.annotations.NullMarked;
