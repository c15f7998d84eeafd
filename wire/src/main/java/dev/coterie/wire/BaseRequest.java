package dev.coterie.wire;

import dev.coterie.api.Limits;
import dev.coterie.api.Name;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/** Requests since 9P2000 that 9P2000.L kept. */
public sealed interface BaseRequest extends Request {

  /**
   * Agrees on version and frame size, and begins anew: what was under way is given up, all fids are
   * clunked.
   *
   * <pre>
   * size[4] 100[1] tag[2] msize[4] version[s]
   * </pre>
   *
   * <p>The surprise: it may come again in the middle of a session. Its tag is {@link P9#NOTAG}.
   *
   * @param msize largest frame the client takes, in bytes, unsigned
   * @param version see {@link Dialect#answer}
   */
  record Tversion(int msize, String version) implements BaseRequest {
    @Override
    public int type() {
      return P9.TVERSION;
    }

    @Override
    public void putBody(ByteBuffer out) {
      Fields.putText(out.putInt(msize), version);
    }

    static Tversion get(ByteBuffer in) throws ProtocolException {
      return new Tversion(in.getInt(), Fields.getText(in));
    }
  }

  /**
   * Asks for a conversation that proves who the user is, by reads and writes of {@code afid}.
   *
   * <pre>
   * size[4] 102[1] tag[2] afid[4] uname[s] aname[s] n_uname[4]
   * </pre>
   *
   * <p>The surprise: an error means that no proof is needed.
   *
   * @param afid new fid of the conversation
   * @param uname user, by name
   * @param aname tree to be attached
   * @param numericUname user, by number, or {@link P9#NONUNAME}
   */
  record Tauth(int afid, String uname, String aname, int numericUname) implements BaseRequest {
    @Override
    public int type() {
      return P9.TAUTH;
    }

    @Override
    public void putBody(ByteBuffer out) {
      out.putInt(afid);
      Fields.putText(out, uname);
      Fields.putText(out, aname);
      out.putInt(numericUname);
    }

    static Tauth get(ByteBuffer in) throws ProtocolException {
      return new Tauth(in.getInt(), Fields.getText(in), Fields.getText(in), in.getInt());
    }
  }

  /**
   * Gives a user a fid for the root of a tree. A connection has many: Linux sends one for each
   * user.
   *
   * <pre>
   * size[4] 104[1] tag[2] fid[4] afid[4] uname[s] aname[s] n_uname[4]
   * </pre>
   *
   * @param fid new fid of the root
   * @param afid from Tauth, or {@link P9#NOFID}
   * @param uname user, by name
   * @param aname tree; empty for the whole one
   * @param numericUname user, by number, or {@link P9#NONUNAME}
   */
  record Tattach(int fid, int afid, String uname, String aname, int numericUname)
      implements BaseRequest {
    @Override
    public int type() {
      return P9.TATTACH;
    }

    @Override
    public void putBody(ByteBuffer out) {
      out.putInt(fid).putInt(afid);
      Fields.putText(out, uname);
      Fields.putText(out, aname);
      out.putInt(numericUname);
    }

    static Tattach get(ByteBuffer in) throws ProtocolException {
      return new Tattach(
          in.getInt(), in.getInt(), Fields.getText(in), Fields.getText(in), in.getInt());
    }
  }

  /**
   * Gives up a request. The old request's reply comes before Rflush or never.
   *
   * <pre>
   * size[4] 108[1] tag[2] oldtag[2]
   * </pre>
   *
   * <p>The surprise: never answered by an error, whatever {@code oldTag} is.
   *
   * @param oldTag unsigned, 16 bits
   */
  record Tflush(int oldTag) implements BaseRequest {
    @Override
    public int type() {
      return P9.TFLUSH;
    }

    @Override
    public void putBody(ByteBuffer out) {
      out.putShort((short) oldTag);
    }

    static Tflush get(ByteBuffer in) {
      return new Tflush(Fields.getShort(in));
    }
  }

  /**
   * Goes down names from a fid and gives what it finds a new fid; without names, copies the fid.
   *
   * <pre>
   * size[4] 110[1] tag[2] fid[4] newfid[4] n[2] n*name[s]
   * </pre>
   *
   * <p>The surprise: if the first name fails that is the error; if a later one does, the reply is
   * short and {@code newFid} was not made.
   *
   * @param fid where to begin; may be open
   * @param newFid may be {@code fid} itself, which then moves
   * @param names at most {@link Limits#WALK_NAMES}
   */
  record Twalk(int fid, int newFid, List<Name> names) implements BaseRequest {
    public Twalk {
      names = List.copyOf(names);
      if (names.size() > Limits.WALK_NAMES) {
        throw new IllegalArgumentException("names in a walk: " + names.size());
      }
    }

    @Override
    public int type() {
      return P9.TWALK;
    }

    @Override
    public void putBody(ByteBuffer out) {
      out.putInt(fid).putInt(newFid).putShort((short) names.size());
      for (int i = 0; i < names.size(); i++) {
        Fields.putName(out, names.get(i));
      }
    }

    static Twalk get(ByteBuffer in) throws ProtocolException {
      int fid = in.getInt();
      int newFid = in.getInt();
      int count = Fields.getShort(in);
      if (count > Limits.WALK_NAMES) {
        throw new ProtocolException("names in a walk: " + count);
      }
      List<Name> names = new ArrayList<>(count);
      for (int i = 0; i < count; i++) {
        names.add(Fields.getName(in));
      }
      return new Twalk(fid, newFid, names);
    }
  }

  /**
   * Reads at an offset; of an xattr fid, from its value. Short at the end of the file only.
   *
   * <pre>
   * size[4] 116[1] tag[2] fid[4] offset[8] count[4]
   * </pre>
   *
   * @param offset in bytes
   * @param count in bytes, unsigned; see {@link P9#ioCount}
   */
  record Tread(int fid, long offset, int count) implements BaseRequest {
    @Override
    public int type() {
      return P9.TREAD;
    }

    @Override
    public void putBody(ByteBuffer out) {
      out.putInt(fid).putLong(offset).putInt(count);
    }

    static Tread get(ByteBuffer in) {
      return new Tread(in.getInt(), in.getLong(), in.getInt());
    }
  }

  /**
   * Writes at an offset; to an xattr fid, into its value.
   *
   * <pre>
   * size[4] 118[1] tag[2] fid[4] offset[8] count[4] data[count]
   * </pre>
   *
   * <p>The surprise: on a fid opened with O_APPEND the offset means nothing.
   *
   * @param offset in bytes
   * @param data when decoded, a slice of the frame, good until the next frame is read
   */
  record Twrite(int fid, long offset, ByteBuffer data) implements BaseRequest {
    @Override
    public int type() {
      return P9.TWRITE;
    }

    @Override
    public void putBody(ByteBuffer out) {
      Fields.putData(out.putInt(fid).putLong(offset), data);
    }

    static Twrite get(ByteBuffer in) throws ProtocolException {
      return new Twrite(in.getInt(), in.getLong(), Fields.getData(in));
    }

    @Override
    public Request detached() {
      return new Twrite(fid, offset, Fields.copy(data));
    }
  }

  /**
   * Gives back a fid, and closes what it has open.
   *
   * <pre>
   * size[4] 120[1] tag[2] fid[4]
   * </pre>
   *
   * <p>The surprise: the fid is gone even when the answer is an error.
   */
  record Tclunk(int fid) implements BaseRequest {
    @Override
    public int type() {
      return P9.TCLUNK;
    }

    @Override
    public void putBody(ByteBuffer out) {
      out.putInt(fid);
    }

    static Tclunk get(ByteBuffer in) {
      return new Tclunk(in.getInt());
    }
  }

  /**
   * Removes the file by the name its fid was found under, and gives back the fid.
   *
   * <pre>
   * size[4] 122[1] tag[2] fid[4]
   * </pre>
   *
   * <p>The surprise: the fid is gone even when the file is not.
   */
  record Tremove(int fid) implements BaseRequest {
    @Override
    public int type() {
      return P9.TREMOVE;
    }

    @Override
    public void putBody(ByteBuffer out) {
      out.putInt(fid);
    }

    static Tremove get(ByteBuffer in) {
      return new Tremove(in.getInt());
    }
  }
}
