package dev.coterie.check.nio;

import static dev.coterie.check.nio.Checks.bytes;
import static dev.coterie.check.nio.Checks.text;
import static java.nio.charset.StandardCharsets.US_ASCII;
import static java.nio.file.StandardOpenOption.APPEND;
import static java.nio.file.StandardOpenOption.CREATE;
import static java.nio.file.StandardOpenOption.CREATE_NEW;
import static java.nio.file.StandardOpenOption.DELETE_ON_CLOSE;
import static java.nio.file.StandardOpenOption.DSYNC;
import static java.nio.file.StandardOpenOption.READ;
import static java.nio.file.StandardOpenOption.SPARSE;
import static java.nio.file.StandardOpenOption.SYNC;
import static java.nio.file.StandardOpenOption.TRUNCATE_EXISTING;
import static java.nio.file.StandardOpenOption.WRITE;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.FileChannel;
import java.nio.channels.NonReadableChannelException;
import java.nio.channels.NonWritableChannelException;
import java.nio.channels.ReadableByteChannel;
import java.nio.channels.SeekableByteChannel;
import java.nio.channels.WritableByteChannel;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Set;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;

/** {@link SeekableByteChannel} and {@link FileChannel}, as their documentation has them. */
interface ChannelChecks extends Checks {

  // ---- opening ----

  @Test
  default void open_withoutOptions_reads() throws IOException {
    Path file = file("f", "abc");
    try (FileChannel channel = FileChannel.open(file)) {
      assertThat(channel.read(ByteBuffer.allocate(8))).isEqualTo(3);
      assertThatThrownBy(() -> channel.write(bytes("x")))
          .isInstanceOf(NonWritableChannelException.class);
      assertThatThrownBy(() -> channel.truncate(0)).isInstanceOf(NonWritableChannelException.class);
    }
  }

  @Test
  default void open_missing_isNoSuchFile() {
    assertThatThrownBy(() -> FileChannel.open(path("no"))).isInstanceOf(NoSuchFileException.class);
    assertThatThrownBy(() -> FileChannel.open(path("no"), WRITE))
        .isInstanceOf(NoSuchFileException.class);
    // "CREATE is ignored if the file is opened only for reading"
    assertThatThrownBy(() -> FileChannel.open(path("no"), CREATE))
        .isInstanceOf(NoSuchFileException.class);
  }

  @Test
  default void open_writeOnly_doesNotRead() throws IOException {
    try (FileChannel channel = FileChannel.open(path("f"), WRITE, CREATE)) {
      assertThatThrownBy(() -> channel.read(ByteBuffer.allocate(1)))
          .isInstanceOf(NonReadableChannelException.class);
      assertThatThrownBy(() -> channel.read(ByteBuffer.allocate(1), 0))
          .isInstanceOf(NonReadableChannelException.class);
    }
  }

  @Test
  default void open_createNewOfExisting_isRefused() throws IOException {
    file("f", "abc");
    directory("d");
    link("dangling", "nowhere");
    for (String name : new String[] {"f", "d", "dangling", ".", "d/.."}) {
      assertThatThrownBy(() -> FileChannel.open(path(name), WRITE, CREATE_NEW))
          .as(name)
          .isInstanceOf(FileAlreadyExistsException.class);
    }
    assertThat(path("f")).hasContent("abc");
  }

  @Test
  default void open_createThroughLink_makesItsTarget() throws IOException {
    link("l", "made");
    FileChannel.open(path("l"), WRITE, CREATE).close();
    assertThat(path("made")).isEmptyFile();
  }

  @Test
  default void open_truncateExisting_onlyWhenWriting() throws IOException {
    Path file = file("f", "abc");
    FileChannel.open(file, READ, TRUNCATE_EXISTING).close();
    assertThat(file).hasContent("abc");
    FileChannel.open(file, WRITE, TRUNCATE_EXISTING).close();
    assertThat(file).isEmptyFile();
  }

  @Test
  default void open_badCombinations_areRefused() throws IOException {
    Path file = file("f", "abc");
    assertThatThrownBy(() -> FileChannel.open(file, READ, APPEND))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> FileChannel.open(file, APPEND, TRUNCATE_EXISTING))
        .isInstanceOf(IllegalArgumentException.class);
    assertThat(file).hasContent("abc");
  }

  @Test
  default void open_noFollowOfLink_fails() throws IOException {
    file("f", "abc");
    Path link = link("l", "f");
    assertThatThrownBy(() -> FileChannel.open(link, READ, LinkOption.NOFOLLOW_LINKS))
        .isInstanceOf(IOException.class);
    FileChannel.open(path("f"), READ, LinkOption.NOFOLLOW_LINKS).close();
  }

  @Test
  default void open_withPermissions_makesTheFileWithThem() throws IOException {
    var owner = PosixFilePermissions.fromString("rw-------");
    var attribute = PosixFilePermissions.asFileAttribute(owner);
    FileChannel.open(path("f"), Set.of(WRITE, CREATE), attribute).close();
    assertThat(Files.getPosixFilePermissions(path("f"))).isEqualTo(owner);
  }

  @Test
  default void open_deleteOnClose_isGoneAfterwards() throws IOException {
    try (FileChannel channel = FileChannel.open(path("f"), WRITE, READ, CREATE, DELETE_ON_CLOSE)) {
      channel.write(bytes("abc"));
      ByteBuffer read = ByteBuffer.allocate(3);
      channel.read(read, 0);
      assertThat(text(read)).isEqualTo("abc");
    }
    assertThat(path("f")).doesNotExist();
  }

  @Test
  default void open_syncAndSparse_writeAsEver() throws IOException {
    for (OpenOption option : List.of(SYNC, DSYNC, SPARSE)) {
      try (FileChannel channel = FileChannel.open(path("f"), WRITE, CREATE, option)) {
        assertThat(channel.write(bytes("abc"))).isEqualTo(3);
      }
    }
    assertThat(path("f")).hasContent("abc");
  }

  @Test
  default void open_directory_canBeOpenedButNotRead() throws IOException {
    directory("d");
    try (FileChannel channel = FileChannel.open(path("d"), READ)) {
      assertThatThrownBy(() -> channel.read(ByteBuffer.allocate(1)))
          .isInstanceOf(IOException.class);
    }
    assertThatThrownBy(() -> FileChannel.open(path("d"), WRITE)).isInstanceOf(IOException.class);
  }

  // ---- position ----

  @Test
  default void position_readAndWrite_moveIt() throws IOException {
    try (FileChannel channel = FileChannel.open(file("f", "abcdef"), READ, WRITE)) {
      assertThat(channel.position()).isZero();
      ByteBuffer two = ByteBuffer.allocate(2);
      assertThat(channel.read(two)).isEqualTo(2);
      assertThat(channel.position()).isEqualTo(2);
      assertThat(channel.write(bytes("XY"))).isEqualTo(2);
      assertThat(channel.position()).isEqualTo(4);
    }
    assertThat(path("f")).hasContent("abXYef");
  }

  @Test
  default void position_beyondTheEnd_readsNothingAndWritesBehindAHole() throws IOException {
    try (FileChannel channel = FileChannel.open(file("f", "abc"), READ, WRITE)) {
      assertThat(channel.position(5)).isSameAs(channel);
      assertThat(channel.size()).isEqualTo(3);
      assertThat(channel.read(ByteBuffer.allocate(1))).isEqualTo(-1);
      assertThat(channel.position()).isEqualTo(5);
      channel.write(bytes("z"));
      assertThat(channel.size()).isEqualTo(6);
    }
    assertThat(Files.readAllBytes(path("f"))).containsExactly('a', 'b', 'c', 0, 0, 'z');
  }

  @Test
  default void position_negative_isRefused() throws IOException {
    try (FileChannel channel = FileChannel.open(file("f", "abc"), READ, WRITE)) {
      assertThatThrownBy(() -> channel.position(-1)).isInstanceOf(IllegalArgumentException.class);
      assertThatThrownBy(() -> channel.read(ByteBuffer.allocate(1), -1))
          .isInstanceOf(IllegalArgumentException.class);
      assertThatThrownBy(() -> channel.write(bytes("x"), -1))
          .isInstanceOf(IllegalArgumentException.class);
      assertThatThrownBy(() -> channel.truncate(-1)).isInstanceOf(IllegalArgumentException.class);
    }
  }

  @Test
  default void positional_readAndWrite_leaveThePosition() throws IOException {
    try (FileChannel channel = FileChannel.open(file("f", "abcdef"), READ, WRITE)) {
      channel.position(1);
      ByteBuffer read = ByteBuffer.allocate(3);
      assertThat(channel.read(read, 2)).isEqualTo(3);
      assertThat(text(read)).isEqualTo("cde");
      assertThat(channel.write(bytes("XY"), 4)).isEqualTo(2);
      assertThat(channel.position()).isEqualTo(1);
      assertThat(channel.read(ByteBuffer.allocate(1), 6)).isEqualTo(-1);
      assertThat(channel.read(ByteBuffer.allocate(1), 100)).isEqualTo(-1);
    }
    assertThat(path("f")).hasContent("abcdXY");
  }

  // ---- reading ----

  @Test
  default void read_noRoom_isNothing() throws IOException {
    try (FileChannel channel = FileChannel.open(file("f", ""), READ)) {
      assertThat(channel.read(ByteBuffer.allocate(0))).isZero();
      assertThat(channel.read(ByteBuffer.allocate(1))).isEqualTo(-1);
    }
  }

  @Test
  default void read_readOnlyBuffer_isRefused() throws IOException {
    try (FileChannel channel = FileChannel.open(file("f", "abc"), READ)) {
      assertThatThrownBy(() -> channel.read(ByteBuffer.allocate(1).asReadOnlyBuffer()))
          .isInstanceOf(IllegalArgumentException.class);
      assertThat(channel.position()).isZero();
    }
  }

  @Test
  default void read_everyKindOfBuffer_isFilledFromItsPosition() throws IOException {
    Path file = file("f", "abcdef");
    ByteBuffer sliced = ByteBuffer.allocate(10).slice(3, 6);
    for (ByteBuffer buffer :
        new ByteBuffer[] {ByteBuffer.allocate(6), ByteBuffer.allocateDirect(6), sliced}) {
      buffer.put(0, (byte) '-').position(1).limit(4);
      try (FileChannel channel = FileChannel.open(file, READ)) {
        assertThat(channel.read(buffer)).isEqualTo(3);
      }
      assertThat(buffer.limit()).isEqualTo(4);
      assertThat(text(buffer)).isEqualTo("-abc");
    }
  }

  @Test
  default void read_scattered_fillsOneAfterTheOther() throws IOException {
    ByteBuffer[] all = {ByteBuffer.allocate(2), ByteBuffer.allocate(0), ByteBuffer.allocate(9)};
    try (FileChannel channel = FileChannel.open(file("f", "abcdef"), READ)) {
      assertThat(channel.read(all)).isEqualTo(6);
      assertThat(text(all[0]) + "|" + text(all[2])).isEqualTo("ab|cdef");
      assertThat(channel.position()).isEqualTo(6);
      assertThat(channel.read(new ByteBuffer[] {ByteBuffer.allocate(1)})).isEqualTo(-1);
      assertThatThrownBy(() -> channel.read(all, 1, 3))
          .isInstanceOf(IndexOutOfBoundsException.class);
    }
  }

  // ---- writing ----

  @Test
  default void write_everyKindOfBuffer_isTakenFromItsPosition() throws IOException {
    ByteBuffer direct = ByteBuffer.allocateDirect(3).put(bytes("abc")).flip();
    for (ByteBuffer buffer :
        new ByteBuffer[] {bytes("abc"), direct, bytes("abc").asReadOnlyBuffer()}) {
      buffer.position(1);
      try (FileChannel channel = FileChannel.open(path("f"), WRITE, CREATE, TRUNCATE_EXISTING)) {
        assertThat(channel.write(buffer)).isEqualTo(2);
        assertThat(channel.write(buffer)).isZero();
      }
      assertThat(buffer.position()).isEqualTo(3);
      assertThat(path("f")).hasContent("bc");
    }
  }

  @Test
  default void write_gathered_isInOrder() throws IOException {
    ByteBuffer[] all = {bytes("ab"), bytes(""), bytes("cdef")};
    try (FileChannel channel = FileChannel.open(path("f"), WRITE, CREATE)) {
      channel.position(1);
      assertThat(channel.write(all)).isEqualTo(6);
      assertThat(channel.position()).isEqualTo(7);
    }
    assertThat(all[2].hasRemaining()).isFalse();
    assertThat(Files.readString(path("f"))).isEqualTo("\0abcdef");
  }

  @Test
  default void write_large_isWhole() throws IOException {
    byte[] content = new byte[5 << 20];
    for (int i = 0; i < content.length; i++) {
      content[i] = (byte) (i * 31 + (i >> 12)); // no two pages are alike
    }
    try (FileChannel channel = FileChannel.open(path("f"), READ, WRITE, CREATE)) {
      assertThat(channel.write(ByteBuffer.wrap(content))).isEqualTo(content.length);
      ByteBuffer read = ByteBuffer.allocateDirect(content.length);
      assertThat(channel.read(read, 0)).isEqualTo(content.length);
      assertThat(read.flip()).isEqualTo(ByteBuffer.wrap(content));
    }
  }

  // ---- appending ----

  @Test
  default void append_writes_goToTheEnd() throws IOException {
    Path file = file("f", "abc");
    try (FileChannel channel = FileChannel.open(file, APPEND)) {
      assertThat(channel.position()).isEqualTo(3);
      channel.write(bytes("d"));
      assertThat(channel.position()).isEqualTo(4);
      Files.writeString(file, "-other-", APPEND);
      channel.write(new ByteBuffer[] {bytes("e"), bytes("f")});
      assertThat(channel.position()).isEqualTo(13);
      channel.position(0);
      channel.write(bytes("g"));
    }
    assertThat(file).hasContent("abcd-other-efg");
  }

  @Test
  default void append_twoChannels_loseNothing() throws IOException {
    try (FileChannel one = FileChannel.open(path("f"), CREATE, APPEND);
        FileChannel two = FileChannel.open(path("f"), APPEND)) {
      for (int i = 0; i < 100; i++) {
        one.write(bytes("1"));
        two.write(bytes("2"));
      }
    }
    assertThat(path("f")).hasContent("12".repeat(100));
  }

  // ---- size ----

  @Test
  default void truncate_smaller_cutsAndMovesThePosition() throws IOException {
    try (FileChannel channel = FileChannel.open(file("f", "abcdef"), READ, WRITE)) {
      channel.position(5);
      assertThat(channel.truncate(3)).isSameAs(channel);
      assertThat(channel.position()).isEqualTo(3);
      assertThat(channel.size()).isEqualTo(3);
      channel.position(1).truncate(2);
      assertThat(channel.position()).isEqualTo(1);
    }
    assertThat(path("f")).hasContent("ab");
  }

  @Test
  default void truncate_larger_leavesTheFile() throws IOException {
    try (FileChannel channel = FileChannel.open(file("f", "abc"), WRITE)) {
      channel.position(9).truncate(5);
      assertThat(channel.size()).isEqualTo(3);
      assertThat(channel.position()).isEqualTo(5);
    }
  }

  @Test
  default void force_anyChannel_returns() throws IOException {
    try (FileChannel channel = FileChannel.open(file("f", "abc"), WRITE)) {
      channel.force(true);
      channel.force(false);
    }
    try (FileChannel channel = FileChannel.open(path("f"), READ)) {
      channel.force(true);
    }
  }

  // ---- from channel to channel ----

  @Test
  default void transferTo_sameFileSystem_copiesTheRange() throws IOException {
    try (FileChannel from = FileChannel.open(file("f", "abcdef"), READ);
        FileChannel to = FileChannel.open(file("g", "12345"), WRITE)) {
      from.position(5);
      to.position(1);
      assertThat(from.transferTo(2, 3, to)).isEqualTo(3);
      assertThat(to.position()).isEqualTo(4);
      assertThat(from.position()).isEqualTo(5);
      assertThat(from.transferTo(4, 100, to)).isEqualTo(2);
      assertThat(from.transferTo(6, 100, to)).isZero();
      assertThat(from.transferTo(60, 100, to)).isZero();
    }
    assertThat(path("g")).hasContent("1cdeef");
  }

  @Test
  default void transferTo_appendedFile_goesToItsEnd() throws IOException {
    try (FileChannel from = FileChannel.open(file("f", "abcdef"), READ);
        FileChannel to = FileChannel.open(file("g", "12345"), APPEND)) {
      assertThat(from.transferTo(1, 2, to)).isEqualTo(2);
    }
    assertThat(path("g")).hasContent("12345bc");
  }

  @Test
  default void transferTo_anyChannel_writesIt() throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    WritableByteChannel target = Channels.newChannel(out);
    try (FileChannel from = FileChannel.open(file("f", "abcdef"), READ)) {
      assertThat(from.transferTo(1, 4, target)).isEqualTo(4);
      target.close();
      assertThatThrownBy(() -> from.transferTo(0, 1, target))
          .isInstanceOf(ClosedChannelException.class);
    }
    assertThat(out).hasToString("bcde");
  }

  @Test
  default void transferFrom_file_copiesFromItsPosition() throws IOException {
    try (FileChannel from = FileChannel.open(file("f", "abcdef"), READ);
        FileChannel to = FileChannel.open(file("g", "12345"), READ, WRITE)) {
      from.position(2);
      assertThat(to.transferFrom(from, 1, 3)).isEqualTo(3);
      assertThat(from.position()).isEqualTo(5);
      assertThat(to.position()).isZero();
    }
    assertThat(path("g")).hasContent("1cde5");
  }

  @Test
  default void transferFrom_anyChannel_readsIt() throws IOException {
    ReadableByteChannel source = Channels.newChannel(Files.newInputStream(file("f", "abcdef")));
    try (FileChannel to = FileChannel.open(file("g", "12345"), WRITE);
        source) {
      assertThat(to.transferFrom(source, 3, 4)).isEqualTo(4);
      assertThat(to.transferFrom(source, 0, 100)).isEqualTo(2);
      assertThat(to.transferFrom(source, 0, 100)).isZero();
    }
    assertThat(path("g")).hasContent("ef3abcd");
  }

  @Test
  default void transfer_badArguments_areRefused() throws IOException {
    try (FileChannel reads = FileChannel.open(file("f", "abc"), READ);
        FileChannel writes = FileChannel.open(file("g", "abc"), WRITE)) {
      assertThatThrownBy(() -> reads.transferTo(-1, 1, writes))
          .isInstanceOf(IllegalArgumentException.class);
      assertThatThrownBy(() -> reads.transferTo(0, -1, writes))
          .isInstanceOf(IllegalArgumentException.class);
      assertThatThrownBy(() -> writes.transferTo(0, 1, writes))
          .isInstanceOf(NonReadableChannelException.class);
      assertThatThrownBy(() -> reads.transferTo(0, 1, reads))
          .isInstanceOf(NonWritableChannelException.class);
      assertThatThrownBy(() -> reads.transferFrom(reads, 0, 1))
          .isInstanceOf(NonWritableChannelException.class);
      assertThatThrownBy(() -> writes.transferFrom(writes, 0, 1))
          .isInstanceOf(NonReadableChannelException.class);
    }
  }

  // ---- closing ----

  @Test
  default void close_twice_isOnce() throws IOException {
    FileChannel channel = FileChannel.open(file("f", "abc"), READ, WRITE);
    assertThat(channel.isOpen()).isTrue();
    channel.close();
    channel.close();
    assertThat(channel.isOpen()).isFalse();
  }

  @Test
  default void closed_everyCall_says() throws IOException {
    FileChannel channel = FileChannel.open(file("f", "abc"), READ, WRITE);
    FileChannel other = FileChannel.open(file("g", "abc"), READ, WRITE);
    channel.close();
    ByteBuffer buffer = ByteBuffer.allocate(1);
    List<ThrowingCallable> calls =
        List.of(
            () -> channel.read(buffer),
            () -> channel.read(buffer, 0),
            () -> channel.read(new ByteBuffer[] {buffer}),
            () -> channel.write(buffer),
            () -> channel.write(buffer, 0),
            () -> channel.write(new ByteBuffer[] {buffer}),
            channel::position,
            () -> channel.position(0),
            channel::size,
            () -> channel.truncate(0),
            () -> channel.force(true),
            () -> channel.transferTo(0, 1, other),
            () -> other.transferTo(0, 1, channel),
            () -> channel.transferFrom(other, 0, 1),
            () -> other.transferFrom(channel, 0, 1));
    for (ThrowingCallable call : calls) {
      assertThatThrownBy(call).isInstanceOf(ClosedChannelException.class);
    }
    other.close();
  }

  @Test
  default void open_unlinkedFile_canStillBeUsed() throws IOException {
    try (FileChannel channel = FileChannel.open(file("f", "abc"), READ, WRITE)) {
      Files.delete(path("f"));
      channel.write(bytes("def"), 3);
      ByteBuffer read = ByteBuffer.allocate(9);
      assertThat(channel.read(read)).isEqualTo(6);
      assertThat(text(read)).isEqualTo("abcdef");
    }
  }

  // ---- streams, which are made of channels ----

  @Test
  default void streams_readWhatWasWritten() throws IOException {
    try (OutputStream out = Files.newOutputStream(path("f"))) {
      out.write("abcdef".getBytes(US_ASCII));
    }
    try (InputStream in = Files.newInputStream(path("f"))) {
      assertThat(in.available()).isEqualTo(6);
      assertThat(in.skip(2)).isEqualTo(2);
      assertThat(new String(in.readAllBytes(), US_ASCII)).isEqualTo("cdef");
      assertThat(in.read()).isEqualTo(-1);
    }
  }

  @Test
  default void byteChannel_isSeekable() throws IOException {
    try (SeekableByteChannel channel = Files.newByteChannel(path("f"), WRITE, CREATE)) {
      channel.position(2).write(bytes("x"));
      assertThat(channel.size()).isEqualTo(3);
    }
  }
}
