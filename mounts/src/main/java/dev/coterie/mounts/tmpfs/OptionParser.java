package dev.coterie.mounts.tmpfs;

import dev.coterie.core.spi.InsideMount.AtimePolicy;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * Reads the options of tmpfs(5).
 *
 * <p>Defaults: {@code size} is half of the machine's memory (of the container's, where one is set),
 * as the kernel's. {@code nr_inodes} is one for each two pages of that memory, as the kernel's, but
 * at most a quarter of the heap in KiB: an inode with its name, attributes and entries takes less
 * than a KiB, so files without content cannot exhaust the heap. The root is {@code mode=1777},
 * owned by root, and {@code relatime} holds.
 *
 * <p>Unlike the kernel's, no limit can be switched off: 0 is an error.
 */
final class OptionParser {
  private static final int ROOT_MODE = 01777;

  /** In order, so that errors are too. */
  private final Map<String, String> given;

  private final List<String> errors = new ArrayList<>();

  private long sizeBytes;
  private long inodes;
  private int mode = ROOT_MODE;
  private int uid;
  private int gid;
  private boolean readOnly;
  private AtimePolicy atime = AtimePolicy.RELATIME;
  private boolean copies = true;

  OptionParser(Map<String, String> given) {
    this.given = new TreeMap<>(given);
  }

  TmpFs.Options parse() {
    excludeEachOther("size", "nr_blocks");
    excludeEachOther("ro", "rw");
    excludeEachOther("noatime", "relatime", "strictatime");
    given.forEach(this::take);
    if (!errors.isEmpty()) {
      throw new IllegalArgumentException("tmpfs: " + String.join("; ", errors));
    }
    return new TmpFs.Options(
        sizeBytes > 0 ? sizeBytes : defaultSize(),
        inodes > 0 ? inodes : defaultInodes(),
        mode,
        uid,
        gid,
        readOnly,
        atime,
        copies);
  }

  private void excludeEachOther(String... options) {
    List<String> found = new ArrayList<>(List.of(options));
    found.retainAll(given.keySet());
    if (found.size() > 1) {
      errors.add(String.join(" and ", found) + " exclude each other");
    }
  }

  private void take(String option, String value) {
    switch (option) {
      case "size" -> sizeBytes = size(value);
      case "nr_blocks" -> {
        long pagesMax = TmpFs.Options.SIZE_MAX_BYTES / PageStore.PAGE_BYTES;
        sizeBytes = amount(option, value, pagesMax) * PageStore.PAGE_BYTES;
      }
      case "nr_inodes" -> inodes = amount(option, value, TmpFs.Options.INODES_MAX);
      case "mode" -> mode = mode(value);
      case "uid" -> uid = id(option, value);
      case "gid" -> gid = id(option, value);
      case "ro", "rw" -> {
        requireNoValue(option, value);
        readOnly = option.equals("ro");
      }
      case "copies" -> copies = yesOrNo(option, value);
      case "noatime", "relatime", "strictatime" -> {
        requireNoValue(option, value);
        atime = AtimePolicy.valueOf(option.toUpperCase(java.util.Locale.ROOT));
      }
      default -> errors.add("unknown option " + option);
    }
  }

  private void requireNoValue(String option, String value) {
    if (!value.isEmpty()) {
      errors.add(option + " takes no value: " + value);
    }
  }

  private boolean yesOrNo(String option, String value) {
    if (!value.equals("yes") && !value.equals("no")) {
      errors.add(option + ": neither yes nor no: " + value);
    }
    return value.equals("yes");
  }

  private long size(String value) {
    if (!value.endsWith("%")) {
      return amount("size", value, TmpFs.Options.SIZE_MAX_BYTES);
    }
    long percent = number(value.substring(0, value.length() - 1), 10);
    if (percent < 1 || percent > 1000) {
      errors.add("size: not a percentage of the machine's memory: " + value);
      return 1;
    }
    return Math.min(MachineMemory.bytes() / 100 * percent, TmpFs.Options.SIZE_MAX_BYTES);
  }

  /** A number with k, m, g or t behind it, from 1 to {@code max}. */
  private long amount(String option, String value, long max) {
    String digits = value;
    int shift = 0;
    if (!value.isEmpty()) {
      int unit = "kmgt".indexOf(Character.toLowerCase(value.charAt(value.length() - 1)));
      if (unit >= 0) {
        digits = value.substring(0, value.length() - 1);
        shift = 10 * (unit + 1);
      }
    }
    long number = number(digits, 10);
    if (number < 0) {
      errors.add(option + ": not a number with k, m, g or t: " + value);
      return 1;
    }
    if (number == 0 || number > max >> shift) {
      errors.add(option + ": not in 1.." + max + ": " + value);
      return 1;
    }
    return number << shift;
  }

  private int mode(String value) {
    long number = number(value, 8);
    if (number < 0 || number > 07777) {
      errors.add("mode: not octal permissions: " + value);
      return ROOT_MODE;
    }
    return (int) number;
  }

  private int id(String option, String value) {
    long number = number(value, 10);
    // The highest stands for "no id".
    if (number < 0 || number >= 0xFFFF_FFFFL) {
      errors.add(option + ": not an id: " + value);
      return 0;
    }
    return (int) number;
  }

  /** A number of digits alone, or -1. */
  private static long number(String digits, int radix) {
    for (int i = 0; i < digits.length(); i++) {
      if (digits.charAt(i) > '9' || Character.digit(digits.charAt(i), radix) < 0) {
        return -1;
      }
    }
    try {
      return Long.parseLong(digits, radix);
    } catch (NumberFormatException e) {
      return -1; // none at all, or too many
    }
  }

  private static long defaultSize() {
    return Math.clamp(MachineMemory.bytes() / 2, 1, TmpFs.Options.SIZE_MAX_BYTES);
  }

  private static long defaultInodes() {
    long asKernel = MachineMemory.bytes() / PageStore.PAGE_BYTES / 2;
    long inHeap = Runtime.getRuntime().maxMemory() / 4 / InodeSpace.INODE_BYTES;
    return Math.clamp(Math.min(asKernel, inHeap), 1, TmpFs.Options.INODES_MAX);
  }
}
