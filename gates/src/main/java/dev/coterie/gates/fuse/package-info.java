/**
 * A tree as a kernel mount, so that programs use it as they are.
 *
 * <p>{@link dev.coterie.gates.fuse.FuseGate} is given any {@link dev.coterie.api.FileService}: a
 * leader's own in the same process, or a client's. The raw protocol is below, in {@code
 * dev.coterie.gates.fuse.kernel}; here is what each request means.
 *
 * <h2>Inodes, names, files</h2>
 *
 * The kernel names an inode by a <i>node id</i> and counts how often it was told of it; it gives
 * these counts back by FORGET. A node id is the inode's number, so that it is the same on every
 * mount and still good when the kernel has forgotten the inode and finds it again by a file handle
 * (open_by_handle_at(2)). The gate keeps the counts, {@link dev.coterie.gates.fuse.NodeTable}, and
 * holds one reference of each inode at the leader. A file handle of the kernel is a handle of the
 * session.
 *
 * <h2>Nothing is cached</h2>
 *
 * Names and attributes are valid for no time at all, and files are opened for direct input and
 * output, so that each call asks the leader; two mounts of one tree are as coherent as two
 * processes on one file system. The exception is mapped memory: pages are shared by all mappings of
 * one mount, written back by msync(2) and munmap(2), and read anew by each new mapping. Where
 * caching under leases is to come: the times of validity in {@code Attr}, the flags of {@code
 * OpenOut}, and notifications sent by a thread that serves no requests.
 *
 * <p>Access control lists the kernel would keep: it asks for them when it looks whether somebody
 * may, and drops them whenever it asks for attributes, but not for fgetxattr(2). So each that it
 * asks for is answered with the word not to keep it ({@link
 * dev.coterie.gates.fuse.kernel.Exchange#forgetAttributes}).
 *
 * <h2>Permissions</h2>
 *
 * Each request is made in the name of who asks, with uid and gid from the request, the umask where
 * something is made, and the supplementary groups of the waiting thread from {@code /proc}, read
 * only when they can matter. The kernel looks too, before it asks (default_permissions): by owner,
 * mode and access control list, all asked for anew. A mount that has no such lists goes by the
 * mode.
 *
 * <h2>Locks</h2>
 *
 * Record locks and flock(2) are the leader's, {@link dev.coterie.gates.fuse.LockRequests}: the
 * kernel asks for each and keeps none, so processes on two mounts exclude each other as those on
 * one do. Whoever waits is a request that is not answered yet, and no thread. A POSIX lock ends
 * with FLUSH, which is sent while close(2) waits; the others with RELEASE, which is sent after it.
 *
 * <h2>Event counters</h2>
 *
 * A regular file can be an eventfd(2) of the tree. Reading and writing it are requests that wait as
 * long as it takes, {@link dev.coterie.gates.fuse.CounterRequests}, and any signal ends them. Poll
 * and epoll are the kernel's; it asks what a file is ready for and is told when that may have
 * changed, {@link dev.coterie.gates.fuse.Polls}.
 *
 * <h2>Deadlocks</h2>
 *
 * A process that serves a mount and touches it waits for itself. So, in a process with a gate: no
 * path below the mount is opened, listed or executed, and no file of it is mapped (a page fault
 * that waits for the gate stops the whole JVM at its next safepoint); the working directory is
 * elsewhere; what walks all mounts, as {@code df} does, is not called from it. A leader in another
 * process whose host mount shows the mount point inside itself is the same ring, one process
 * longer. Unmounting is asked for from outside the reader threads. A mount whose gate has been
 * killed answers every call with ENOTCONN and is taken away by {@code coterie unmount}.
 */
@NullMarked
package dev.coterie.gates.fuse;

import org.jspecify.annotations.NullMarked;
