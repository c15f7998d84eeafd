package dev.coterie.client.nio;

import java.io.BufferedReader;
import java.io.FileReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.ProviderMismatchException;
import java.nio.file.attribute.GroupPrincipal;
import java.nio.file.attribute.UserPrincipal;
import java.nio.file.attribute.UserPrincipalLookupService;
import java.nio.file.attribute.UserPrincipalNotFoundException;
import java.util.Objects;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * Users and groups: numbers in the tree, with the names that this machine's {@code /etc/passwd} and
 * {@code /etc/group} give them. A number without a name is written in decimals.
 *
 * <p>Read at each question, as others may change them; no directory service is asked. Source:
 * passwd(5), group(5).
 */
final class Principals extends UserPrincipalLookupService {
  private static final String USERS = "/etc/passwd";
  private static final String GROUPS = "/etc/group";
  private static final int NAME = 0;
  private static final int NUMBER = 2;

  static final Principals LOOKUP = new Principals();

  private Principals() {}

  /** A user by number; equal to every other of that number. */
  static class User implements UserPrincipal {
    private final int id;
    private @Nullable String name; // looked up when asked for

    User(int id) {
      this.id = id;
    }

    int id() {
      return id;
    }

    @Override
    public String getName() {
      String known = name;
      if (known == null) {
        known = nameOf(this instanceof Group ? GROUPS : USERS, id);
        name = known;
      }
      return known;
    }

    @Override
    public boolean equals(@Nullable Object other) {
      return other instanceof User that
          && id == that.id
          && (this instanceof Group) == (that instanceof Group);
    }

    @Override
    public int hashCode() {
      return this instanceof Group ? ~id : id;
    }

    @Override
    public String toString() {
      return getName();
    }
  }

  /** A group by number. */
  static final class Group extends User implements GroupPrincipal {
    Group(int id) {
      super(id);
    }
  }

  /** The number of an owner: IOException it is a group. */
  static int uid(UserPrincipal owner) throws IOException {
    Objects.requireNonNull(owner, "owner");
    if (!(owner instanceof User user)) {
      throw new ProviderMismatchException();
    }
    if (owner instanceof Group) {
      throw new IOException("'owner' is a group");
    }
    return user.id();
  }

  static int gid(GroupPrincipal group) {
    Objects.requireNonNull(group, "group");
    if (!(group instanceof Group ours)) {
      throw new ProviderMismatchException();
    }
    return ours.id();
  }

  @Override
  public UserPrincipal lookupPrincipalByName(String name) throws IOException {
    return new User(numberOf(USERS, name));
  }

  @Override
  public GroupPrincipal lookupPrincipalByGroupName(String group) throws IOException {
    return new Group(numberOf(GROUPS, group));
  }

  private static int numberOf(String file, String name) throws IOException {
    Objects.requireNonNull(name);
    String[] entry = find(file, fields -> fields[NAME].equals(name));
    try {
      return Integer.parseUnsignedInt(entry == null ? name : entry[NUMBER]);
    } catch (NumberFormatException e) {
      throw new UserPrincipalNotFoundException(name);
    }
  }

  private static String nameOf(String file, int id) {
    String number = Integer.toUnsignedString(id);
    String[] entry = find(file, fields -> fields[NUMBER].equals(number));
    return entry == null ? number : entry[NAME];
  }

  /** The first entry that is wanted; null also where there is no such file. */
  private static String @Nullable [] find(String file, Predicate<String[]> wanted) {
    try (BufferedReader lines = new BufferedReader(new FileReader(file, StandardCharsets.UTF_8))) {
      for (String line = lines.readLine(); line != null; line = lines.readLine()) {
        String[] fields = line.split(":");
        if (fields.length > NUMBER && wanted.test(fields)) {
          return fields;
        }
      }
      return null;
    } catch (IOException e) {
      return null;
    }
  }
}
