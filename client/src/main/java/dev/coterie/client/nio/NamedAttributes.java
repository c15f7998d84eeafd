package dev.coterie.client.nio;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.GroupPrincipal;
import java.nio.file.attribute.UserPrincipal;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Attributes by name, {@code [view:]attribute}: what {@code Files.getAttribute} and its like take.
 * The view "unix" is the one of the JDK's own provider.
 */
final class NamedAttributes {
  private static final String ALL = "*";

  private NamedAttributes() {}

  /** An attribute that can be read: its name, and how it comes from the attributes. */
  private record Attribute(String name, Function<CoterieAttributes, Object> value) {}

  private static final List<Attribute> BASIC =
      List.of(
          new Attribute("lastModifiedTime", CoterieAttributes::lastModifiedTime),
          new Attribute("lastAccessTime", CoterieAttributes::lastAccessTime),
          new Attribute("creationTime", CoterieAttributes::creationTime),
          new Attribute("size", CoterieAttributes::size),
          new Attribute("isRegularFile", CoterieAttributes::isRegularFile),
          new Attribute("isDirectory", CoterieAttributes::isDirectory),
          new Attribute("isSymbolicLink", CoterieAttributes::isSymbolicLink),
          new Attribute("isOther", CoterieAttributes::isOther),
          new Attribute("fileKey", CoterieAttributes::fileKey));

  private static final List<Attribute> OWNER =
      List.of(new Attribute("owner", CoterieAttributes::owner));

  private static final List<Attribute> POSIX =
      joined(
          joined(BASIC, OWNER),
          List.of(
              new Attribute("permissions", CoterieAttributes::permissions),
              new Attribute("group", CoterieAttributes::group)));

  private static final List<Attribute> UNIX =
      joined(
          POSIX,
          List.of(
              new Attribute("mode", a -> a.stat().mode()),
              new Attribute("ino", a -> a.stat().id().number()),
              new Attribute("dev", CoterieAttributes::device),
              new Attribute("rdev", a -> a.stat().rdev()),
              new Attribute("nlink", a -> (int) Math.min(a.stat().nlink(), Integer.MAX_VALUE)),
              new Attribute("uid", a -> a.stat().uid()),
              new Attribute("gid", a -> a.stat().gid()),
              new Attribute("ctime", CoterieAttributes::changeTime)));

  private static List<Attribute> joined(List<Attribute> first, List<Attribute> second) {
    return Stream.concat(first.stream(), second.stream()).toList();
  }

  /** The views there are. */
  static final Set<String> VIEWS =
      Collections.unmodifiableSet(
          new LinkedHashSet<>(List.of("basic", "owner", "posix", "unix", "user")));

  private record Asked(String view, String names) {
    static Asked of(String attributes) {
      int colon = attributes.indexOf(':');
      Asked asked =
          colon < 0
              ? new Asked("basic", attributes)
              : new Asked(attributes.substring(0, colon), attributes.substring(colon + 1));
      if (!VIEWS.contains(asked.view)) {
        throw new UnsupportedOperationException("View '" + asked.view + "' not available");
      }
      return asked;
    }
  }

  // ---- reading ----

  static Map<String, Object> read(Place place, String attributes) throws IOException {
    Asked asked = Asked.of(attributes);
    if (asked.names.isEmpty()) {
      throw new IllegalArgumentException("No attributes specified");
    }
    List<String> names = List.of(asked.names.split(","));
    if (asked.view.equals("user")) {
      return readUser(new Views.User(place), names);
    }
    List<Attribute> known = readable(asked.view);
    for (String name : names) {
      if (!name.equals(ALL) && known.stream().noneMatch(a -> a.name.equals(name))) {
        throw new IllegalArgumentException("'" + name + "' not recognized");
      }
    }
    CoterieAttributes read = new Views.Basic(place).readAttributes();
    Map<String, Object> found = new LinkedHashMap<>();
    for (Attribute attribute : known) {
      if (names.contains(attribute.name) || names.contains(ALL)) {
        found.put(attribute.name, attribute.value.apply(read));
      }
    }
    return Collections.unmodifiableMap(found);
  }

  private static List<Attribute> readable(String view) {
    return switch (view) {
      case "owner" -> OWNER;
      case "posix" -> POSIX;
      case "unix" -> UNIX;
      default -> BASIC;
    };
  }

  private static Map<String, Object> readUser(Views.User view, List<String> names)
      throws IOException {
    Map<String, Object> found = new LinkedHashMap<>();
    for (String name : names.contains(ALL) ? view.list() : names) {
      found.put(name, view.get(name));
    }
    return Collections.unmodifiableMap(found);
  }

  // ---- setting ----

  static void set(Place place, String attribute, @Nullable Object value) throws IOException {
    Asked asked = Asked.of(attribute);
    String name = asked.names;
    boolean known =
        switch (asked.view) {
          case "basic" -> setBasic(place, name, value);
          case "owner" -> setOwner(place, name, value);
          case "posix" -> setPosix(place, name, value);
          case "unix" -> setUnix(place, name, value);
          default -> setUser(new Views.User(place), name, value);
        };
    if (!known) {
      throw new IllegalArgumentException("'" + attribute + "' not recognized");
    }
  }

  private static boolean setBasic(Place place, String name, @Nullable Object value)
      throws IOException {
    switch (name) {
      case "lastModifiedTime" -> Views.setTimes(place, (FileTime) value, null);
      case "lastAccessTime" -> Views.setTimes(place, null, (FileTime) value);
      case "creationTime" -> {
        var _ = (FileTime) value; // it cannot be changed
      }
      default -> {
        return false;
      }
    }
    return true;
  }

  private static boolean setOwner(Place place, String name, @Nullable Object value)
      throws IOException {
    if (name.equals("owner")) {
      Views.setOwner(place, Principals.uid((UserPrincipal) required(value)), -1);
      return true;
    }
    return false;
  }

  private static boolean setPosix(Place place, String name, @Nullable Object value)
      throws IOException {
    switch (name) {
      case "permissions" -> Views.setMode(place, Options.mode((Set<?>) required(value)));
      case "group" -> Views.setOwner(place, -1, Principals.gid((GroupPrincipal) required(value)));
      default -> {
        return setOwner(place, name, value) || setBasic(place, name, value);
      }
    }
    return true;
  }

  private static boolean setUnix(Place place, String name, @Nullable Object value)
      throws IOException {
    switch (name) {
      case "mode" -> Views.setMode(place, (Integer) required(value));
      case "uid" -> Views.setOwner(place, (Integer) required(value), -1);
      case "gid" -> Views.setOwner(place, -1, (Integer) required(value));
      default -> {
        return setPosix(place, name, value);
      }
    }
    return true;
  }

  private static boolean setUser(Views.User view, String name, @Nullable Object value)
      throws IOException {
    Object content = required(value);
    view.write(name, content instanceof byte[] b ? ByteBuffer.wrap(b) : (ByteBuffer) content);
    return true;
  }

  private static Object required(@Nullable Object value) {
    return Objects.requireNonNull(value);
  }
}
