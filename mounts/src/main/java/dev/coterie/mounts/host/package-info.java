/**
 * A directory of the host: {@link dev.coterie.mounts.host.HostFs} with {@link
 * dev.coterie.mounts.host.HostFs.Options}. The host decides what is there, who may do what, and in
 * which order of errors; nothing it said is remembered, so what others change there is seen by the
 * next call.
 *
 * <p><b>What is where.</b>
 *
 * <pre>
 *  HostFs            every operation: find the inodes, then one call in the caller's name
 *    Acting            the caller's fsuid, fsgid, groups and no capability, for the length of one call
 *    Finder            names, "..", identities → nodes
 *    Identities        (st_ino, i_generation) of the kernel's file handle ↔ the tree's identity
 *    Reach             from a node to a descriptor with O_PATH
 *      ReachByHandle     privileged: open_by_handle_at(2); keeps nothing
 *      ReachByWalk       else: a bounded cache of descriptors, and walking to where it was seen last
 *    Containment       is it beneath the root? for ".." and for identities from outside
 *    HostContent, HostDirectory     an open file: one descriptor each
 * </pre>
 *
 * <p><b>No way out.</b> A name is one component and is resolved by openat2(2) with RESOLVE_BENEATH,
 * NO_SYMLINKS, NO_MAGICLINKS and NO_XDEV; the calls that make and remove names never follow one. A
 * symbolic link is an inode with a target, which only callers follow, through us. What is opened is
 * opened through the descriptor that was looked at before, not by name again, so swapping names in
 * between leads nowhere. FIFOs, sockets and devices are looked at with O_PATH and never opened. An
 * identity that no session has, and "..", are proved by walking down from the root to where the
 * kernel says the inode is. A directory that others moved out of the root while a session has it
 * stays usable there, as it does for a process that has it open; up from it leads nowhere.
 *
 * <p><b>Descriptors.</b> One for each open file, one for each inode without a name that someone
 * refers to, at most half of what the process may have; beyond, opening is EMFILE and an unlinked
 * file ESTALE. All others are opened for one call and closed again; {@code ReachByWalk} keeps some.
 *
 * <p><b>Locks.</b> The core's operation locks order what sessions do. Ours are leaves: the monitors
 * of a node's pin, of the cache and of the table of handles; no call is made under them but
 * close(2).
 *
 * <p><b>What is not as on the host.</b>
 *
 * <ul>
 *   <li>Another file system mounted inside the directory is listed and cannot be entered: EXDEV.
 *   <li>FIFOs, sockets and devices cannot be opened (ENXIO): they have a life only where the host
 *       gives it to them.
 *   <li>Several attributes set at once are checked first and then set one after the other; the host
 *       has no call for it.
 *   <li>O_CREAT on a name that exists opens it as open(2) without O_CREAT does, so the host's
 *       fs.protected_regular does not forbid it.
 *   <li>O_DIRECT is accepted and has no effect.
 *   <li>fallocate(2) does not shift what lies behind (COLLAPSE_RANGE, INSERT_RANGE): EOPNOTSUPP.
 *   <li>A file to which nobody refers and whose name the host's kernel has dropped from its caches
 *       is found by its identity where it was seen last. If others moved it, or after a restart, it
 *       is ESTALE until its name is looked at.
 *   <li>A directory has no end to seek from, and no data to seek for (EINVAL).
 *   <li>Not as root: the process's user owns all. Other callers than that user and root are EACCES;
 *       root acts as that user. What others move is lost for who has it without a descriptor
 *       (ESTALE), and so is a rebind after a restart.
 * </ul>
 */
@NullMarked
package dev.coterie.mounts.host;

import org.jspecify.annotations.NullMarked;
