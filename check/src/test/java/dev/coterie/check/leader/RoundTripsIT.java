package dev.coterie.check.leader;

import static dev.coterie.api.OpenFlags.O_CREAT;
import static dev.coterie.api.OpenFlags.O_RDONLY;
import static dev.coterie.api.OpenFlags.O_RDWR;
import static dev.coterie.api.OpenFlags.O_WRONLY;
import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.coterie.api.DirEntry;
import dev.coterie.api.Errno;
import dev.coterie.api.ErrnoException;
import dev.coterie.api.OpenFile;
import dev.coterie.api.Operation.Whence;
import dev.coterie.api.Token;
import dev.coterie.api.Tree;
import dev.coterie.client.Address;
import dev.coterie.client.Client;
import dev.coterie.client.ClientOptions;
import dev.coterie.client.ProcessIdentity;
import dev.coterie.client.nio.CoterieFileSystems;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystem;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** How many round trips a client takes to a leader in another process, and how many messages. */
@Timeout(value = 120, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class RoundTripsIT {
  private static final String SMALL = "d1/d2/small";
  private static final String PAGE = "d1/d2/page";
  private static final ClientOptions COPIES = ClientOptions.DEFAULT.withCopies(1 << 20);

  private final Child leader;
  private final Relay relay;
  private final Client other;
  private final Tree others;

  RoundTripsIT(@TempDir Path folder) throws Exception {
    Path socket = folder.resolve("leader.sock");
    leader = Child.start(folder, LeaderMain.class, socket, 0);
    leader.hear("serving");
    relay = new Relay(folder.resolve("relay.sock"), socket);
    other = Client.connect(new Address.Unix(socket.toString()), ClientOptions.DEFAULT);
    others = Tree.of(other, ProcessIdentity.self());
  }

  @BeforeEach
  void make() throws Exception {
    others.mkdir("d1", 0755);
    others.mkdir("d1/d2", 0755);
    others.symlink("d1/d2", "link");
    write(SMALL, "small");
    write(PAGE, "p".repeat(4096));
  }

  @AfterEach
  void end() throws Exception {
    others.close();
    other.close();
    relay.close();
    leader.close();
  }

  // ---- without copies ----

  @Test
  void coldReadOfASmallFile_isOneRoundTrip_andItsCloseNone() throws Exception {
    try (Client client = connect(ClientOptions.DEFAULT);
        Tree tree = Tree.of(client, ProcessIdentity.self())) {
      relay.reset();
      assertThat(tree.readAll(SMALL)).isEqualTo(bytes("small"));
      assertThat(relay.trips()).isEqualTo(1);
      assertThat(relay.messages()).isEqualTo(5); // three names, open, read

      write(SMALL, "other");
      assertThat(tree.readAll(SMALL)).as("nothing is kept").isEqualTo(bytes("other"));
      assertThat(relay.trips()).isEqualTo(2);
      assertThat(relay.messages()).isEqualTo(10);
    }
  }

  @Test
  void openAndClose_areOneRoundTrip_andWhatIsReadLaterIsAskedFor() throws Exception {
    try (Client client = connect(ClientOptions.DEFAULT);
        Tree tree = Tree.of(client, ProcessIdentity.self())) {
      relay.reset();
      OpenFile file = tree.open(SMALL, O_RDONLY, 0);
      assertThat(relay.trips()).isEqualTo(1);
      write(SMALL, "later");
      ByteBuffer content = ByteBuffer.allocate(16);
      file.pread(content, 0);
      assertThat(content.flip()).isEqualTo(ByteBuffer.wrap(bytes("later")));
      assertThat(relay.trips()).isEqualTo(2);
      file.close();
      assertThat(relay.trips()).isEqualTo(2);
      tree.stat(SMALL);
      assertThat(relay.trips()).isEqualTo(3);
      // The handle; the references of the two directories and the file, from the opening.
      assertThat(relay.clunks()).as("rode along with the stat").isGreaterThanOrEqualTo(4);
    }
  }

  @Test
  void errors_areThoseOfTheStepAlone_inOneRoundTrip() throws Exception {
    try (Client client = connect(ClientOptions.DEFAULT);
        Tree tree = Tree.of(client, ProcessIdentity.self())) {
      relay.reset();
      assertErrno(tree, "d1/none/small", Errno.ENOENT);
      assertErrno(tree, SMALL + "/below", Errno.ENOTDIR);
      assertErrno(tree, "d1/d2/none", Errno.ENOENT);
      assertErrno(tree, "d1/d2", Errno.EISDIR);
      assertThat(tree.readAll("link/small")).isEqualTo(bytes("small"));
      assertThat(client.root(ProcessIdentity.self()).isDirectory()).isTrue();
    }
  }

  // ---- with copies ----

  @Test
  void coldReadThroughFiles_isOneRoundTrip() throws Exception {
    try (Client client = connect(COPIES);
        FileSystem files = CoterieFileSystems.of(client)) {
      Path small = files.getPath("/" + SMALL);
      relay.reset();
      assertThat(Files.readString(small)).isEqualTo("small");
      assertThat(relay.trips()).isEqualTo(1);
      assertThat(relay.messages()).isEqualTo(5); // three names, open with a lease, read
    }
  }

  @Test
  void cachedStatAndRead_areNone_andNeverOld() throws Exception {
    try (Client client = connect(COPIES);
        FileSystem files = CoterieFileSystems.of(client);
        FileChannel page = FileChannel.open(files.getPath("/" + PAGE))) {
      relay.reset();
      ByteBuffer content = ByteBuffer.allocate(4096);
      assertThat(page.size()).isEqualTo(4096);
      assertThat(page.read(content, 0)).isEqualTo(4096);
      assertThat(content.flip()).isEqualTo(ByteBuffer.wrap(bytes("p".repeat(4096))));
      assertThat(page.size()).isEqualTo(4096);
      assertThat(relay.messages()).isZero();

      write(PAGE, "q".repeat(5000));
      content.clear();
      assertThat(page.size()).isEqualTo(5000);
      assertThat(page.read(content, 0)).isEqualTo(4096);
      assertThat(content.flip()).isEqualTo(ByteBuffer.wrap(bytes("q".repeat(4096))));
    }
  }

  /** A look by another leaves who has the file alone its copies. */
  @Test
  void statAndRead_ofWhoStoppedWriting_areNone_besideAReader() throws Exception {
    try (Client client = connect(COPIES.withWriteBack());
        Tree tree = Tree.of(client, ProcessIdentity.self());
        OpenFile file = tree.open(PAGE, O_RDWR, 0)) {
      for (int i = 0; i < 4; i++) {
        file.pwrite(ByteBuffer.wrap(bytes("q".repeat(1024))), 1024L * i);
      }
      ByteBuffer content = ByteBuffer.allocate(4096);
      file.pread(content, 0);
      file.fstat();
      relay.reset();
      assertThat(others.readAll(PAGE)).isEqualTo(bytes("q".repeat(4096)));
      assertThat(file.pread(content.clear(), 0)).isEqualTo(4096);
      assertThat(file.fstat().size()).isEqualTo(4096);
      assertThat(others.stat(PAGE).size()).isEqualTo(4096);
      assertThat(relay.messages()).isZero();

      write(PAGE, "r".repeat(5000));
      assertThat(file.fstat().size()).isEqualTo(5000);
    }
  }

  @Test
  void offsetOfAFileThatNobodyElseHas_costsNothing_andIsToldBeforeOthersHaveIt() throws Exception {
    try (Client client = connect(COPIES);
        Tree tree = Tree.of(client, ProcessIdentity.self());
        OpenFile page = tree.open(PAGE, O_RDONLY, 0)) {
      ByteBuffer content = ByteBuffer.allocate(100);
      page.read(content);
      page.read(content.clear()); // from now on there is a lease
      relay.reset();
      assertThat(page.seek(Whence.CUR, 0)).isEqualTo(200);
      assertThat(page.seek(Whence.END, -50)).isEqualTo(4046);
      assertThat(page.read(content.clear())).isEqualTo(50);
      assertThat(page.read(content.clear())).isZero();
      assertThat(page.seek(Whence.SET, 4000)).isEqualTo(4000);
      assertThat(relay.messages()).isZero();

      Token token = page.share();
      assertThat(relay.messages()).as("seek and share").isEqualTo(2);
      try (OpenFile taken = others.take(token)) {
        assertThat(taken.read(content.clear())).isEqualTo(96);
      }
      assertThat(page.seek(Whence.CUR, 0)).isEqualTo(4096);
      assertThat(relay.messages()).as("the leader has it").isEqualTo(3);
    }
  }

  @Test
  void writesInARow_atAnOffset_areKeptBack() throws Exception {
    try (Client client = connect(COPIES.withWriteBack());
        Tree tree = Tree.of(client, ProcessIdentity.self());
        OpenFile file = tree.open("d1/log", O_WRONLY | O_CREAT, 0644)) {
      file.write(ByteBuffer.wrap(bytes("one")));
      file.write(ByteBuffer.wrap(bytes("two"))); // from now on there is a lease
      relay.reset();
      for (int i = 0; i < 100; i++) {
        file.write(ByteBuffer.wrap(bytes("more")));
      }
      assertThat(file.seek(Whence.CUR, 0)).isEqualTo(406);
      assertThat(relay.messages()).as("what is a second old goes").isLessThan(10);
      assertThat(others.stat("d1/log").size()).isEqualTo(406);
    }
  }

  @Test
  void pathOfManyNames_usedAgain_costsNothing_andIsNeverOld() throws Exception {
    try (Client client = connect(COPIES);
        Tree tree = Tree.of(client, ProcessIdentity.self())) {
      for (int i = 0; i < 8; i++) {
        assertThat(tree.stat(SMALL).size()).isEqualTo(5);
      }
      relay.reset();
      assertThat(tree.stat(SMALL).size()).isEqualTo(5);
      assertThat(relay.messages()).isZero();
      write(SMALL, "larger");
      assertThat(tree.stat(SMALL).size()).isEqualTo(6);
    }
  }

  // ---- listings ----

  /** As a search for a command or a header in many directories: a whole listing tells. */
  @Test
  void namesThatAListingLacks_costNothing_andAreNeverOld() throws Exception {
    write("d1/there", "x");
    try (Client client = connect(COPIES);
        Tree tree = Tree.of(client, ProcessIdentity.self());
        OpenFile listed = tree.open("d1", O_RDONLY, 0)) {
      sizes(listed);
      sizes(listed); // with a lease
      assertThat(tree.stat("d1/there").size()).isEqualTo(1); // and who looks may search it
      for (int round = 0; round < 3; round++) {
        do { // for a while the lease is not asked for
          sizes(listed);
          tree.stat("d1/there");
          relay.reset();
          sizes(listed);
          for (int i = 0; i < 100; i++) {
            String name = "d1/absent" + round + "." + i;
            assertThatThrownBy(() -> tree.stat(name))
                .isInstanceOfSatisfying(
                    ErrnoException.class, e -> assertThat(e.errno()).isEqualTo(Errno.ENOENT));
          }
        } while (relay.messages() > 0);
        write("d1/absent" + round + ".50", "xy");
        assertThat(tree.stat("d1/absent" + round + ".50").size()).isEqualTo(2);
      }
    }
  }

  /** One lease covers them all: as `ls -l` of a directory that was listed before. */
  @Test
  void listingOfManyFiles_again_costsNothing_andIsNeverOld() throws Exception {
    int files = 1_000;
    others.mkdir("many", 0755);
    for (int i = 0; i < files; i++) {
      write("many/" + i, "x");
    }
    try (Client client = connect(COPIES);
        Tree tree = Tree.of(client, ProcessIdentity.self());
        OpenFile many = tree.open("many", O_RDONLY, 0)) {
      relay.reset();
      assertThat(sizes(many)).hasSize(files);
      int cold = relay.messages();
      assertThat(sizes(many)).hasSize(files);
      assertThat(relay.messages()).as("again, and one lease").isEqualTo(2 * cold + 1);
      for (int size = 1; size < 4; size++) {
        relay.reset();
        assertThat(sizes(many)).hasSize(files).containsEntry("500", (long) size);
        assertThat(relay.messages()).isZero();
        write("many/500", "x".repeat(size + 1));
        do { // for a while the lease is not asked for
          relay.reset();
          assertThat(sizes(many)).hasSize(files).containsEntry("500", (long) size + 1);
        } while (relay.messages() > 0);
      }
    }
  }

  private static Map<String, Long> sizes(OpenFile directory) throws ErrnoException {
    Map<String, Long> sizes = new HashMap<>();
    for (DirEntry entry : directory.list(true)) {
      sizes.put(entry.name().toString(), requireNonNull(entry.stat()).size());
    }
    return sizes;
  }

  // ---- the ends ----

  private Client connect(ClientOptions options) throws ErrnoException {
    return Client.connect(new Address.Unix(relay.socket().toString()), options);
  }

  private void write(String path, String text) throws ErrnoException {
    try (OpenFile file = others.open(path, O_WRONLY | O_CREAT, 0644)) {
      ByteBuffer bytes = ByteBuffer.wrap(bytes(text));
      while (bytes.hasRemaining()) {
        file.pwrite(bytes, bytes.position());
      }
    }
  }

  /** Also as the error, and the number of round trips, that it takes. */
  private void assertErrno(Tree tree, String path, Errno errno) {
    int before = relay.trips();
    assertThatThrownBy(() -> tree.readAll(path))
        .isInstanceOfSatisfying(ErrnoException.class, e -> assertThat(e.errno()).isEqualTo(errno));
    // A directory opens; that it cannot be read is asked for once more.
    assertThat(relay.trips() - before).isEqualTo(errno == Errno.EISDIR ? 2 : 1);
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.US_ASCII);
  }
}
