package dev.coterie.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * A tree to unpack, as tar(1) packs it: directories of 50 files, each of some kilobytes.
 *
 * @param files in it, directories counted
 */
record Archive(Path path, int files) {
  private static final int DIRECTORIES = 40;
  private static final int FEW_DIRECTORIES = 2;
  private static final int FILES_EACH = 50;

  /** Sizes go round by this step, so that they differ and lie about evenly up to the largest. */
  private static final int SIZE_STEP = 7919;

  private static final int SIZE_END = 12_000;

  /** Made once for each arena. */
  static Archive in(Arena arena) throws IOException, BenchException {
    int directories = arena.settings().size(DIRECTORIES, FEW_DIRECTORIES);
    Path path = arena.folder().resolve("archive.tar");
    if (arena.isNew(path.toString())) {
      Path tree = arena.folder().resolve("archive");
      int number = 0;
      for (int i = 0; i < directories; i++) {
        Path directory = Files.createDirectories(tree.resolve("d" + i));
        for (int j = 0; j < FILES_EACH; j++) {
          Files.write(directory.resolve("f" + j), new byte[number++ * SIZE_STEP % SIZE_END]);
        }
      }
      Tools.output(
          arena.errors("tar"),
          List.of(
              Tools.find("tar").toString(), "-cf", path.toString(), "-C", tree.toString(), "."));
    }
    return new Archive(path, directories * (FILES_EACH + 1));
  }
}
