package dev.coterie.client.nio;

import dev.coterie.api.TreePath;
import java.io.IOException;
import java.net.URI;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.ProviderMismatchException;
import java.nio.file.WatchEvent;
import java.nio.file.WatchKey;
import java.nio.file.WatchService;
import java.util.Arrays;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * A path: bytes between single slashes, none at the end unless it is the root. Equal in all its
 * algebra to the path of the JDK's own provider on Unix.
 *
 * <p>Immutable. What is found out about the bytes is kept; two threads may both find it out.
 */
final class CoteriePath implements Path {
  private static final byte[] NO_BYTES = new byte[0];
  private static final TreePath HERE = TreePath.of(".");

  private final CoterieFileSystem fileSystem; // immutable
  private final byte[] bytes; // immutable

  // Found out on first use.
  private int @Nullable [] starts; // of each name; the empty path has one, which is empty
  private int hash;
  private @Nullable String text;
  private @Nullable TreePath treePath;

  /** Takes over the array, in which slashes are single and none is at the end but the root's. */
  CoteriePath(CoterieFileSystem fileSystem, byte[] bytes) {
    this.fileSystem = fileSystem;
    this.bytes = bytes;
  }

  /** The path with these bytes, slashes put right. */
  static CoteriePath of(CoterieFileSystem fileSystem, byte[] bytes) {
    return new CoteriePath(fileSystem, withSingleSlashes(bytes));
  }

  /** The path as this provider's: ProviderMismatchException if it is not. */
  static CoteriePath of(Path path) {
    Objects.requireNonNull(path);
    if (path instanceof CoteriePath ours) {
      return ours;
    }
    throw new ProviderMismatchException();
  }

  private static byte[] withSingleSlashes(byte[] bytes) {
    byte[] kept = null;
    int count = 0;
    for (int i = 0; i < bytes.length; i++) {
      boolean dropped =
          bytes[i] == '/' && i > 0 && (bytes[i - 1] == '/' || onlySlashesFrom(bytes, i));
      if (dropped && kept == null) {
        kept = bytes.clone();
        count = i;
      } else if (!dropped && kept != null) {
        kept[count++] = bytes[i];
      }
    }
    return kept == null ? bytes : Arrays.copyOf(kept, count);
  }

  private static boolean onlySlashesFrom(byte[] bytes, int at) {
    int i = at;
    while (i < bytes.length && bytes[i] == '/') {
      i++;
    }
    return i == bytes.length;
  }

  // ---- bytes and names ----

  /** The bytes, not to be changed. */
  byte[] bytes() {
    return bytes;
  }

  boolean isEmpty() {
    return bytes.length == 0;
  }

  /** As the tree takes it; the empty path is the working directory. */
  TreePath treePath() {
    TreePath known = treePath;
    if (known == null) {
      known = isEmpty() ? HERE : TreePath.wrap(bytes);
      treePath = known;
    }
    return known;
  }

  /** As the tree takes it below an open directory, where the empty path is none (openat(2)). */
  TreePath treePathBelow() {
    return isEmpty() ? TreePath.wrap(bytes) : treePath();
  }

  private int[] starts() {
    int[] known = starts;
    if (known == null) {
      known = findStarts();
      starts = known;
    }
    return known;
  }

  private int[] findStarts() {
    int count = isEmpty() ? 1 : 0;
    for (int i = 0; i < bytes.length; i++) {
      count += isStart(i) ? 1 : 0;
    }
    int[] found = new int[count];
    int next = 0;
    for (int i = 0; i < bytes.length; i++) {
      if (isStart(i)) {
        found[next++] = i;
      }
    }
    return found;
  }

  private boolean isStart(int at) {
    return bytes[at] != '/' && (at == 0 || bytes[at - 1] == '/');
  }

  /** Where the name ends, its slash not included. */
  private int end(int index) {
    int[] all = starts();
    return index == all.length - 1 ? bytes.length : all[index + 1] - 1;
  }

  private CoteriePath part(int from, int to) {
    return new CoteriePath(fileSystem, Arrays.copyOfRange(bytes, from, to));
  }

  private CoteriePath empty() {
    return new CoteriePath(fileSystem, NO_BYTES);
  }

  /** Whether the last name is ".", or there is none and it is this directory all the same. */
  boolean endsInDot() {
    int count = getNameCount();
    return isEmpty() || count > 0 && isDot(count - 1);
  }

  private boolean isDot(int index) {
    int start = starts()[index];
    return end(index) - start == 1 && bytes[start] == '.';
  }

  private boolean isDotDot(int index) {
    int start = starts()[index];
    return end(index) - start == 2 && bytes[start] == '.' && bytes[start + 1] == '.';
  }

  private boolean hasDots() {
    for (int i = 0; i < getNameCount(); i++) {
      if (isDot(i) || isDotDot(i)) {
        return true;
      }
    }
    return false;
  }

  // ---- parts ----

  @Override
  public CoterieFileSystem getFileSystem() {
    return fileSystem;
  }

  @Override
  public boolean isAbsolute() {
    return bytes.length > 0 && bytes[0] == '/';
  }

  @Override
  public @Nullable CoteriePath getRoot() {
    return isAbsolute() ? fileSystem.root() : null;
  }

  @Override
  public @Nullable CoteriePath getFileName() {
    int count = getNameCount();
    if (count == 0) {
      return null;
    }
    int start = starts()[count - 1];
    return start == 0 ? this : part(start, bytes.length);
  }

  @Override
  public @Nullable CoteriePath getParent() {
    int count = getNameCount();
    if (count == 0) {
      return null;
    }
    int end = starts()[count - 1] - 1;
    return end <= 0 ? getRoot() : part(0, end);
  }

  @Override
  public int getNameCount() {
    return starts().length;
  }

  @Override
  public CoteriePath getName(int index) {
    if (index < 0 || index >= getNameCount()) {
      throw new IllegalArgumentException("no name " + index + " in " + this);
    }
    return part(starts()[index], end(index));
  }

  @Override
  public CoteriePath subpath(int beginIndex, int endIndex) {
    if (beginIndex < 0 || beginIndex >= endIndex || endIndex > getNameCount()) {
      throw new IllegalArgumentException("no names " + beginIndex + " to " + endIndex);
    }
    return part(starts()[beginIndex], end(endIndex - 1));
  }

  // ---- comparing ----

  @Override
  public boolean startsWith(Path other) {
    if (!(Objects.requireNonNull(other) instanceof CoteriePath that)
        || that.fileSystem != fileSystem
        || that.bytes.length > bytes.length
        || (that.isEmpty() && !isEmpty())) {
      return false;
    }
    int length = that.bytes.length;
    return Arrays.equals(bytes, 0, length, that.bytes, 0, length)
        && (length == bytes.length || bytes[length] == '/' || that.getNameCount() == 0);
  }

  @Override
  public boolean endsWith(Path other) {
    if (!(Objects.requireNonNull(other) instanceof CoteriePath that)
        || that.fileSystem != fileSystem
        || that.bytes.length > bytes.length
        || (that.isEmpty() && !isEmpty())) {
      return false;
    }
    if (that.isAbsolute()) {
      return Arrays.equals(bytes, that.bytes);
    }
    int start = bytes.length - that.bytes.length;
    return Arrays.equals(bytes, start, bytes.length, that.bytes, 0, that.bytes.length)
        && (start == 0 || bytes[start - 1] == '/');
  }

  /** By bytes without a sign; paths of different file systems with equal bytes by file system. */
  @Override
  public int compareTo(Path other) {
    CoteriePath that = (CoteriePath) other;
    int byBytes = Arrays.compareUnsigned(bytes, that.bytes);
    return byBytes != 0 ? byBytes : Long.compare(fileSystem.number(), that.fileSystem.number());
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof CoteriePath that
        && that.fileSystem == fileSystem
        && Arrays.equals(bytes, that.bytes);
  }

  @Override
  public int hashCode() {
    int known = hash;
    if (known == 0) {
      known = Arrays.hashCode(bytes) * 31 + Long.hashCode(fileSystem.number());
      hash = known;
    }
    return known;
  }

  /** The text, which has all bytes in it: {@link PathText}. */
  @Override
  public String toString() {
    String known = text;
    if (known == null) {
      known = PathText.decode(bytes);
      text = known;
    }
    return known;
  }

  // ---- composing ----

  @Override
  public CoteriePath resolve(Path other) {
    return resolve(CoteriePath.of(other));
  }

  CoteriePath resolve(CoteriePath that) {
    if (that.isAbsolute()) {
      return that;
    }
    if (that.isEmpty()) {
      return this;
    }
    return isEmpty() ? new CoteriePath(fileSystem, that.bytes) : child(that.bytes);
  }

  /** The path of an entry of this directory, by its name or relative path. */
  CoteriePath child(byte[] name) {
    if (isEmpty()) {
      return new CoteriePath(fileSystem, name);
    }
    int slash = bytes.length == 1 && isAbsolute() ? 0 : 1;
    byte[] joined = Arrays.copyOf(bytes, bytes.length + slash + name.length);
    if (slash == 1) {
      joined[bytes.length] = '/';
    }
    System.arraycopy(name, 0, joined, bytes.length + slash, name.length);
    return new CoteriePath(fileSystem, joined);
  }

  @Override
  public CoteriePath normalize() {
    int count = getNameCount();
    if (count == 0 || isEmpty() || !hasDots()) {
      return this;
    }
    int[] kept = new int[count]; // a stack of names
    int top = 0;
    for (int i = 0; i < count; i++) {
      if (isDot(i)) {
        continue;
      }
      boolean takesBack = isDotDot(i) && (top > 0 ? !isDotDot(kept[top - 1]) : isAbsolute());
      if (!takesBack) {
        kept[top++] = i;
      } else if (top > 0) {
        top--;
      }
    }
    return top == count ? this : of(kept, top);
  }

  /** The path of some of these names, absolute if this one is. */
  private CoteriePath of(int[] names, int count) {
    if (count == 0) {
      return isAbsolute() ? fileSystem.root() : empty();
    }
    byte[] joined = new byte[bytes.length];
    int length = 0;
    for (int i = 0; i < count; i++) {
      if (i > 0 || isAbsolute()) {
        joined[length++] = '/';
      }
      int start = starts()[names[i]];
      int size = end(names[i]) - start;
      System.arraycopy(bytes, start, joined, length, size);
      length += size;
    }
    return new CoteriePath(fileSystem, Arrays.copyOf(joined, length));
  }

  @Override
  public CoteriePath relativize(Path other) {
    CoteriePath that = CoteriePath.of(other);
    if (that.equals(this)) {
      return empty();
    }
    if (isAbsolute() != that.isAbsolute() || that.fileSystem != fileSystem) {
      throw new IllegalArgumentException("'other' is of another kind: " + that);
    }
    if (isEmpty()) {
      return that;
    }
    if (hasDots() || that.hasDots()) {
      return normalize().relativizeNormal(that.normalize());
    }
    return relativizeNormal(that);
  }

  private CoteriePath relativizeNormal(CoteriePath that) {
    // A path that came to nothing has no names to climb out of, or to go down to.
    int count = isEmpty() ? 0 : getNameCount();
    int thatCount = that.isEmpty() ? 0 : that.getNameCount();
    int common = 0;
    while (common < count && common < thatCount && sameName(common, that)) {
      common++;
    }
    for (int i = common; i < count; i++) {
      if (isDotDot(i)) {
        throw new IllegalArgumentException("no way from " + this + " to " + that);
      }
    }
    byte[] rest =
        common == thatCount
            ? NO_BYTES
            : Arrays.copyOfRange(that.bytes, that.starts()[common], that.bytes.length);
    int up = count - common;
    byte[] joined = new byte[3 * up + rest.length];
    for (int i = 0; i < up; i++) {
      joined[3 * i] = '.';
      joined[3 * i + 1] = '.';
      joined[3 * i + 2] = '/';
    }
    System.arraycopy(rest, 0, joined, 3 * up, rest.length);
    boolean surplusSlash = rest.length == 0 && up > 0;
    return new CoteriePath(
        fileSystem, surplusSlash ? Arrays.copyOf(joined, joined.length - 1) : joined);
  }

  private boolean sameName(int index, CoteriePath that) {
    return Arrays.equals(
        bytes, starts()[index], end(index), that.bytes, that.starts()[index], that.end(index));
  }

  // ---- the file system ----

  @Override
  public CoteriePath toAbsolutePath() {
    return isAbsolute() ? this : fileSystem.root().resolve(this);
  }

  @Override
  public CoteriePath toRealPath(LinkOption... options) throws IOException {
    return fileSystem.realPath(this, Options.follows(options));
  }

  @Override
  public URI toUri() {
    return fileSystem.toUri(this);
  }

  @Override
  public WatchKey register(
      WatchService watcher, WatchEvent.Kind<?>[] events, WatchEvent.Modifier... modifiers)
      throws IOException {
    Objects.requireNonNull(watcher);
    if (watcher instanceof CoterieWatchService ours && ours.fileSystem() == fileSystem) {
      return ours.register(this, events.clone(), modifiers.clone());
    }
    throw new ProviderMismatchException();
  }
}
