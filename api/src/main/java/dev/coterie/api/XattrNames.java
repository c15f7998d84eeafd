package dev.coterie.api;

/** Extended attributes that mean something to the tree itself. */
public final class XattrNames {
  private XattrNames() {}

  /** Who may do what with a file: its access control list (acl(5)). */
  public static final Name ACL_ACCESS = Name.of("system.posix_acl_access");

  /** The list that what is made in a directory begins with. */
  public static final Name ACL_DEFAULT = Name.of("system.posix_acl_default");

  /** What a program may do whoever executes it (capabilities(7), "File capabilities"). */
  public static final Name CAPABILITY = Name.of("security.capability");

  /**
   * Makes an event counter of an empty regular file, by its owner: all who open it from then on
   * read and write one eventfd(2) that lives as long as the file. The value is what it counts in
   * decimal, and {@code " semaphore"} behind it if one is taken at a time; none is 0.
   */
  public static final Name COUNTER = Name.of("system.coterie.counter");

  /**
   * {@code no} or {@code yes}, by the owner of a directory or file: whether clients may keep copies
   * of it and of what is below, up to the next that has a choice of its own. On directories of the
   * host it means nothing.
   */
  public static final Name COPIES = Name.of("user.coterie.copies");

  /** Whether it is one of the two access control lists. */
  public static boolean isAcl(Name name) {
    return name.equals(ACL_ACCESS) || name.equals(ACL_DEFAULT);
  }
}
