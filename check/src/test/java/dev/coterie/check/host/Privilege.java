package dev.coterie.check.host;

import java.util.List;

/** What a leader may do on the host, which decides how it reaches inodes again. */
enum Privilege {
  /** Root: opens inodes by the kernel's file handles. */
  HANDLES,

  /** Root without the right to do that: keeps some descriptors, and walks. */
  WALKING,

  /** A user like any other. */
  NOBODY;

  static final int NOBODY_ID = 65534;

  /** Words before a command, that it is run so. */
  List<String> around() {
    return switch (this) {
      case HANDLES -> List.of();
      case WALKING ->
          List.of("setpriv", "--bounding-set=-dac_read_search", "--inh-caps=-dac_read_search");
      case NOBODY ->
          List.of("setpriv", "--reuid=" + NOBODY_ID, "--regid=" + NOBODY_ID, "--clear-groups");
    };
  }
}
