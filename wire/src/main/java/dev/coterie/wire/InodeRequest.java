package dev.coterie.wire;

import dev.coterie.api.InodeId;
import dev.coterie.api.Name;
import java.nio.ByteBuffer;

/**
 * Requests on inodes and names, since 9P2000.L.coterie.1: each is one operation, answered whole.
 */
public sealed interface InodeRequest extends Request {

  /**
   * Finds a name in a directory, and its attributes.
   *
   * <pre>
   * size[4] 208[1] tag[2] dfid[4] newfid[4] name[s]
   * </pre>
   *
   * <p>The surprise: "." and ".." are found too, so "." of the root asks for the root's attributes
   * and a fid at once.
   *
   * @param newFid names what was found, with one reference; may not be in use
   */
  record Tlookup(int dirFid, int newFid, Name name) implements InodeRequest {
    @Override
    public int type() {
      return P9.TLOOKUP;
    }

    @Override
    public void putBody(ByteBuffer out) {
      out.putInt(dirFid).putInt(newFid);
      Fields.putName(out, name);
    }

    static Tlookup get(ByteBuffer in) throws ProtocolException {
      return new Tlookup(in.getInt(), in.getInt(), Fields.getName(in));
    }
  }

  /**
   * Makes a directory, symbolic link, FIFO, socket, device node or empty regular file.
   *
   * <pre>
   * size[4] 210[1] tag[2] dfid[4] newfid[4] name[s] mode[4] rdev[8] target[s]
   * </pre>
   *
   * @param newFid names what was made
   * @param mode its S_IFMT says what to make; permissions before the umask, which is the caller's
   * @param rdev device in makedev(3)'s encoding
   * @param target of a symbolic link, else empty
   */
  record Tmake(int dirFid, int newFid, Name name, int mode, long rdev, Name target)
      implements InodeRequest {
    @Override
    public int type() {
      return P9.TMAKE;
    }

    @Override
    public void putBody(ByteBuffer out) {
      out.putInt(dirFid).putInt(newFid);
      Fields.putName(out, name);
      out.putInt(mode).putLong(rdev);
      Fields.putName(out, target);
    }

    static Tmake get(ByteBuffer in) throws ProtocolException {
      return new Tmake(
          in.getInt(),
          in.getInt(),
          Fields.getName(in),
          in.getInt(),
          in.getLong(),
          Fields.getName(in));
    }
  }

  /**
   * Takes a fid by identity, for a client that was disconnected. Permission is checked as on the
   * way to one of its names.
   *
   * <pre>
   * size[4] 200[1] tag[2] newfid[4] inode[8] gen[4] rootfid[4]
   * </pre>
   *
   * @param newFid names the inode, with one reference
   * @param rootFid of an attach: the tree it must lie in
   */
  record Trebind(int newFid, InodeId id, int rootFid) implements InodeRequest {
    @Override
    public int type() {
      return P9.TREBIND;
    }

    @Override
    public void putBody(ByteBuffer out) {
      out.putInt(newFid).putLong(id.number()).putInt(id.generation()).putInt(rootFid);
    }

    static Trebind get(ByteBuffer in) {
      return new Trebind(in.getInt(), new InodeId(in.getLong(), in.getInt()), in.getInt());
    }
  }

  /**
   * Changes attributes as one change and asks for the new ones.
   *
   * <pre>
   * size[4] 224[1] tag[2] fid[4] hfid[4]
   * valid[4] mode[4] uid[4] gid[4] size[8] atime[8 8] mtime[8 8]
   * </pre>
   *
   * @param handleFid an open fid of the same file, by whose right the size is changed; or {@link
   *     P9#NOFID}
   * @param change its own layout is {@link AttrChange}'s
   */
  record Tsetattrx(int fid, int handleFid, AttrChange change) implements InodeRequest {
    @Override
    public int type() {
      return P9.TSETATTRX;
    }

    @Override
    public void putBody(ByteBuffer out) {
      out.putInt(fid).putInt(handleFid);
      change.put(out);
    }

    static Tsetattrx get(ByteBuffer in) {
      return new Tsetattrx(in.getInt(), in.getInt(), AttrChange.get(in));
    }
  }

  /**
   * Asks whether the caller may read, write, search or execute.
   *
   * <pre>
   * size[4] 226[1] tag[2] fid[4] mask[4]
   * </pre>
   *
   * @param mask of access(2): 4 read, 2 write, 1 search or execute
   */
  record Taccess(int fid, int mask) implements InodeRequest {
    @Override
    public int type() {
      return P9.TACCESS;
    }

    @Override
    public void putBody(ByteBuffer out) {
      out.putInt(fid).putInt(mask);
    }

    static Taccess get(ByteBuffer in) {
      return new Taccess(in.getInt(), in.getInt());
    }
  }

  /**
   * Gives a file one more name and asks for its attributes.
   *
   * <pre>
   * size[4] 230[1] tag[2] dfid[4] fid[4] name[s]
   * </pre>
   */
  record Tlinkx(int dirFid, int fid, Name name) implements InodeRequest {
    @Override
    public int type() {
      return P9.TLINKX;
    }

    @Override
    public void putBody(ByteBuffer out) {
      out.putInt(dirFid).putInt(fid);
      Fields.putName(out, name);
    }

    static Tlinkx get(ByteBuffer in) throws ProtocolException {
      return new Tlinkx(in.getInt(), in.getInt(), Fields.getName(in));
    }
  }

  /**
   * Moves a name.
   *
   * <pre>
   * size[4] 194[1] tag[2] olddirfid[4] oldname[s] newdirfid[4] newname[s] flags[4]
   * </pre>
   *
   * @param flags of renameat2(2): 1 NOREPLACE, 2 EXCHANGE
   */
  record Trenamex(int oldDirFid, Name oldName, int newDirFid, Name newName, int flags)
      implements InodeRequest {
    @Override
    public int type() {
      return P9.TRENAMEX;
    }

    @Override
    public void putBody(ByteBuffer out) {
      out.putInt(oldDirFid);
      Fields.putName(out, oldName);
      out.putInt(newDirFid);
      Fields.putName(out, newName);
      out.putInt(flags);
    }

    static Trenamex get(ByteBuffer in) throws ProtocolException {
      return new Trenamex(
          in.getInt(), Fields.getName(in), in.getInt(), Fields.getName(in), in.getInt());
    }
  }

  /**
   * Asks for the value of an extended attribute.
   *
   * <pre>
   * size[4] 216[1] tag[2] fid[4] name[s]
   * </pre>
   */
  record Tgetxattr(int fid, Name name) implements InodeRequest {
    @Override
    public int type() {
      return P9.TGETXATTR;
    }

    @Override
    public void putBody(ByteBuffer out) {
      out.putInt(fid);
      Fields.putName(out, name);
    }

    static Tgetxattr get(ByteBuffer in) throws ProtocolException {
      return new Tgetxattr(in.getInt(), Fields.getName(in));
    }
  }

  /**
   * Sets an extended attribute.
   *
   * <pre>
   * size[4] 218[1] tag[2] fid[4] name[s] flags[4] count[4] data[count]
   * </pre>
   *
   * @param flags of setxattr(2): 1 CREATE, 2 REPLACE
   * @param data the value; when decoded, a slice of the frame, good until the next frame is read
   */
  record Tsetxattr(int fid, Name name, int flags, ByteBuffer data) implements InodeRequest {
    @Override
    public int type() {
      return P9.TSETXATTR;
    }

    @Override
    public void putBody(ByteBuffer out) {
      out.putInt(fid);
      Fields.putName(out, name);
      out.putInt(flags);
      Fields.putData(out, data);
    }

    static Tsetxattr get(ByteBuffer in) throws ProtocolException {
      return new Tsetxattr(in.getInt(), Fields.getName(in), in.getInt(), Fields.getData(in));
    }

    @Override
    public Request detached() {
      return new Tsetxattr(fid, name, flags, Fields.copy(data));
    }
  }

  /**
   * Asks for the names of the extended attributes.
   *
   * <pre>
   * size[4] 220[1] tag[2] fid[4]
   * </pre>
   */
  record Tlistxattr(int fid) implements InodeRequest {
    @Override
    public int type() {
      return P9.TLISTXATTR;
    }

    @Override
    public void putBody(ByteBuffer out) {
      out.putInt(fid);
    }

    static Tlistxattr get(ByteBuffer in) {
      return new Tlistxattr(in.getInt());
    }
  }

  /**
   * Removes an extended attribute.
   *
   * <pre>
   * size[4] 222[1] tag[2] fid[4] name[s]
   * </pre>
   */
  record Tremovexattr(int fid, Name name) implements InodeRequest {
    @Override
    public int type() {
      return P9.TREMOVEXATTR;
    }

    @Override
    public void putBody(ByteBuffer out) {
      out.putInt(fid);
      Fields.putName(out, name);
    }

    static Tremovexattr get(ByteBuffer in) throws ProtocolException {
      return new Tremovexattr(in.getInt(), Fields.getName(in));
    }
  }
}
