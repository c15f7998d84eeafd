package dev.coterie.check.nio;

import java.util.regex.Pattern;

/**
 * What legitimately differs between the JDK's provider and ours, and what the test does about it.
 * All there is: any other difference is a fault.
 */
enum FilesDifference {
  /**
   * A failure of a channel is a plain IOException of the JDK's; ours is a FileSystemException,
   * which is one and says which file it was.
   */
  CHANNELS_NAME_THEIR_FILE,

  /** The JDK compares a position with the size of a directory before it fails. Not tried. */
  TRANSFERS_OF_DIRECTORIES,

  /** Below an open directory the JDK cannot set the times of a link itself; ours can. Not tried. */
  TIMES_OF_A_LINK_BELOW,

  /**
   * Entries come in any order. They are sorted; and no walk is made that ends at the first loop, as
   * which directories it has read by then is a matter of order.
   */
  ORDER_OF_ENTRIES,

  /**
   * createTempFile and createTempDirectory keep others out only on the JDK's own file system, which
   * they ask for by name. The steps always say which permissions they want.
   */
  TEMPORARY_FILES_OF_OTHERS,

  /** Below an open directory the JDK does not say which directory was not empty; ours does. */
  NOT_EMPTY_BUT_WHICH;

  private static final Pattern NAMED = Pattern.compile("FileSystemException\\([^()]*, null\\)");

  /** Whether two answers are as good as equal. */
  static boolean agree(String kernel, String ours) {
    return kernel.equals(ours)
        || kernel.equals("DirectoryNotEmptyException(null, null)")
            && ours.startsWith("DirectoryNotEmptyException(")
        || kernel.contains("IOException")
            && kernel.equals(NAMED.matcher(ours).replaceAll("IOException"));
  }
}
