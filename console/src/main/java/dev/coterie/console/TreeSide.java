package dev.coterie.console;

import dev.coterie.api.DirEntry;
import dev.coterie.api.Errno;
import dev.coterie.api.ErrnoException;
import dev.coterie.api.Mode;
import dev.coterie.api.Name;
import dev.coterie.api.OpenFile;
import dev.coterie.api.OpenFlags;
import dev.coterie.api.Operation.Whence;
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
  private static final int BLOCK_BYTES = 512; // stat(2), st_blocks

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

    @Override
    public long size() throws IOException {
      return file.fstat().size();
    }

    @Override
    public void extend(long size) throws IOException {
      if (size() < size) {
        file.ftruncate(size);
      }
    }

    @Override
    public long nextData(long offset) throws IOException {
      return seek(Whence.DATA, offset, -1);
    }

    @Override
    public long nextHole(long offset) throws IOException {
      return seek(Whence.HOLE, offset, offset);
    }

    /** The answer is used, never the offset that moves: several threads ask. */
    private long seek(Whence whence, long offset, long behindTheEnd) throws ErrnoException {
      try {
        return file.seek(whence, offset);
      } catch (ErrnoException e) {
        if (e.errno() == Errno.ENXIO) {
          return behindTheEnd;
        }
        throw e;
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
  public boolean knowsHoles() {
    return true;
  }

  @Override
  public Info info(String path, boolean follow) throws IOException {
    Stat stat = follow ? tree.stat(ByteText.path(path)) : tree.lstat(ByteText.path(path));
    return new Info(
        stat.id(),
        stat.mode(),
        stat.nlink(),
        stat.uid(),
        stat.gid(),
        stat.size(),
        stat.blocks() < stat.size() / BLOCK_BYTES,
        stat.rdev(),
        stat.atime(),
        stat.mtime());
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
  public void link(String path, String newPath) throws IOException {
    tree.link(ByteText.path(path), ByteText.path(newPath), false);
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
  public void chown(String path, int uid, int gid, boolean follow) throws IOException {
    tree.setattr(ByteText.path(path), SetAttr.ofOwner(uid, gid), follow);
  }

  @Override
  public void utimens(String path, Timestamp atime, Timestamp mtime, boolean follow)
      throws IOException {
    tree.utimens(
        ByteText.path(path), new SetAttr.Time.At(atime), new SetAttr.Time.At(mtime), follow);
  }

  @Override
  public List<Attribute> attributes(String path) throws IOException {
    List<Attribute> found = new ArrayList<>();
    try {
      for (Name name : tree.listxattr(ByteText.path(path), true)) {
        if (name.startsWith(USER)) {
          found.add(new Attribute(name, tree.getxattr(ByteText.path(path), name, true)));
        }
      }
    } catch (ErrnoException e) {
      if (e.errno() != Errno.EOPNOTSUPP) {
        throw e;
      }
    }
    return found;
  }

  @Override
  public void setAttribute(String path, Attribute attribute) throws IOException {
    tree.setxattr(ByteText.path(path), attribute.name(), attribute.value(), 0, true);
  }

  @Override
  public boolean isMissing(IOException cause) {
    return cause instanceof ErrnoException e && e.errno() == Errno.ENOENT;
  }
}
