package dev.coterie.api;

/**
 * What is known of the file system an inode lies on: statfs(2).
 *
 * @param type magic number a program sees in {@code f_type}
 * @param bsize size of one block, in bytes
 * @param blocks blocks in all
 * @param bfree free blocks
 * @param bavail free blocks for users other than root
 * @param files inodes in all
 * @param ffree free inodes
 * @param fsid identity of this file system
 * @param namelen longest name, in bytes
 */
public record StatFs(
    int type,
    int bsize,
    long blocks,
    long bfree,
    long bavail,
    long files,
    long ffree,
    long fsid,
    int namelen) {}
