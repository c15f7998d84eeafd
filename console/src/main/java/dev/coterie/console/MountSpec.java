package dev.coterie.console;

import dev.coterie.api.Caller;
import dev.coterie.api.Limits;
import dev.coterie.core.spi.MountFactory;
import dev.coterie.mounts.host.HostFs;
import dev.coterie.mounts.tmpfs.TmpFs;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * One mount as the user asked for it.
 *
 * @param path where it is grafted: absolute and plain
 * @param kind one of {@link #KINDS}
 * @param source what the kind opens; empty for kinds that open nothing
 * @param options of the kind; those without a value with an empty one
 */
record MountSpec(String path, String kind, String source, Map<String, String> options) {
  static final String KINDS = "tmpfs, host";

  /** An empty tree: what stands at "/" when nobody says otherwise. */
  static final MountSpec ROOT = new MountSpec("/", "tmpfs", "", Map.of());

  /** Reads {@code PATH=KIND[:SOURCE][,option[=value]...]}. */
  static MountSpec parse(String text) throws Failure {
    int equals = text.indexOf('=');
    if (equals < 0) {
      throw Failure.usage("--mount " + text + ": not PATH=KIND[:SOURCE][,option=value...]");
    }
    String[] parts = text.substring(equals + 1).split(",", -1);
    int colon = parts[0].indexOf(':');
    String kind = colon < 0 ? parts[0] : parts[0].substring(0, colon);
    String source = colon < 0 ? "" : parts[0].substring(colon + 1);
    Map<String, String> options = new LinkedHashMap<>();
    for (int i = 1; i < parts.length; i++) {
      int sign = parts[i].indexOf('=');
      String name = sign < 0 ? parts[i] : parts[i].substring(0, sign);
      String value = sign < 0 ? "" : parts[i].substring(sign + 1);
      if (name.isEmpty() || options.put(name, value) != null) {
        throw Failure.usage("--mount " + text + ": empty or repeated option '" + name + "'");
      }
    }
    MountSpec spec = new MountSpec(text.substring(0, equals), kind, source, options);
    spec.check();
    return spec;
  }

  /** Fails with one line when this cannot be a mount, whatever its kind. */
  void check() throws Failure {
    if (!path.startsWith("/") || path.indexOf('\0') >= 0) {
      throw Failure.usage("mount " + path + ": not an absolute path");
    }
    for (String name : path.substring(1).split("/", -1)) {
      if (name.equals(".") || name.equals("..") || (name.isEmpty() && path.length() > 1)) {
        throw Failure.usage("mount " + path + ": not a plain path");
      }
      if (name.getBytes(StandardCharsets.UTF_8).length > Limits.NAME_BYTES) {
        throw Failure.usage("mount " + path + ": a name of over " + Limits.NAME_BYTES + " bytes");
      }
    }
  }

  /** The same, but a tmpfs whose owner is not named is this user's. */
  MountSpec ownedBy(Caller user) {
    if (!kind.equals("tmpfs")) {
      return this;
    }
    Map<String, String> all = new LinkedHashMap<>(options);
    all.putIfAbsent("uid", Integer.toUnsignedString(user.uid()));
    all.putIfAbsent("gid", Integer.toUnsignedString(user.gid()));
    return new MountSpec(path, kind, source, all);
  }

  /** What opens it. */
  MountFactory factory() throws Failure {
    try {
      return switch (kind) {
        case "tmpfs" -> {
          requireNoSource();
          yield TmpFs.Options.parse(options).factory();
        }
        case "host" -> HostFs.Options.parse(source, options).factory();
        default ->
            throw Failure.usage(
                "mount " + path + ": unknown kind '" + kind + "'; there is " + KINDS);
      };
    } catch (IllegalArgumentException e) {
      throw Failure.usage("mount " + path + ": " + e.getMessage());
    }
  }

  private void requireNoSource() throws Failure {
    if (!source.isEmpty()) {
      throw Failure.usage("mount " + path + ": " + kind + " takes no source: " + source);
    }
  }
}
