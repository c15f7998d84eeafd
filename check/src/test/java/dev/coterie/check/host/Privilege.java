package dev.coterie.check.host;

import java.util.List;

/** What a leader may do on the host, which decides how it reaches inodes again. */
enum Privilege {
  /** Root: opens inodes by the kernel's file handles. */
  HANDLES(List.of()),

  /** Root without the right to do that: keeps some descriptors, and walks. */
  WALKING(List.of("setpriv", "--bounding-set=-dac_read_search", "--inh-caps=-dac_read_search")),

  /** A user like any other. */
  NOBODY(
      List.of(
          "setpriv",
          "--reuid=" + Privilege.NOBODY_ID,
          "--regid=" + Privilege.NOBODY_ID,
          "--clear-groups"));

  static final int NOBODY_ID = 65534;

  private final List<String> around;

  Privilege(List<String> around) {
    this.around = around;
  }

  /** Words before a command, that it is run so. */
  List<String> around() {
    return around;
  }
}
