package dev.coterie.check.nio;

import dev.coterie.api.Caller;
import java.io.IOException;
import java.nio.file.FileSystem;

/** A way to reach a tree of ours: what the suite runs over. */
interface NioTarget extends AutoCloseable {
  /** The file system that most checks work in. */
  FileSystem fileSystem();

  /** One more of the same tree, as another process would have it; closed by who asked. */
  FileSystem another(Caller caller) throws IOException;

  @Override
  void close() throws IOException;
}
