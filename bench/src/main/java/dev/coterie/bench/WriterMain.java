package dev.coterie.bench;

import dev.coterie.api.FileService;
import dev.coterie.api.OpenFile;
import dev.coterie.api.OpenFlags;
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

/**
 * One of our processes in {@code mockup-*}: what {@code mockup.py client} is for the peer.
 * Arguments: ADDRESS INDEX. For each line FILE HOW WINDOW_SECONDS TAIL_SECONDS it connects, opens
 * and says "open"; then {@code share} is answered by a token, and {@code go} by writing and what
 * came of it. HOW is a mode, or such a token.
 */
public final class WriterMain {
  private static final int MODE = 0600;

  private final String address;
  private final byte[] line;
  private final ByteBuffer buffer;
  private final BufferedReader in;

  private WriterMain(String address, int index, BufferedReader in) {
    this.address = address;
    this.line = Records.line(index);
    this.buffer = ByteBuffer.wrap(line);
    this.in = in;
  }

  public static void main(String[] args) throws IOException {
    BufferedReader in =
        new BufferedReader(new InputStreamReader(System.in, StandardCharsets.US_ASCII));
    WriterMain writer = new WriterMain(args[0], Integer.parseInt(args[1]), in);
    System.out.println("ready");
    for (String order = in.readLine(); order != null; order = in.readLine()) {
      writer.work(order.split(" ", -1));
    }
  }

  private void work(String[] order) throws IOException {
    long window = Math.round(Double.parseDouble(order[2]) * 1e9);
    long tail = Math.round(Double.parseDouble(order[3]) * 1e9);
    long inWindow;
    long written;
    try (FileService service =
            Client.connect(Address.parse("unix:" + address), ClientOptions.DEFAULT);
        Tree tree = Tree.of(service, ProcessIdentity.self());
        OpenFile file = open(tree, order[0], order[1])) {
      System.out.println("open");
      awaitGo(file);
      inWindow = writeFor(file, window, 0);
      written = writeFor(file, tail, inWindow);
    }
    System.out.println("{\"window\":" + inWindow + ",\"written\":" + written + ",\"messages\":0}");
  }

  private static OpenFile open(Tree tree, String path, String how) throws IOException {
    int flags = OpenFlags.O_WRONLY | OpenFlags.O_CREAT;
    return switch (how) {
      case "private", "shared" -> tree.open(path, flags, MODE);
      case "append" -> tree.open(path, flags | OpenFlags.O_APPEND, MODE);
      default -> tree.take(Token.ofSecret(how));
    };
  }

  private void awaitGo(OpenFile file) throws IOException {
    for (String order = in.readLine(); "share".equals(order); order = in.readLine()) {
      System.out.println(file.share().toSecret());
    }
  }

  /** Writes records until the time is over; the number of the next. */
  private long writeFor(OpenFile file, long nanos, long first) throws IOException {
    long number = first;
    long end = System.nanoTime() + nanos;
    while (System.nanoTime() < end) {
      Records.setNumber(line, number++);
      if (file.write(buffer.clear()) != line.length) {
        throw new IOException("short write");
      }
    }
    return number;
  }
}
