package dev.coterie.sys;

/**
 * Who is at the other end of a unix socket, as the kernel noted it when the peer connected. Source:
 * unix(7), SO_PEERCRED.
 *
 * @param pid process
 * @param uid effective user
 * @param gid effective group
 * @param groups supplementary groups
 */
public record PeerCredentials(int pid, int uid, int gid, int[] groups) {}
