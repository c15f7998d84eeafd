package dev.coterie.check.watch;

import static dev.coterie.api.OpenFlags.O_CREAT;
import static dev.coterie.api.OpenFlags.O_WRONLY;

import dev.coterie.api.Errno;
import dev.coterie.api.ErrnoException;
import dev.coterie.api.OpenFile;
import dev.coterie.api.Tree;
import dev.coterie.client.Address;
import dev.coterie.client.Client;
import dev.coterie.client.ClientOptions;
import dev.coterie.client.ProcessIdentity;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.Random;

/**
 * A process that changes names, as it is told by lines: {@code names COUNT} makes and removes files
 * of names of its own in {@code /w}; {@code tree SEED COUNT} makes, moves and removes what it likes
 * below {@code /w}, where others do the same. Answers with the same word and how many calls did it.
 */
final class ChangerMain {
  private static final String[] NAMES = {"a", "b", "c", "d"};
  private static final int DEPTH_MOST = 4;

  private final Tree tree;
  private final String own;

  private ChangerMain(Tree tree, String own) {
    this.tree = tree;
    this.own = own;
  }

  /** Arguments: socket, the prefix of its own names. */
  public static void main(String[] args) throws IOException {
    BufferedReader in =
        new BufferedReader(new InputStreamReader(System.in, StandardCharsets.US_ASCII));
    try (Client client = Client.connect(new Address.Unix(args[0]), ClientOptions.DEFAULT);
        Tree tree = Tree.of(client, ProcessIdentity.self())) {
      ChangerMain changer = new ChangerMain(tree, args[1]);
      System.out.println("connected");
      for (String line = in.readLine(); line != null; line = in.readLine()) {
        String[] words = line.split(" ");
        int done =
            words[0].equals("names")
                ? changer.names(Integer.parseInt(words[1]))
                : changer.tree(Long.parseLong(words[1]), Integer.parseInt(words[2]));
        System.out.println(words[0] + " " + done);
      }
    }
  }

  private int names(int count) throws ErrnoException {
    for (int i = 0; i < count; i += 2) {
      String file = "/w/" + own + i;
      tree.open(file, O_CREAT | O_WRONLY, 0644).close();
      tree.unlink(file);
    }
    return count;
  }

  private int tree(long seed, int count) throws ErrnoException {
    Random random = new Random(seed);
    int done = 0;
    for (int i = 0; i < count; i++) {
      try {
        step(random);
        done++;
      } catch (ErrnoException e) {
        switch (e.errno()) {
          case ENOENT, EEXIST, ENOTEMPTY, ENOTDIR, EISDIR, EINVAL -> {} // others were there first
          default -> throw e;
        }
      }
    }
    return done;
  }

  private void step(Random random) throws ErrnoException {
    switch (random.nextInt(8)) {
      case 0, 1, 2 -> makeAll(path(random), random);
      case 3, 4 -> tree.rename(path(random), path(random), 0);
      case 5 -> tree.rmdir(path(random));
      default -> tree.unlink(path(random) + "/" + own);
    }
  }

  /** As mkdir -p does, and a file in each directory at once. */
  private void makeAll(String path, Random random) throws ErrnoException {
    for (int slash = path.indexOf('/', 1); slash > 0; slash = path.indexOf('/', slash + 1)) {
      makeOne(path.substring(0, slash), random);
    }
    makeOne(path, random);
  }

  private void makeOne(String path, Random random) throws ErrnoException {
    try {
      tree.mkdir(path, 0755);
    } catch (ErrnoException e) {
      if (e.errno() != Errno.EEXIST) {
        throw e;
      }
    }
    if (random.nextBoolean()) {
      try (OpenFile _ = tree.open(path + "/" + own, O_CREAT | O_WRONLY, 0644)) {
        // Only made.
      }
    }
  }

  private static String path(Random random) {
    StringBuilder path = new StringBuilder("/w");
    int depth = 1 + random.nextInt(DEPTH_MOST);
    for (int i = 0; i < depth; i++) {
      path.append('/').append(NAMES[random.nextInt(NAMES.length)]);
    }
    return path.toString();
  }
}
