package dev.coterie.api;

/**
 * Every bound of the product, by name. A length, count or size from outside is held against one of
 * these first.
 */
public final class Limits {
  private Limits() {}

  /** Longest name of a directory entry, in bytes (limits.h, NAME_MAX). */
  public static final int NAME_BYTES = 255;

  /** Longest path, in bytes, its final NUL included as in limits.h (PATH_MAX). */
  public static final int PATH_BYTES = 4096;

  /** Longest target of a symbolic link, in bytes: PATH_MAX less the final NUL. */
  public static final int SYMLINK_BYTES = PATH_BYTES - 1;

  /** Symbolic links followed in one resolution before ELOOP (path_resolution(7)). */
  public static final int SYMLINKS_FOLLOWED = 40;

  /** Longest name of an extended attribute, in bytes (linux/limits.h, XATTR_NAME_MAX). */
  public static final int XATTR_NAME_BYTES = 255;

  /** Largest value of an extended attribute, in bytes (linux/limits.h, XATTR_SIZE_MAX). */
  public static final int XATTR_VALUE_BYTES = 65_536;

  /**
   * Entries of an access control list: as many as Linux's FUSE can take, for which a list is a page
   * at most.
   */
  public static final int ACL_ENTRIES = 511;

  /**
   * All names of one inode's extended attributes with their NULs, in bytes (linux/limits.h,
   * XATTR_LIST_MAX).
   */
  public static final int XATTR_LIST_BYTES = 65_536;

  /**
   * Supplementary groups of one caller (linux/limits.h, NGROUPS_MAX is larger; AUTH_SYS and our
   * gates need this many).
   */
  public static final int GROUPS = 1024;

  /**
   * Hard links of one inode (the kernel's ext4 allows 65,000; tmpfs has no such bound of its own).
   */
  public static final long LINKS = Integer.MAX_VALUE;

  /** Largest offset in a file, in bytes: loff_t is signed. */
  public static final long FILE_BYTES = Long.MAX_VALUE;

  /**
   * Largest count of one read or write, in bytes: what Linux transfers at most (read(2), NOTES).
   */
  public static final int TRANSFER_BYTES = 0x7ffff000;

  /** Smallest frame size a peer may ask for: the kernel refuses less (9P, Tversion). */
  public static final int MSIZE_MIN_BYTES = 4096;

  /** Largest frame on the wire, in bytes: 1 MiB of data and the header of a read or write. */
  public static final int MSIZE_MAX_BYTES = (1 << 20) + 24;

  /** Names in one walk (9P, MAXWELEM). */
  public static final int WALK_NAMES = 16;

  /**
   * Connections a leader serves at a time, unless it is told another number; more are refused with
   * a reason.
   */
  public static final int CONNECTIONS = 1024;

  /** Sessions that outlive their connections, of one user; more are refused with EUSERS. */
  public static final int SESSIONS_PER_USER = 1024;

  /** Operations in one message of several. */
  public static final int COMPOUND_OPERATIONS = 64;

  /** Longest reply of several operations that are applied once, in bytes: it is kept. */
  public static final int KEPT_REPLY_BYTES = 4096;

  /** Changes of one session that are applied once and may be under way; a reply is kept of each. */
  public static final int SLOTS_PER_SESSION = 960;

  /** Requests one connection may have parked or running elsewhere; more are answered EAGAIN. */
  public static final int REQUESTS_PER_CONNECTION = 1024;

  /**
   * Bytes that the parked requests of one connection may hold; beyond, they are answered EAGAIN.
   */
  public static final long PARKED_BYTES_PER_CONNECTION = 32L << 20;

  /**
   * Values of extended attributes that the fids of one connection may hold, read or not yet set, in
   * bytes; more are answered ENOMEM.
   */
  public static final long XATTR_BYTES_PER_CONNECTION = 16L << 20;

  /** Fids of one connection; more are answered EMFILE. */
  public static final int FIDS_PER_CONNECTION = 1 << 20;

  /** Open handles of one session; more are answered EMFILE. */
  public static final int HANDLES_PER_SESSION = 1 << 20;

  /**
   * Tokens of shared handles that one session may have waiting to be taken; more are answered
   * EMFILE.
   */
  public static final int TOKENS_PER_SESSION = 4096;

  /** How long a token of a shared handle waits to be taken, in milliseconds. */
  public static final long TOKEN_MS = 60_000;

  /** Ranges of files that one session may hold locked, in all; more are answered ENOLCK. */
  public static final int LOCKS_PER_SESSION = 1 << 16;

  /** Ranges that one session may hold locked in one file by itself, under a lease. */
  public static final int LOCKS_PER_LEASE = 64;

  /** What it may say of them when it gives the lease back: each range, and each handle besides. */
  public static final int LOCKS_PER_RETURN = 1_024;

  /** Names of clients that a plain 9P connection may ask for locks by. */
  public static final int LOCK_CLIENTS_PER_CONNECTION = 1024;

  /** How long a plain 9P client that would wait for a lock is held, in milliseconds. */
  public static final long LOCK_HOLD_MS = 1000;

  /** Members of one event set; more are answered ENOSPC (as epoll's max_user_watches). */
  public static final int EVENT_SET_MEMBERS = 1 << 20;

  /** Event sets in event sets, counted in sets, before ELOOP: as many as Linux has. */
  public static final int EVENT_SET_DEPTH = 5;

  /** Events that one wait reports at most; more are reported by the next. */
  public static final int EVENTS_PER_WAIT = 4096;

  /**
   * Changes that one watch queue keeps; more are counted and dropped (Linux,
   * fs.inotify.max_queued_events).
   */
  public static final int CHANGES_PER_QUEUE = 16_384;

  /** Paths of the changes that one watch queue keeps, in bytes; more are counted and dropped. */
  public static final long CHANGE_BYTES_PER_QUEUE = 4L << 20;

  /**
   * Longest path of a change, in bytes: fits the smallest frame. A change deeper below a watch
   * counts as one that was not kept.
   */
  public static final int CHANGE_PATH_BYTES = 4000;

  /** Inodes that one watch queue watches; more are answered ENOSPC. */
  public static final int WATCHES_PER_QUEUE = 1 << 16;

  /**
   * Watch queues of one session; more are answered EMFILE (Linux, fs.inotify.max_user_instances).
   */
  public static final int WATCH_QUEUES_PER_SESSION = 128;

  /** Dentries the core keeps beyond those its mounts hold. */
  public static final int DENTRIES = 1 << 18;

  /** Mounts in one tree. */
  public static final int MOUNTS = 1024;

  /**
   * Bytes one copy_file_range moves before it answers short, so that a copy can be cancelled and
   * progress be shown.
   */
  public static final long COPY_BYTES = 8L << 20;

  // ---- leases ----

  /** Leases of one session. Beyond that none is granted. */
  public static final int LEASES_PER_SESSION = 65_536;

  /** Leases named in one message. */
  public static final int LEASES_PER_MESSAGE = 1_024;

  /** How long a lease may be used after the last sign of life of the leader, in milliseconds. */
  public static final int LEASE_MS = 2_000;

  /** How much two clocks may drift apart within {@link #LEASE_MS}, and more, in milliseconds. */
  public static final int LEASE_MARGIN_MS = 200;

  /** How long a recalled lease is waited for, in milliseconds. */
  public static final int LEASE_RECALL_MS = LEASE_MS + LEASE_MARGIN_MS;

  /** Recalls of one inode without a pause, after which none is granted until there was one. */
  public static final int LEASE_RECALLS_IN_A_ROW = 3;

  /** How long that is counted for, in milliseconds. */
  public static final int LEASE_QUIET_MS = 1_000;

  // ---- keys ----

  /** Name of a key, in bytes. */
  public static final int KEY_NAME_BYTES = 255;

  /** Value of a key, in bytes. */
  public static final int KEY_VALUE_BYTES = 4_096;

  /** Keys that one session refers to. */
  public static final int KEYS_PER_SESSION = 4_096;

  /** Keys of a tree. */
  public static final int KEYS_PER_TREE = 65_536;
}
