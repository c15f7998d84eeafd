package dev.coterie.api;

import java.util.Arrays;

/**
 * On whose behalf an operation is done: what the kernel keeps in a process's credentials, as far as
 * files are concerned. Immutable.
 */
public final class Caller {
  /** The superuser, with no umask: what a leader uses for itself. */
  public static final Caller ROOT = new Caller(0, 0, new int[0], 0, 0);

  /** The identity of those who have none to show (inode(7) calls it the overflow uid). */
  public static final Caller NOBODY = new Caller(65534, 65534, new int[0], 0, 022);

  private final int uid;
  private final int gid;
  private final int[] groups;
  private final int pid;
  private final int umask;

  /**
   * @param uid user
   * @param gid primary group
   * @param groups supplementary groups, in any order; at most {@link Limits#GROUPS}
   * @param pid process, 0 when unknown
   * @param umask permission bits that a creating operation leaves out
   */
  public Caller(int uid, int gid, int[] groups, int pid, int umask) {
    if (groups.length > Limits.GROUPS) {
      throw new IllegalArgumentException("more than " + Limits.GROUPS + " groups");
    }
    this.uid = uid;
    this.gid = gid;
    this.groups = groups.clone();
    Arrays.sort(this.groups);
    this.pid = pid;
    this.umask = umask & 0777;
  }

  public int uid() {
    return uid;
  }

  public int gid() {
    return gid;
  }

  /** The supplementary groups, ascending, as a copy. */
  public int[] groups() {
    return groups.clone();
  }

  public int pid() {
    return pid;
  }

  public int umask() {
    return umask;
  }

  /** Whether this is uid 0, which stands for every capability that concerns files. */
  public boolean isRoot() {
    return uid == 0;
  }

  /** Whether {@code group} is the primary or a supplementary group. */
  public boolean inGroup(int group) {
    return gid == group || Arrays.binarySearch(groups, group) >= 0;
  }

  public Caller withUmask(int mask) {
    return new Caller(uid, gid, groups, pid, mask);
  }

  /** The same user with another primary group, as setfsgid(2). */
  public Caller withGid(int group) {
    return group == gid ? this : new Caller(uid, group, groups, pid, umask);
  }

  public Caller withPid(int process) {
    return new Caller(uid, gid, groups, process, umask);
  }

  /** Whether both have the same user, groups and rights; pid and umask may differ. */
  public boolean sameIdentity(Caller other) {
    return uid == other.uid && gid == other.gid && Arrays.equals(groups, other.groups);
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof Caller that
        && sameIdentity(that)
        && pid == that.pid
        && umask == that.umask;
  }

  @Override
  public int hashCode() {
    return ((uid * 31 + gid) * 31 + pid) * 31 + umask;
  }

  @Override
  public String toString() {
    return "uid " + uid + " gid " + gid + " groups " + Arrays.toString(groups) + " pid " + pid;
  }
}
