package dev.coterie.check.history;

import dev.coterie.api.Errno;
import java.util.List;
import java.util.StringJoiner;
import org.jspecify.annotations.Nullable;

/**
 * What was asked and answered of a group of names, with identities as small numbers of {@link
 * NamesHistory}.
 */
final class NameAction {
  // Errors that the model knows, as bits: several may be right at a time.
  static final int ENOENT = 1;
  static final int EEXIST = 2;
  static final int EISDIR = 4;
  static final int ENOTDIR = 8;
  static final int ENOTEMPTY = 16;
  static final int ELOOP = 32;
  static final int EPERM = 64;

  /** An error that is never right. */
  static final int OTHER = 1 << 30;

  final Kind kind;
  final int place;
  final int other;
  final int directory; // identity, 0 for none
  final int subject; // identity, 0 for none
  final int result; // identity, 0 for none
  final long links; // -1 when not told
  final int error; // bit; 0 for success, and for what it would have done if the answer is open

  /** What is wrong with the answer in any state. Set while the history is made ready. */
  @Nullable String flaw;

  /** Whether this may be what made {@link #result}. Set while the history is made ready. */
  boolean mayCreate;

  /**
   * Steps that overlap this one and know {@link #result} too: it cannot make what one of them has
   * seen.
   */
  List<Step<NameAction>> rivals = List.of();

  NameAction(Event event, int directory, int subject, int result) {
    this.kind = event.kind();
    this.place = event.arguments().place();
    this.other = event.arguments().other();
    this.directory = directory;
    this.subject = subject;
    this.result = result;
    this.links = event.answer().links();
    boolean failed = Certainty.of(event) == Certainty.ANSWERED && !event.answer().succeeded();
    this.error = failed ? bit(Errno.of(event.answer().errno())) : 0;
  }

  boolean succeeded() {
    return error == 0;
  }

  private static int bit(Errno errno) {
    return switch (errno) {
      case ENOENT -> ENOENT;
      case EEXIST -> EEXIST;
      case EISDIR -> EISDIR;
      case ENOTDIR -> ENOTDIR;
      case ENOTEMPTY -> ENOTEMPTY;
      case ELOOP -> ELOOP;
      case EPERM -> EPERM;
      default -> OTHER;
    };
  }

  /** The names of some errors. */
  static String describe(int errors) {
    StringJoiner text = new StringJoiner(" or ");
    for (Errno errno : Errno.values()) {
      if (bit(errno) != OTHER && (errors & bit(errno)) != 0) {
        text.add(errno.name());
      }
    }
    return text.toString();
  }
}
