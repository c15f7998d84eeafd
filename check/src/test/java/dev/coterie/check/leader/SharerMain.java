package dev.coterie.check.leader;

import dev.coterie.api.ErrnoException;
import dev.coterie.api.OpenFile;
import dev.coterie.api.OpenFlags;
import dev.coterie.api.Operation.Whence;
import dev.coterie.api.Token;
import dev.coterie.api.Tree;
import dev.coterie.client.Address;
import dev.coterie.client.Client;
import dev.coterie.client.ClientOptions;
import dev.coterie.client.ProcessIdentity;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.Objects;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import org.jspecify.annotations.Nullable;

/**
 * A process that opens a file, or takes it from another, and writes entries to it, each where the
 * one before ended, whoever wrote that. Does what it is told, a line each, and answers with the
 * first word and what there is to say: {@code open PATH}, {@code take TOKEN}, {@code share}, {@code
 * begin COUNT} (of entries, written by another thread), {@code finish} (the number of the last),
 * {@code offset}, {@code close}. Ends when there is nothing more to hear.
 */
final class SharerMain {
  private final Tree tree;
  private final int writer;
  private @Nullable OpenFile file;
  private long last;
  private FutureTask<Long> writing = new FutureTask<>(() -> 0L);

  private SharerMain(Tree tree, int writer) {
    this.tree = tree;
    this.writer = writer;
  }

  /** Arguments: socket, number of this writer, and if there is one more, writes are kept back. */
  public static void main(String[] args) throws Exception {
    BufferedReader in =
        new BufferedReader(new InputStreamReader(System.in, StandardCharsets.US_ASCII));
    ClientOptions copies = ClientOptions.DEFAULT.withCopies(1 << 20);
    ClientOptions options = args.length > 2 ? copies.withWriteBack() : copies;
    try (Client client = Client.connect(Address.parse(args[0]), options);
        Tree tree = Tree.of(client, ProcessIdentity.self())) {
      SharerMain sharer = new SharerMain(tree, Integer.parseInt(args[1]));
      System.out.println("connected");
      for (String line = in.readLine(); line != null; line = in.readLine()) {
        String[] words = line.split(" ");
        System.out.println(words[0] + " " + sharer.answer(words));
      }
    } catch (IOException | RuntimeException e) {
      System.out.println("failed " + e);
      System.exit(1);
    }
  }

  private String answer(String[] words) throws Exception {
    try {
      return switch (words[0]) {
        case "open" -> use(tree.open(words[1], OpenFlags.O_RDWR | OpenFlags.O_CREAT, 0600));
        case "take" -> use(tree.take(Token.ofSecret(words[1])));
        case "share" -> file().share().toSecret();
        case "begin" -> begin(Integer.parseInt(words[1]));
        case "finish" -> Long.toString(finish());
        case "offset" -> Long.toString(file().seek(Whence.CUR, 0));
        case "close" -> {
          file().close();
          yield "";
        }
        default -> throw new IOException("what is " + words[0] + "?");
      };
    } catch (ErrnoException e) {
      return e.errno().name();
    }
  }

  private String use(OpenFile opened) {
    file = opened;
    last = 0;
    return "";
  }

  private OpenFile file() {
    return Objects.requireNonNull(file);
  }

  private String begin(int count) {
    writing = new FutureTask<>(() -> write(count));
    Thread.ofPlatform().start(writing);
    return "";
  }

  private long write(int count) throws IOException {
    for (int i = 0; i < count; i++) {
      if (file().write(new Entry(writer, ++last).toBytes()) != Entry.BYTES) {
        throw new IOException("a short write");
      }
    }
    return last;
  }

  private long finish() throws Exception {
    try {
      return writing.get();
    } catch (ExecutionException e) {
      throw new IOException(e.getCause());
    }
  }
}
