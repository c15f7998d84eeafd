/**
 * The C library through the FFM API: only what the JDK does not offer, or offers at several times
 * the cost.
 *
 * <p>Each binding has the C prototype as its javadoc; {@link dev.coterie.sys.Native} is how it is
 * done. By subject:
 *
 * <pre>
 *  StreamSocket, Accounts      sockets and users, on the bindings in Libc
 *  DirectoryCalls              names in a directory: openat2, mkdirat, renameat2 ...
 *  InodeCalls, Statx           an inode that is not opened: statx, chmod, extended attributes ...
 *  FileHandle                  the kernel's lasting name of an inode
 *  DescriptorCalls, Dirent     what is open: pread, append, fallocate, getdents64 ...
 *  ThreadIdentity              in whose name this thread works
 *  IoUring, SubmissionEntry    queues shared with the kernel; EventCounter wakes who waits in one
 *  Processors, Pages           where a thread runs; memory by the page
 *  Descriptors                 how many there may be
 *  Epoll                       which descriptors are ready
 *  FuseDevice, Fusermount      mounting, by oneself or by the program that does it for users
 *  MountTable, MountNamespace  what is mounted, and for whom
 *  Program, Capabilities       this process begun anew in namespaces, and its rights there
 * </pre>
 *
 * <p>Linux on 64-bit machines; a class here is loaded only by who needs it, as binding costs tens
 * of milliseconds in a fresh JVM.
 */
@NullMarked
package dev.coterie.sys;

import org.jspecify.annotations.NullMarked;
