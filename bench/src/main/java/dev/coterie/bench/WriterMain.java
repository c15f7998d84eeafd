package dev.coterie.bench;

import dev.coterie.api.OpenFile;
import dev.coterie.api.OpenFlags;
import dev.coterie.api.Token;
import dev.coterie.api.Tree;
import dev.coterie.client.Address;
import dev.coterie.client.Appender;
import dev.coterie.client.Client;
import dev.coterie.client.ClientOptions;
import dev.coterie.client.ProcessIdentity;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;

/**
 * One of our processes in {@code mockup-*}, what {@code mockup.py client} is for the peer, and in
 * {@code writes-*}. Arguments: ADDRESS INDEX. For each line FILE HOW WINDOW_SECONDS TAIL_SECONDS it
 * connects, opens and says "open"; then {@code share} is answered by a token, and {@code go} by
 * writing and what came of it. HOW is a mode, or such a token:
 *
 * <pre>
 *  private   at the offset                 alone     at the place where the record belongs
 *  append    at the end, with O_APPEND     copies    the same, by a client that keeps writes back
 *  shared    as private, then shared       buffered  at the end, many records in one append
 * </pre>
 */
public final class WriterMain {
  private static final int MODE = 0600;
  private static final long COPIES_BYTES = 16 << 20;

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
    String how = order[1];
    ClientOptions options =
        how.equals("copies")
            ? ClientOptions.DEFAULT.withCopies(COPIES_BYTES).withWriteBack()
            : ClientOptions.DEFAULT;
    double inWindow;
    long written;
    try (Client client = Client.connect(Address.parse("unix:" + address), options);
        Tree tree = Tree.of(client, ProcessIdentity.self());
        OpenFile file = open(tree, order[0], how);
        Way way = way(client, tree, file, how)) {
      System.out.println("open");
      awaitGo(file);
      long begin = System.nanoTime();
      long count = writeFor(way, window, 0);
      way.flush();
      // What was kept back belongs to the time.
      inWindow = (double) count * window / (System.nanoTime() - begin);
      written = writeFor(way, tail, count);
    }
    System.out.println("{\"window\":" + inWindow + ",\"written\":" + written + ",\"messages\":0}");
  }

  private static OpenFile open(Tree tree, String path, String how) throws IOException {
    int flags = OpenFlags.O_WRONLY | OpenFlags.O_CREAT;
    return switch (how) {
      case "private", "shared", "alone", "copies", "buffered" -> tree.open(path, flags, MODE);
      case "append" -> tree.open(path, flags | OpenFlags.O_APPEND, MODE);
      default -> tree.take(Token.ofSecret(how));
    };
  }

  /** How a record is written. */
  private interface Way extends AutoCloseable {
    void write(ByteBuffer record, long number) throws IOException;

    /** Until all have what is written. */
    void flush() throws IOException;

    @Override
    void close() throws IOException;
  }

  private static Way way(Client client, Tree tree, OpenFile file, String how) throws IOException {
    return switch (how) {
      case "buffered" ->
          new Buffered(Appender.of(client, tree.caller(), file, Appender.Options.DEFAULT));
      case "alone", "copies" -> new Single(file, true);
      default -> new Single(file, false);
    };
  }

  private record Buffered(Appender appender) implements Way {
    @Override
    public void write(ByteBuffer record, long number) throws IOException {
      appender.append(record);
    }

    @Override
    public void flush() throws IOException {
      appender.flush();
    }

    @Override
    public void close() throws IOException {
      appender.close();
    }
  }

  /**
   * One by one.
   *
   * @param placed where the number says, or at the offset
   */
  private record Single(OpenFile file, boolean placed) implements Way {
    @Override
    public void write(ByteBuffer record, long number) throws IOException {
      int written = placed ? file.pwrite(record, number * Records.BYTES) : file.write(record);
      if (written != Records.BYTES) {
        throw new IOException("short write");
      }
    }

    @Override
    public void flush() throws IOException {
      if (placed) {
        file.fsync(); // a client with copies may have kept some back
      }
    }

    @Override
    public void close() {}
  }

  private void awaitGo(OpenFile file) throws IOException {
    for (String order = in.readLine(); "share".equals(order); order = in.readLine()) {
      System.out.println(file.share().toSecret());
    }
  }

  /** Writes records until the time is over; the number of the next. */
  private long writeFor(Way way, long nanos, long first) throws IOException {
    long number = first;
    long end = System.nanoTime() + nanos;
    while (System.nanoTime() < end) {
      Records.setNumber(line, number);
      way.write(buffer.clear(), number);
      number++;
    }
    return number;
  }
}
