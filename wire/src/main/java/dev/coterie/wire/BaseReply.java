package dev.coterie.wire;

import dev.coterie.api.Limits;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/** Replies since 9P2000 that 9P2000.L kept. */
public sealed interface BaseReply extends Reply {

  /**
   * Version and frame size are agreed.
   *
   * <pre>
   * size[4] 101[1] tag[2] msize[4] version[s]
   * </pre>
   *
   * @param msize largest frame from now on, in bytes; no more than the client proposed
   * @param version {@link Dialect#version}
   */
  record Rversion(int msize, String version) implements BaseReply {
    @Override
    public int type() {
      return P9.RVERSION;
    }

    @Override
    public void putBody(ByteBuffer out) {
      Fields.putText(out.putInt(msize), version);
    }

    static Rversion get(ByteBuffer in) throws ProtocolException {
      return new Rversion(in.getInt(), Fields.getText(in));
    }
  }

  /**
   * The conversation may begin.
   *
   * <pre>
   * size[4] 103[1] tag[2] aqid[13]
   * </pre>
   */
  record Rauth(Qid qid) implements BaseReply {
    @Override
    public int type() {
      return P9.RAUTH;
    }

    @Override
    public void putBody(ByteBuffer out) {
      qid.put(out);
    }

    static Rauth get(ByteBuffer in) {
      return new Rauth(Qid.get(in));
    }
  }

  /**
   * The fid names the root.
   *
   * <pre>
   * size[4] 105[1] tag[2] qid[13]
   * </pre>
   */
  record Rattach(Qid qid) implements BaseReply {
    @Override
    public int type() {
      return P9.RATTACH;
    }

    @Override
    public void putBody(ByteBuffer out) {
      qid.put(out);
    }

    static Rattach get(ByteBuffer in) {
      return new Rattach(Qid.get(in));
    }
  }

  /**
   * No reply to the old tag comes after this one.
   *
   * <pre>
   * size[4] 109[1] tag[2]
   * </pre>
   */
  record Rflush() implements BaseReply {
    @Override
    public int type() {
      return P9.RFLUSH;
    }
  }

  /**
   * What the names of a walk were found to be.
   *
   * <pre>
   * size[4] 111[1] tag[2] n[2] n*qid[13]
   * </pre>
   *
   * @param qids one for each name; fewer if one was not found, and then there is no new fid
   */
  record Rwalk(List<Qid> qids) implements BaseReply {
    public Rwalk {
      qids = List.copyOf(qids);
      if (qids.size() > Limits.WALK_NAMES) {
        throw new IllegalArgumentException("qids of a walk: " + qids.size());
      }
    }

    @Override
    public int type() {
      return P9.RWALK;
    }

    @Override
    public void putBody(ByteBuffer out) {
      out.putShort((short) qids.size());
      for (int i = 0; i < qids.size(); i++) {
        qids.get(i).put(out);
      }
    }

    static Rwalk get(ByteBuffer in) throws ProtocolException {
      int count = Fields.getShort(in);
      if (count > Limits.WALK_NAMES) {
        throw new ProtocolException("qids of a walk: " + count);
      }
      List<Qid> qids = new ArrayList<>(count);
      for (int i = 0; i < count; i++) {
        qids.add(Qid.get(in));
      }
      return new Rwalk(qids);
    }
  }

  /**
   * What was read. A server need not make one: {@link DataReply} lets the file system read into the
   * frame.
   *
   * <pre>
   * size[4] 117[1] tag[2] count[4] data[count]
   * </pre>
   *
   * @param data when decoded, a slice of the frame, good until the next frame is read
   */
  record Rread(ByteBuffer data) implements BaseReply {
    @Override
    public int type() {
      return P9.RREAD;
    }

    @Override
    public void putBody(ByteBuffer out) {
      Fields.putData(out, data);
    }

    static Rread get(ByteBuffer in) throws ProtocolException {
      return new Rread(Fields.getData(in));
    }
  }

  /**
   * How much was written.
   *
   * <pre>
   * size[4] 119[1] tag[2] count[4]
   * </pre>
   *
   * @param count in bytes
   */
  record Rwrite(int count) implements BaseReply {
    @Override
    public int type() {
      return P9.RWRITE;
    }

    @Override
    public void putBody(ByteBuffer out) {
      out.putInt(count);
    }

    static Rwrite get(ByteBuffer in) {
      return new Rwrite(in.getInt());
    }
  }

  /**
   * The fid was given back.
   *
   * <pre>
   * size[4] 121[1] tag[2]
   * </pre>
   */
  record Rclunk() implements BaseReply {
    @Override
    public int type() {
      return P9.RCLUNK;
    }
  }

  /**
   * The file was removed and the fid given back.
   *
   * <pre>
   * size[4] 123[1] tag[2]
   * </pre>
   */
  record Rremove() implements BaseReply {
    @Override
    public int type() {
      return P9.RREMOVE;
    }
  }
}
