package dev.coterie.check.suite;

import java.io.IOException;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;

/** Clients that keep each write back that they may conform. */
class WriteBackConformanceTest extends ConformanceSuite {
  /** What {@code docs/leases.md} says of writes that are kept back. */
  static Map<String, String> differences() {
    Map<String, String> all = new HashMap<>(CopiesConformanceTest.differences());
    String late = "the space of a file without a name is free when its lease is given back";
    all.put("tmpfile_closed_givesBackItsSpace", late);
    all.put("token_thatExpires_givesBackItsReference", late);
    all.put("write_whenSpaceRunsOut_isShortAndThenEnospc", "told by a later write, fsync or close");
    return all;
  }

  static Set<String> notSeen() {
    Set<String> all = new HashSet<>(CopiesConformanceTest.UNSEEN);
    all.add("write ENOSPC");
    all.add("append ENOSPC");
    return all;
  }

  @Override
  Target open() throws IOException {
    return new CopiesTarget(Target.mounts(), 1);
  }

  @Override
  Map<String, String> exceptions() {
    return differences();
  }

  @Override
  Set<String> unseen() {
    return notSeen();
  }
}
