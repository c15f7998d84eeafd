package dev.coterie.check.nio;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static java.nio.charset.StandardCharsets.UTF_8;
import static java.nio.file.StandardOpenOption.CREATE;
import static java.nio.file.StandardOpenOption.READ;
import static java.nio.file.StandardOpenOption.WRITE;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.channels.AsynchronousFileChannel;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.channels.SeekableByteChannel;
import java.nio.file.CopyOption;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import org.jspecify.annotations.Nullable;

/** Steps that read and write. */
final class ContentSteps {
  private ContentSteps() {}

  static void addTo(FilesStep.Table table) {
    table.add(20, "writeString", (w, d) -> Files.writeString(d.path(), d.text()));
    table.add(30, "write", (w, d) -> Files.write(d.path(), d.bytes(), d.openOptionList()));
    table.add(
        5, "writeLines", (w, d) -> Files.write(d.path(), List.of(d.text()), d.openOptionList()));
    table.add(10, "readAllBytes", (w, d) -> Files.readAllBytes(d.path()));
    table.add(5, "readString", (w, d) -> Files.readString(d.path()).getBytes(UTF_8));
    table.add(5, "readAllLines", (w, d) -> Files.readAllLines(d.path(), US_ASCII).size());
    table.add(10, "mismatch", (w, d) -> Files.mismatch(d.path(), d.path()));
    table.add(10, "newInputStream", ContentSteps::read);
    table.add(10, "newOutputStream", ContentSteps::write);
    table.add(8, "copyFromStream", ContentSteps::copyIn);
    table.add(5, "copyToStream", ContentSteps::copyOut);
    table.add(40, "newByteChannel", ContentSteps::channel);
    table.add(10, "transfer", ContentSteps::transfer);
    table.add(10, "asynchronous", ContentSteps::asynchronous);
    table.add(15, "open", ContentSteps::open);
    table.add(60, "ofOpen", ContentSteps::ofOpen);
  }

  private static Object read(FilesWorld w, FilesDraw d) throws Exception {
    try (InputStream in = Files.newInputStream(d.path(), d.openOptionList())) {
      List<Object> seen = new ArrayList<>(List.of(in.available(), in.skip(d.below(20))));
      seen.add(in.readNBytes(d.below(50)));
      seen.add(in.read());
      return seen;
    }
  }

  private static @Nullable Object write(FilesWorld w, FilesDraw d) throws Exception {
    try (OutputStream out = Files.newOutputStream(d.path(), d.openOptionList())) {
      out.write(d.bytes());
      out.write('x');
    }
    return null;
  }

  private static Object copyIn(FilesWorld w, FilesDraw d) throws Exception {
    CopyOption[] options =
        d.once(2) ? new CopyOption[] {StandardCopyOption.REPLACE_EXISTING} : d.copyOptions();
    return Files.copy(new ByteArrayInputStream(d.bytes()), d.path(), options);
  }

  private static Object copyOut(FilesWorld w, FilesDraw d) throws Exception {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    long count = Files.copy(d.path(), out);
    return List.of(count, out.toByteArray());
  }

  /** A file opened in any way, and something done with it. */
  private static Object channel(FilesWorld w, FilesDraw d) throws Exception {
    try (SeekableByteChannel channel =
        Files.newByteChannel(d.path(), d.openOptions(), d.attributes())) {
      return List.of(use(w, d, channel), use(w, d, channel), use(w, d, channel));
    }
  }

  private static Object open(FilesWorld w, FilesDraw d) throws Exception {
    int slot = d.below(FilesWorld.SLOTS);
    w.keep(slot, FileChannel.open(d.path(), d.openOptions(), d.attributes()));
    return "opened";
  }

  private static @Nullable Object ofOpen(FilesWorld w, FilesDraw d) throws Exception {
    FileChannel channel = w.channel(d.below(FilesWorld.SLOTS));
    if (channel == null) {
      return "not open";
    }
    if (d.once(2)) {
      return use(w, d, channel);
    }
    byte[] first = d.bytes();
    byte[] second = d.bytes();
    ByteBuffer[] two = {ByteBuffer.wrap(first), ByteBuffer.wrap(second)};
    ByteBuffer one = two[0];
    int position = d.below(100);
    return switch (d.below(7)) {
      case 0 -> List.of(channel.read(one, position), first);
      case 1 -> List.of(channel.write(one, position), one.position());
      case 2 -> List.of(channel.read(two), first, second);
      case 3 -> List.of(channel.write(two), two[0].position(), two[1].position());
      case 4 -> {
        channel.force(d.once(2));
        yield null;
      }
      case 5 -> {
        ByteArrayInputStream from = new ByteArrayInputStream(d.bytes());
        yield channel.transferFrom(Channels.newChannel(from), position, d.below(100));
      }
      default -> {
        if (d.once(4)) {
          channel.close();
        }
        yield channel.isOpen();
      }
    };
  }

  /** One call; if it fails, that is its answer, and the channel can still be used. */
  private static Object use(FilesWorld w, FilesDraw d, SeekableByteChannel channel) {
    try {
      return switch (d.below(8)) {
        case 0, 1 -> {
          ByteBuffer buffer = ByteBuffer.allocate(d.below(60));
          yield List.of(channel.read(buffer), buffer.array());
        }
        case 2, 3 -> channel.write(ByteBuffer.wrap(d.bytes()));
        case 4 -> channel.position();
        case 5 -> channel.position(d.below(100) - 5).position();
        case 6 -> channel.truncate(d.below(100) - 5).position();
        default -> channel.size();
      };
    } catch (Exception e) {
      return w.failure(e);
    }
  }

  private static Object transfer(FilesWorld w, FilesDraw d) throws Exception {
    boolean likely = d.once(2);
    Path source = d.path();
    if (Files.isDirectory(source)) {
      return FilesDifference.TRANSFERS_OF_DIRECTORIES;
    }
    try (FileChannel from = FileChannel.open(source, likely ? Set.of(READ) : d.openOptions());
        FileChannel to =
            FileChannel.open(d.path(), likely ? Set.of(WRITE, CREATE) : d.openOptions())) {
      long moved =
          d.once(2)
              ? from.transferTo(d.below(60), d.below(30_000), to)
              : to.transferFrom(from, d.below(60), d.below(30_000));
      return List.of(moved, from.position(), to.position());
    }
  }

  private static Object asynchronous(FilesWorld w, FilesDraw d) throws Exception {
    Path path = d.path();
    try (AsynchronousFileChannel channel =
        AsynchronousFileChannel.open(path, d.openOptions(), null, d.attributes())) {
      ByteBuffer read = ByteBuffer.allocate(d.below(60));
      ByteBuffer written = ByteBuffer.wrap(d.bytes());
      return switch (d.below(4)) {
        case 0 -> List.of(channel.read(read, d.below(60)).get(), read.array());
        case 1 -> channel.write(written, d.below(60)).get();
        case 2 -> channel.truncate(d.below(60)).size();
        default -> channel.size();
      };
    } catch (ExecutionException e) {
      return w.failure(e.getCause());
    }
  }
}
