package dev.coterie.check.host;

import dev.coterie.api.DirEntry;
import dev.coterie.api.ErrnoException;
import dev.coterie.api.InodeId;
import dev.coterie.api.OpenFile;
import dev.coterie.api.OpenFlags;
import dev.coterie.api.Stat;
import dev.coterie.api.Tree;
import dev.coterie.client.Address;
import dev.coterie.client.Client;
import dev.coterie.client.ClientOptions;
import dev.coterie.client.ProcessIdentity;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.zip.CRC32;
import org.jspecify.annotations.Nullable;

/**
 * A client that tells what it sees of a directory each time it is asked, and holds on to all it saw
 * the time before: the directory and its files stay open.
 */
final class LookerMain {
  private final Tree tree;
  private final OpenFile directory;
  private Map<InodeId, OpenFile> held = new HashMap<>();

  private LookerMain(Tree tree) throws ErrnoException {
    this.tree = tree;
    this.directory = tree.open(".", OpenFlags.O_RDONLY | OpenFlags.O_DIRECTORY, 0);
  }

  /** Arguments: socket. */
  public static void main(String[] args) throws IOException {
    BufferedReader in =
        new BufferedReader(new InputStreamReader(System.in, StandardCharsets.US_ASCII));
    try (Client client = Client.connect(Address.parse(args[0]), ClientOptions.DEFAULT);
        Tree tree = Tree.of(client, ProcessIdentity.self())) {
      LookerMain looker = new LookerMain(tree);
      System.out.println("connected");
      for (String line = in.readLine(); line != null; line = in.readLine()) {
        System.out.println(line + " " + looker.look());
      }
    }
  }

  /** All names with number, size, mode and checksum; or what does not fit together. */
  private String look() throws ErrnoException {
    Map<String, String> seen = new TreeMap<>();
    Map<InodeId, OpenFile> opened = new HashMap<>();
    for (DirEntry entry : directory.list(true)) {
      if (entry.name().isDots()) {
        continue;
      }
      String name = entry.name().toString();
      Stat stat = tree.stat(name);
      if (!stat.id().equals(entry.id()) || !isSame(stat, entry.stat())) {
        return "listed " + entry.stat() + " but is " + stat;
      }
      OpenFile before = held.remove(stat.id());
      OpenFile now = tree.open(name, OpenFlags.O_RDONLY, 0);
      String content = content(now, stat);
      if (before != null) {
        String through = content(before, before.fstat());
        if (!through.equals(content)) {
          return "open file has " + through + " but name has " + content;
        }
        before.close();
      }
      opened.put(stat.id(), now);
      seen.put(name, content);
    }
    for (OpenFile gone : held.values()) {
      gone.close();
    }
    held = opened;
    List<String> again =
        tree.list(".", false).stream().map(e -> e.name().toString()).sorted().toList();
    if (!again.equals(List.copyOf(seen.keySet()))) {
      return "listed " + again + " but has " + seen.keySet();
    }
    return seen.toString();
  }

  /** But for the access time: others look as well. */
  private static boolean isSame(Stat now, @Nullable Stat before) {
    if (before == null) {
      return false;
    }
    Stat was =
        new Stat(
            before.id(),
            before.mode(),
            before.nlink(),
            before.uid(),
            before.gid(),
            before.rdev(),
            before.size(),
            before.blksize(),
            before.blocks(),
            now.atime(),
            before.mtime(),
            before.ctime(),
            before.btime(),
            before.change());
    return now.equals(was);
  }

  private static String content(OpenFile file, Stat stat) throws ErrnoException {
    ByteBuffer bytes = ByteBuffer.allocate((int) stat.size() + 10);
    int count = 1;
    for (int at = 0; count > 0; at += count) {
      count = file.pread(bytes, at);
    }
    CRC32 crc = new CRC32();
    crc.update(bytes.flip());
    long ino = stat.id().number() & (1L << 48) - 1;
    return "%d:%d:%o:%d:%08x"
        .formatted(ino, stat.size(), stat.mode() & 07777, bytes.limit(), crc.getValue());
  }
}
