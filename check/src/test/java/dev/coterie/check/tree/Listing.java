package dev.coterie.check.tree;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.security.DigestInputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Stream;

/**
 * All that must be equal of two trees.
 *
 * @param lines of each path: type and mode, owner, group, time, link target or sha256 and, as the
 *     name of its group, the first path of the same file
 * @param files regular files, each counted once
 * @param further names of files beyond their first
 * @param links symbolic links
 * @param bytes of content, each file counted once
 */
record Listing(SortedMap<String, String> lines, int files, int further, int links, long bytes) {
  static Listing of(Path root) throws IOException {
    SortedMap<String, String> lines = new TreeMap<>();
    Map<Object, String> firstNames = new HashMap<>();
    List<Path> paths;
    try (Stream<Path> below = Files.walk(root)) {
      // In one order in both trees, so that groups get the same names.
      paths = below.filter(path -> !path.equals(root)).sorted().toList();
    }
    int files = 0;
    int further = 0;
    int links = 0;
    long bytes = 0;
    for (Path path : paths) {
      Map<String, Object> found =
          Files.readAttributes(
              path,
              "unix:mode,uid,gid,fileKey,lastModifiedTime,size,isRegularFile",
              LinkOption.NOFOLLOW_LINKS);
      String name = root.relativize(path).toString();
      Object key = found.get("fileKey");
      String first = firstNames.computeIfAbsent(key, one -> name);
      boolean regular = Boolean.TRUE.equals(found.get("isRegularFile"));
      String content = "";
      if (Files.isSymbolicLink(path)) {
        content = Files.readSymbolicLink(path).toString();
        links++;
      } else if (regular && first.equals(name)) {
        content = sha256(path);
        files++;
        bytes += Files.size(path);
      } else if (regular) {
        further++;
      }
      lines.put(
          name,
          "mode %s owner %s:%s time %s content %s, as %s"
              .formatted(
                  Integer.toOctalString((int) found.getOrDefault("mode", 0)),
                  found.get("uid"),
                  found.get("gid"),
                  found.get("lastModifiedTime"),
                  content,
                  first));
    }
    return new Listing(lines, files, further, links, bytes);
  }

  private static String sha256(Path path) throws IOException {
    try {
      MessageDigest digest = MessageDigest.getInstance("SHA-256");
      try (InputStream in = new DigestInputStream(Files.newInputStream(path), digest)) {
        in.transferTo(OutputStream.nullOutputStream());
      }
      return HexFormat.of().formatHex(digest.digest());
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }
}
