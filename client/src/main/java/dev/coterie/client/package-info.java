/**
 * The client: a leader's tree as a {@link dev.coterie.api.FileService}, over a socket.
 *
 * <p>{@link dev.coterie.client.Client} is the door, {@link dev.coterie.client.ProcessIdentity} says
 * who this process is.
 *
 * <h2>Flow of an operation</h2>
 *
 * <pre>
 *  Client.call, submit → Call → Requests: identities and handles become fids ({@code References}), the operation a message
 *      → Tags: the call gets its tag     (none free: it waits, or EAGAIN)
 *      → Output: the frame is put behind those of others and written, or left to whoever writes
 *  … the thread waits: reads if nobody does, else parks                     ({@code Connection.await}, {@code ReaderRole})
 *  whoever reads: Input → frame → Tags: whose tag? → Replies: fids and handles that came to be, data into the
 *      caller's buffer → the call is finished: its thread woken, or its completion called
 * </pre>
 *
 * <h2>Threads</h2>
 *
 * Waiting threads are the readers, one at a time; with one thread at work nothing is ever handed
 * over, and a call is one write, one wait and one read. Only for calls that no thread waits for is
 * there a thread of its own ({@code Background}). The socket never blocks, so that an interrupt
 * does not close it and a full one cannot stop the reading: what it does not take stays in the
 * output, and the reader waits for either direction. Why no answer is left unread and no wake-up
 * lost stands at {@code ReaderRole} and {@code Background}; why a call ends once, at {@code Tags};
 * why no call meets a fid that is gone, at {@code Held}.
 *
 * <h2>Locks</h2>
 *
 * Four, each held for a few instructions and never together with another, a system call or a
 * completion:
 *
 * <pre>
 *  References   which inode and handle has which fid
 *  Tags         which call has which tag
 *  Output       the frames not written yet (a large one is copied under it)
 *  ReaderRole   the list of threads that wait
 * </pre>
 */
@NullMarked
package dev.coterie.client;

import org.jspecify.annotations.NullMarked;
