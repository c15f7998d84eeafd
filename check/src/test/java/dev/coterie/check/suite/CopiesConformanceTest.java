package dev.coterie.check.suite;

import java.io.IOException;
import java.lang.reflect.Method;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** A client that answers from copies conforms. */
class CopiesConformanceTest extends ConformanceSuite {
  /** What {@code docs/leases.md} says of access times, and checks that take leases themselves. */
  static Map<String, String> differences() {
    Map<String, String> all = new HashMap<>();
    all.put("strictatime_marksEveryRead", "a read of a copy marks no access time");
    all.put("relatime_marksAReadADayLater", "a read of a copy marks no access time");
    for (Method check : LeaseChecks.class.getDeclaredMethods()) {
      String name = check.getName();
      if (check.isAnnotationPresent(Test.class)
          && !name.startsWith("lease_")
          && !name.startsWith("recalls_giving")) {
        all.put(name, "leases are taken by whoever keeps the copies");
      }
    }
    for (Method check : KeyChecks.class.getDeclaredMethods()) {
      if (check.isAnnotationPresent(Test.class)) {
        all.put(check.getName(), "recalls of keys are taken by whoever keeps the copies");
      }
    }
    return all;
  }

  /** Only those checks see them. */
  static final Set<String> UNSEEN =
      Set.of(
          "nextrecalls success",
          "nextrecalls EAGAIN",
          "nextrecalls EBUSY",
          "nextrecalls EINTR",
          "nextrecalls EINVAL",
          "openkey success",
          "openkey EINVAL",
          "openkey ENOSPC",
          "usekey success",
          "usekey EACCES",
          "usekey EBADF",
          "usekey EINVAL",
          "usekey EINTR",
          "usekey ETIMEDOUT",
          "returnkey success",
          "returnkey EACCES",
          "returnkey EBADF",
          "returnkey EMSGSIZE",
          "returnkey EPERM",
          "closekey success",
          "closekey EBADF");

  @Override
  Target open() throws IOException {
    return new CopiesTarget(Target.mounts());
  }

  @Override
  Map<String, String> exceptions() {
    return differences();
  }

  @Override
  Set<String> unseen() {
    return UNSEEN;
  }
}
