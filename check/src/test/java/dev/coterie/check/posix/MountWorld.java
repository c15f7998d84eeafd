package dev.coterie.check.posix;

import dev.coterie.api.Caller;
import dev.coterie.api.FileService;
import dev.coterie.api.Tree;
import dev.coterie.client.Address;
import dev.coterie.client.Client;
import dev.coterie.client.ClientOptions;
import dev.coterie.core.spi.MountFactory;
import dev.coterie.gates.fuse.FuseMount;
import dev.coterie.gates.fuse.kernel.InitFlag;
import dev.coterie.leader.Leader;
import dev.coterie.sys.FuseDevice;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Trees of ours as kernel mounts, through plain system calls of a C program.
 *
 * <p>Each mount of the layout is a leader's tree of its own, mounted where the layout says: only so
 * does the kernel know as many mounts as in the other world, and looks at the names in the same
 * order. Leaders and gates are in this process, which never touches the mounts itself.
 */
final class MountWorld implements World {
  private static final long COPIES_BYTES = 1 << 20;

  private final Deque<AutoCloseable> toClose = new ArrayDeque<>(); // the last one opened first
  private final List<Leader> leaders = new ArrayList<>();
  private final boolean uring;
  private final boolean copies;
  private final @Nullable KernelWorld program;

  /**
   * @param scratch where the directories for the mounts are made
   * @param count 1, or 2: each process of the world has mounts of its own
   */
  MountWorld(Path compiled, Layout layout, Path scratch, int count) throws IOException {
    this(compiled, layout, scratch, count, false);
  }

  /**
   * @param uring whether their requests come over io_uring
   */
  MountWorld(Path compiled, Layout layout, Path scratch, int count, boolean uring)
      throws IOException {
    this(compiled, List.of(), layout, tmpfs(layout), scratch, count, uring, false);
  }

  /** Mounts whose gates keep copies; they and the leader talk through its socket. */
  static MountWorld withCopies(Path compiled, Layout layout, Path scratch, int count)
      throws IOException {
    return new MountWorld(compiled, List.of(), layout, tmpfs(layout), scratch, count, false, true);
  }

  /**
   * @param how options of the program
   * @param trees of the leaders, by the path of the mount
   * @param copies whether the gates keep copies, as clients of the leader
   */
  MountWorld(
      Path compiled,
      List<String> how,
      Layout layout,
      Map<String, MountFactory> trees,
      Path scratch,
      int count,
      boolean uring,
      boolean copies)
      throws IOException {
    this.uring = uring;
    this.copies = copies;
    KernelWorld opened = null;
    try {
      List<Path> roots = new ArrayList<>();
      for (int i = 0; i < count; i++) {
        roots.add(Files.createDirectory(scratch.resolve("mount" + i)));
      }
      List<String> words = new ArrayList<>();
      for (Map.Entry<String, TmpfsOptions> each : layout.mounts().entrySet()) {
        if (!each.getKey().equals("/")) {
          words.add(each.getKey() + "@" + makeMountPoint(each.getKey()));
        }
        MountFactory tree = Objects.requireNonNull(trees.get(each.getKey()));
        open(tree, each.getValue().readOnly(), roots, each.getKey(), scratch);
      }
      String directories = String.join(":", roots.stream().map(Path::toString).toList());
      opened = new KernelWorld(compiled, how, directories, words);
      toClose.push(opened);
    } finally {
      if (opened == null) {
        close();
      }
    }
    program = opened;
  }

  private static Map<String, MountFactory> tmpfs(Layout layout) {
    Map<String, MountFactory> trees = new LinkedHashMap<>();
    layout.mounts().forEach((path, options) -> trees.put(path, options.toCoterie()));
    return trees;
  }

  private void open(MountFactory tree, boolean readOnly, List<Path> roots, String at, Path scratch)
      throws IOException {
    Path socket = scratch.resolve("socket" + leaders.size());
    Leader leader = Leader.builder().clock(new FineClock()).mount("/", tree).listen(socket).start();
    leaders.add(leader);
    toClose.push(leader);
    long flags = readOnly ? FuseDevice.MS_RDONLY : 0;
    for (Path root : roots) {
      FileService session =
          copies
              ? Client.connect(
                  Address.parse("unix:" + socket), ClientOptions.DEFAULT.withCopies(COPIES_BYTES))
              : leader.openSession();
      toClose.push(session);
      Path directory = at.equals("/") ? root : root.resolve(at.substring(1));
      FuseMount.Options how = new FuseMount.Options("coterie", flags, true).withUring(uring);
      FuseMount mount = FuseMount.mount(session, directory, how);
      toClose.push(mount);
      if (uring && !mount.negotiation().taken().contains(InitFlag.OVER_IO_URING)) {
        throw new IOException("not over io_uring: " + mount.whyNoUring());
      }
    }
  }

  /** A directory of the first tree; its inode number. */
  private long makeMountPoint(String path) throws IOException {
    try (FileService session = leaders.getFirst().openSession();
        Tree tree = Tree.of(session, Caller.ROOT)) {
      tree.mkdir(path, 0755);
      return tree.stat(path).id().number();
    }
  }

  /** Difference READ_OF_NOTHING. */
  static boolean isSeen(Step step) {
    return !step.op().equals("read") && !step.op().equals("pread") || step.number(2) != 0;
  }

  private KernelWorld program() {
    if (program == null) {
      throw new IllegalStateException("not open");
    }
    return program;
  }

  @Override
  public void begin(List<Step> steps) throws IOException {
    program().begin(steps);
  }

  @Override
  public List<String> answers() throws IOException {
    return program().answers();
  }

  /** No invariant of a leader may have broken. */
  @Override
  public void close() throws IOException {
    long faults = 0;
    for (Leader leader : leaders) {
      faults += leader.counts().faults();
    }
    IOException failure = faults == 0 ? null : new IOException("faults of the leaders: " + faults);
    for (AutoCloseable each : toClose) {
      try {
        each.close();
      } catch (Exception e) {
        failure = new IOException("end of " + each, e);
      }
    }
    toClose.clear();
    if (failure != null) {
      throw failure;
    }
  }
}
