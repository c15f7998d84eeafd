/**
 * A file system in memory, like the kernel's tmpfs: {@link dev.coterie.mounts.tmpfs.TmpFs} with
 * {@link dev.coterie.mounts.tmpfs.TmpFs.Options}. Where a program can see a number (sizes, blocks,
 * link counts, times, what statfs says) it is the kernel's (mm/shmem.c, fs/libfs.c).
 *
 * <p><b>What is where.</b>
 *
 * <pre>
 *  on the heap                                                outside the heap
 *  -----------                                                ----------------
 *  TmpFs  nodes: identity -> TmpNode
 *    |
 *  TmpNode.Dir      Directory: name -> entry, and entries by cookie
 *  TmpNode.File     PageTable: page index -> page number  --> PageStore: slabs of 512 pages
 *  TmpNode.Symlink  target below 128 bytes; else a page   --> (as above)
 *  TmpNode.Special  device number
 *  each             Xattrs, once there are any
 * </pre>
 *
 * <p><b>The page table</b> of a file is a radix tree over page indexes (offset / 4096), 64 ways, in
 * which a level that has only one way is left out, and in which arrays are as long as what they
 * hold. Page 0, page 5 (allocated ahead, never written) and page 1,000,000 of a file:
 *
 * <pre>
 *                    Branch  prefix 0, shift 18: way = index >> 18 & 63
 *                    present 1001       (ways 0 and 3)
 *                    children [ o, o ]
 *                              /    \
 *  PageLeaf  prefix 0         /      \   PageLeaf  prefix 15625 (= 1,000,000 / 64)
 *  present  100001  (slots 0 and 5)      present  1             (slot 0)
 *  written  000001  (slot 0)             written  1
 *  pages    [ 17, 18 ]                   pages    [ 4711 ]
 *
 *  page number 4711 = slab 9, page 103 in it
 * </pre>
 *
 * A full leaf takes 5 bytes of heap for each page; a page alone takes 140 at most. A slot that is
 * present and not written counts as allocated, reads as zeros and is a hole to SEEK_DATA.
 *
 * <p><b>Bounds.</b> Content is bounded by {@code size}; with its tables it takes a thirtieth of
 * that of heap at worst, usually a thousandth. Inodes, further hard links and extended attributes
 * together are bounded by {@code nr_inodes}, each of which stands for 1 KiB of heap; as much again
 * may access control lists take, which statfs(2) does not show. A new inode takes about 350 bytes
 * with its name and entry.
 *
 * <p><b>Locks.</b> The core's operation lock of an inode guards all that belongs to it. Shared by
 * inodes are {@code nodes} (concurrent map), {@code InodeSpace} (one atomic number) and {@code
 * PageStore}, whose order is {@code growth} (while memory is got or given back) before {@code lock}
 * (page numbers). Content is copied under neither.
 *
 * <p><b>Unlike the kernel's.</b> A command that fails has changed nothing (the kernel marks the
 * times of a write that ends with ENOSPC). Entries are listed oldest first, not newest first.
 * Copies keep holes. FALLOC_FL_ZERO_RANGE works. Limits cannot be switched off.
 */
@NullMarked
package dev.coterie.mounts.tmpfs;

import org.jspecify.annotations.NullMarked;
