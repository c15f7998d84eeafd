package dev.coterie.client.nio;

import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;

/**
 * Globs as {@code FileSystem.getPathMatcher} describes them, made regular expressions over the text
 * of a path.
 */
final class Glob {
  private final String glob;
  private final StringBuilder regex = new StringBuilder();
  private int at; // in glob: what is to be read next

  private Glob(String glob) {
    this.glob = glob;
  }

  /**
   * @throws PatternSyntaxException the glob is not one
   */
  static String toRegex(String glob) {
    Glob translation = new Glob(glob);
    translation.sequence(false);
    return translation.regex.toString();
  }

  private boolean hasNext() {
    return at < glob.length();
  }

  private boolean takes(char c) {
    boolean there = hasNext() && glob.charAt(at) == c;
    at += there ? 1 : 0;
    return there;
  }

  private char take(String otherwise) {
    if (!hasNext()) {
      throw wrong(otherwise);
    }
    return glob.charAt(at++);
  }

  private PatternSyntaxException wrong(String what) {
    return new PatternSyntaxException(what, glob, Math.max(at - 1, 0));
  }

  /** Up to the end, or within a group up to its closing brace. */
  private void sequence(boolean inGroup) {
    while (hasNext()) {
      char c = take("");
      switch (c) {
        case '*' -> regex.append(takes('*') ? ".*" : "[^/]*");
        case '?' -> regex.append("[^/]");
        case '[' -> bracket();
        case '\\' -> literal(take("No character to escape"));
        case '{' -> {
          if (inGroup) {
            throw wrong("Cannot nest groups");
          }
          regex.append("(?:");
          sequence(true);
          regex.append(')');
        }
        case '}' -> {
          if (inGroup) {
            return;
          }
          literal(c);
        }
        case ',' -> regex.append(inGroup ? "|" : ",");
        default -> literal(c);
      }
    }
    if (inGroup) {
      throw wrong("Missing '}'");
    }
  }

  private void literal(char c) {
    regex.append(Character.isSurrogate(c) ? String.valueOf(c) : Pattern.quote(String.valueOf(c)));
  }

  /**
   * "Within a bracket expression the *, ? and \ characters match themselves. The (-) character
   * matches itself if it is the first character within the brackets, or the first character after
   * the ! if negating."
   */
  private void bracket() {
    StringBuilder set = new StringBuilder();
    boolean negated = takes('!');
    if (takes('-')) {
      range(set, '-', '-');
    }
    while (!takes(']')) {
      char first = take("Missing ']'");
      if (first == '-') {
        throw wrong("Invalid range");
      }
      if (first == '/') {
        throw wrong("Explicit 'name separator' in class");
      }
      boolean dash = takes('-');
      if (!dash || (hasNext() && glob.charAt(at) == ']')) {
        range(set, first, first);
        if (dash) {
          range(set, '-', '-');
        }
      } else {
        range(set, first, take("Missing ']'"));
      }
    }
    if (set.isEmpty()) {
      throw wrong("Empty set of characters");
    }
    regex.append("[[^/]&&[").append(negated ? "^" : "").append(set).append("]]");
  }

  private void range(StringBuilder set, char first, char last) {
    if (last < first) {
      throw wrong("Invalid range");
    }
    set.append("\\x{%x}-\\x{%x}".formatted((int) first, (int) last));
  }
}
