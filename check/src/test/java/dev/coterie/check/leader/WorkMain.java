package dev.coterie.check.leader;

import dev.coterie.api.ErrnoException;
import dev.coterie.api.OpenFile;
import dev.coterie.api.OpenFlags;
import dev.coterie.api.Operation.Transferred;
import dev.coterie.api.Token;
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
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/**
 * A healthy client: works in a directory and checks all that it is told, until it hears anything.
 * Says {@code connected}, hears a token, and ends with {@code done ENTRIES} or {@code failed WHY}.
 *
 * <p>Each step appends an entry to a log that all share, writes one at an offset that all share,
 * and does something with files of its own.
 */
final class WorkMain {
  static final String LOG = "log";

  private static final long PAUSE_NANOS = TimeUnit.MICROSECONDS.toNanos(200);
  private static final int OWN_BYTES = 5000;
  private static final int NAMES = 64;

  private final Tree tree;
  private final int writer;
  private final OpenFile log;
  private final OpenFile shared;
  private final OpenFile own;
  private final ByteBuffer back = ByteBuffer.allocate(Entry.BYTES);
  private final ByteBuffer content = ByteBuffer.allocate(OWN_BYTES);
  private final ByteBuffer contentBack = ByteBuffer.allocate(OWN_BYTES);

  private WorkMain(Tree tree, int writer, Token token) throws ErrnoException {
    this.tree = tree;
    this.writer = writer;
    this.log = tree.open(LOG, OpenFlags.O_RDWR | OpenFlags.O_CREAT, 0644);
    this.shared = tree.take(token);
    this.own = tree.open("own-" + writer, OpenFlags.O_RDWR | OpenFlags.O_CREAT, 0644);
  }

  /** Arguments: socket, directory, number of this writer. */
  public static void main(String[] args) throws IOException {
    BufferedReader in =
        new BufferedReader(new InputStreamReader(System.in, StandardCharsets.US_ASCII));
    try (Client client = Client.connect(Address.parse(args[0]), ClientOptions.DEFAULT);
        Tree root = Tree.of(client, ProcessIdentity.self());
        Tree tree = root.at(args[1])) {
      System.out.println("connected");
      WorkMain work = new WorkMain(tree, Integer.parseInt(args[2]), Token.ofSecret(in.readLine()));
      long number = 0;
      while (!in.ready()) {
        work.step(++number);
        LockSupport.parkNanos(PAUSE_NANOS);
      }
      work.log.close();
      work.shared.close();
      work.own.close();
      System.out.println("done " + number);
    } catch (IOException | RuntimeException e) {
      System.out.println("failed " + e);
      System.exit(1);
    }
  }

  private void step(long number) throws IOException {
    Entry entry = new Entry(writer, number);
    require(entry, log, log.append(entry.toBytes()).offset());
    Transferred written = tree.service().writeNext(tree.caller(), shared.handle(), entry.toBytes());
    require(entry, shared, written.offset());

    content.clear();
    while (content.hasRemaining()) {
      content.put((byte) (number * 5 + content.position()));
    }
    write(own, content.flip());
    contentBack.clear();
    read(own, contentBack);
    if (!content.flip().equals(contentBack.flip())) {
      throw new IOException("own content is not what was written");
    }
    if (number % 8 == 0) {
      names(number);
    }
  }

  private void require(Entry entry, OpenFile file, long offset) throws IOException {
    back.clear();
    int count = file.pread(back, offset);
    if (count != Entry.BYTES || !Entry.of(back.flip()).equals(entry)) {
      throw new IOException(entry + " is not at " + offset);
    }
  }

  private static void write(OpenFile file, ByteBuffer bytes) throws IOException {
    for (long at = 0; bytes.hasRemaining(); ) {
      at += file.pwrite(bytes, at);
    }
  }

  private static void read(OpenFile file, ByteBuffer bytes) throws IOException {
    while (bytes.hasRemaining()) {
      if (file.pread(bytes, bytes.position()) == 0) {
        throw new IOException("own file is too short");
      }
    }
  }

  private void names(long number) throws IOException {
    // Again and again the same ones: names that are gone stay in the leader's cache of names.
    String name = "tmp-" + writer + "-" + number % NAMES;
    tree.mkdir(name, 0700);
    tree.rename(name, name + "x", 0);
    tree.rmdir(name + "x");
    own.ftruncate(0);
    if (own.fstat().size() != 0 || tree.stat("own-" + writer).size() != 0) {
      throw new IOException("own file is not empty");
    }
  }
}
