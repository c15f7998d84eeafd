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

  /** Whether it is one of the two access control lists. */
  public static boolean isAcl(Name name) {
    return name.equals(ACL_ACCESS) || name.equals(ACL_DEFAULT);
  }
}
