package dev.coterie.client.nio;

import dev.coterie.api.ErrnoException;
import dev.coterie.api.Name;
import dev.coterie.api.SetAttr;
import dev.coterie.api.Stat;
import dev.coterie.api.Tree;
import dev.coterie.api.TreePath;
import java.util.List;

/** A file as its attributes are reached: by a path, or by an open directory. */
interface Place {
  /** How messages name it. */
  CoteriePath shown();

  /** Whether a symbolic link is followed at its end. */
  boolean follow();

  /** Whether it is found from the root, and not from an open directory. */
  boolean isByPath();

  Stat stat() throws ErrnoException;

  void set(SetAttr change) throws ErrnoException;

  /** Extended attributes, where they can be reached. */
  default Xattrs xattrs() {
    throw new UnsupportedOperationException();
  }

  /** Extended attributes of one file. */
  interface Xattrs {
    List<Name> list() throws ErrnoException;

    byte[] get(Name name) throws ErrnoException;

    void set(Name name, byte[] value) throws ErrnoException;

    void remove(Name name) throws ErrnoException;
  }

  /** A tree, which is asked for at each access: it may be closed meanwhile. */
  interface TreeSource {
    Tree tree();

    /** A path as that tree takes it. */
    default TreePath locate(CoteriePath path) {
      return path.treePath();
    }
  }

  /** The file at a path of a tree. */
  record AtPath(TreeSource source, CoteriePath shown, boolean follow) implements Place, Xattrs {
    private TreePath path() {
      return source.locate(shown);
    }

    @Override
    public boolean isByPath() {
      return source instanceof CoterieFileSystem;
    }

    @Override
    public Stat stat() throws ErrnoException {
      return follow ? source.tree().stat(path()) : source.tree().lstat(path());
    }

    @Override
    public void set(SetAttr change) throws ErrnoException {
      source.tree().setattr(path(), change, follow);
    }

    @Override
    public Xattrs xattrs() {
      return this;
    }

    @Override
    public List<Name> list() throws ErrnoException {
      return source.tree().listxattr(path(), follow);
    }

    @Override
    public byte[] get(Name name) throws ErrnoException {
      return source.tree().getxattr(path(), name, follow);
    }

    @Override
    public void set(Name name, byte[] value) throws ErrnoException {
      source.tree().setxattr(path(), name, value, 0, follow);
    }

    @Override
    public void remove(Name name) throws ErrnoException {
      source.tree().removexattr(path(), name, follow);
    }
  }
}
