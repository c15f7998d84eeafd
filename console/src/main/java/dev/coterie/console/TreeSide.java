package dev.coterie.console;

import dev.coterie.api.DirEntry;
import dev.coterie.api.Errno;
import dev.coterie.api.ErrnoException;
import dev.coterie.api.Mode;
import dev.coterie.api.OpenFile;
import dev.coterie.api.OpenFlags;
import dev.coterie.api.SetAttr;
import dev.coterie.api.Stat;
import dev.coterie.api.Timestamp;
import dev.coterie.api.Tree;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/** The tree as one end of a copy. */
final class TreeSide implements Side {
  private final Tree tree;

  TreeSide(Tree tree) {
    this.tree = tree;
  }

  /** Content of a file of the tree. */
  record TreeContent(Tree tree, OpenFile file) implements Content {
    @Override
    public int read(ByteBuffer destination, long offset) throws IOException {
      return file.pread(destination, offset);
    }

    @Override
    public void write(ByteBuffer source, long offset) throws IOException {
      long at = offset;
      while (source.hasRemaining()) {
        at += file.pwrite(source, at);
      }
    }

    /** Bytes copied to the same place of another file, by the leader itself. */
    long copyTo(TreeContent target, long offset, long length) throws ErrnoException {
      return tree.service()
          .copyRange(tree.caller(), file.handle(), offset, target.file.handle(), offset, length);
    }

    @Override
    public void close() throws IOException {
      file.close();
    }
  }

  @Override
  public Info info(String path, boolean follow) throws IOException {
    Stat stat = follow ? tree.stat(ByteText.path(path)) : tree.lstat(ByteText.path(path));
    return new Info(stat.id(), stat.mode(), stat.size(), stat.rdev(), stat.atime(), stat.mtime());
  }

  @Override
  public List<String> list(String path) throws IOException {
    List<String> names = new ArrayList<>();
    for (DirEntry entry : tree.list(ByteText.path(path), false)) {
      names.add(ByteText.of(entry.name()));
    }
    return names;
  }

  @Override
  public Content open(String path) throws IOException {
    return new TreeContent(tree, tree.open(ByteText.path(path), OpenFlags.O_RDONLY, 0));
  }

  @Override
  public Content create(String path, int permissions) throws IOException {
    int flags = OpenFlags.O_WRONLY | OpenFlags.O_CREAT | OpenFlags.O_TRUNC;
    return new TreeContent(tree, tree.open(ByteText.path(path), flags, permissions));
  }

  @Override
  public String readlink(String path) throws IOException {
    return ByteText.of(tree.readlink(ByteText.path(path)));
  }

  @Override
  public void symlink(String target, String path) throws IOException {
    tree.symlink(ByteText.bytes(target), ByteText.path(path));
  }

  @Override
  public void mkdir(String path, int permissions) throws IOException {
    tree.mkdir(ByteText.path(path), permissions);
  }

  @Override
  public void mknod(String path, int mode, long rdev) throws IOException {
    tree.mknod(ByteText.path(path), mode, rdev);
  }

  @Override
  public void unlink(String path) throws IOException {
    tree.unlink(ByteText.path(path));
  }

  @Override
  public void chmod(String path, int permissions) throws IOException {
    tree.chmod(ByteText.path(path), permissions & Mode.PERMISSIONS);
  }

  @Override
  public void utimens(String path, Timestamp atime, Timestamp mtime) throws IOException {
    tree.utimens(
        ByteText.path(path), new SetAttr.Time.At(atime), new SetAttr.Time.At(mtime), false);
  }

  @Override
  public boolean isMissing(IOException cause) {
    return cause instanceof ErrnoException e && e.errno() == Errno.ENOENT;
  }
}
