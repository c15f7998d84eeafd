/**
 * A tree as a file system of {@code java.nio.file}: {@code Files}, channels, directory streams and
 * attributes, for any program that takes a {@code Path}.
 *
 * <pre>{@code
 * // The leader, and a file system in its own process, without a socket.
 * try (Leader leader =
 *         Leader.builder().mount("/", TmpFs.Options.defaults().factory()).listen(socket).start();
 *     FileSystem here = CoterieFileSystems.of(leader.openSession())) {
 *   Files.writeString(here.getPath("/greeting"), "hello\n");
 *
 *   // In another process: the same tree, by the leader's socket.
 *   URI tree = URI.create("coterie:" + socket + "!/");
 *   try (FileSystem there = FileSystems.newFileSystem(tree, Map.of())) {
 *     Files.writeString(Path.of(tree).resolve("greeting"), "hello again\n", APPEND);
 *   }
 *   System.out.print(Files.readString(here.getPath("/greeting")));
 * }
 * }</pre>
 *
 * <h2>URIs</h2>
 *
 * <pre>
 *  coterie:/socket/path!/path       a leader's unix socket
 *  coterie://host:port/path         a leader's TCP port
 *  coterie://local-1/path           a tree in this process; the name is given to it
 * </pre>
 *
 * A {@code !} in the path of the socket is written {@code %21}. {@code newFileSystem} takes the
 * properties {@link dev.coterie.client.nio.CoterieFileSystemProvider#TREE} and {@link
 * dev.coterie.client.nio.CoterieFileSystemProvider#CONNECT_MS_MAX}. A leader's tree is open once in
 * a process by its URI; {@link dev.coterie.client.nio.CoterieFileSystems} opens any number more.
 *
 * <h2>What is promised</h2>
 *
 * <ul>
 *   <li><b>Coherence.</b> Nothing is cached, neither names nor attributes nor content: what
 *       returned in one process is what the next call in any other sees.
 *   <li><b>The behaviour of the JDK's own provider on Linux</b>, its exceptions included; a failing
 *       channel also says of which file. Paths are equal to its paths in all their algebra.
 *   <li><b>Names are bytes.</b> Those that are UTF-8 read as such. A byte that is part of none
 *       becomes U+DC00 + byte in {@code toString}, which {@code getPath} takes back, so that no
 *       name is lost. Source: PEP 383.
 *   <li><b>{@code APPEND}</b> is the leader's: up to half a mebibyte is written as one, wherever
 *       the end is then, by however many processes.
 *   <li><b>{@code ATOMIC_MOVE}</b> is one rename(2). {@code REPLACE_EXISTING} alone removes first,
 *       as the JDK's provider does.
 *   <li><b>{@code DELETE_ON_CLOSE}</b> removes the name at once, as the JDK's provider does.
 *   <li><b>{@code SYNC}, {@code DSYNC}, {@code force}</b> are fsync(2), as far as the mount is
 *       durable.
 *   <li><b>{@code SecureDirectoryStream}</b> works on the inode that was opened, whatever happens
 *       to its path.
 *   <li><b>Interrupts.</b> A channel is closed by one, as {@code InterruptibleChannel} has it. A
 *       call on paths is not disturbed by an interrupt that came before; one that comes while it
 *       waits at the leader cancels it ({@code InterruptedIOException}), and then it had no effect.
 *   <li><b>Watching.</b> A {@code WatchService} is told of changes by every process, before the
 *       call that made them returns; on a mount of a host directory, of others' too. {@link
 *       dev.coterie.client.nio.TreeModifier#FILE_TREE} watches all below a directory, and misses
 *       nothing in directories that come to be there.
 *   <li><b>{@code FileLock}</b> is the JVM's, over all channels and file systems of one leader, as
 *       the JDK has it, and excludes other JVMs: at the leader it is a POSIX lock of this process,
 *       so it also meets {@code fcntl} of programs on kernel mounts. An interrupt ends a wait
 *       ({@code FileLockInterruptionException}, which closes the channel), and so does closing. An
 *       asynchronous channel waits without a thread. A lock ends with its own channel alone; that
 *       of another channel of the file takes nothing along, which is better than the JDK promises.
 *       A wait that would never end is an {@code IOException}. Locks for threads: {@link
 *       dev.coterie.api.HandleLocks}.
 *   <li><b>Identity.</b> {@code fileKey} and {@code isSameFile} go by the inode, which is the same
 *       in all processes. In view "unix", (dev, ino) is one file of one leader.
 * </ul>
 *
 * <h2>What there is not</h2>
 *
 * Mapping: no memory of this process shows what another writes, and a copy would not be a mapping.
 * It is {@code UnsupportedOperationException}. Users and groups have the names that this machine's
 * {@code /etc/passwd} and {@code /etc/group} give them; no directory service is asked. The time of
 * creation cannot be set.
 *
 * <p>Inside: {@code CoteriePath} is the algebra; everything on paths goes through {@link
 * dev.coterie.api.Tree}; channels speak to the {@link dev.coterie.api.FileService} itself, so that
 * closing can give up what waits ({@link dev.coterie.api.Pending}); {@code Failures} is where an
 * errno becomes an exception.
 */
@NullMarked
package dev.coterie.client.nio;

import org.jspecify.annotations.NullMarked;
