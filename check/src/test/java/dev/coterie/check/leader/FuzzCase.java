package dev.coterie.check.leader;

import dev.coterie.api.Limits;
import dev.coterie.wire.P9;
import java.io.ByteArrayOutputStream;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;

/**
 * One conversation with a leader that goes wrong, all of which follows from a seed: a good
 * beginning (version, attach, some files), requests with whatever in their fields, and then faults
 * in the bytes.
 *
 * @param bytes what is sent
 * @param pieces in how long pieces, one after the other; the last one repeats
 * @param manner how it is sent
 */
record FuzzCase(long seed, byte[] bytes, int[] pieces, Manner manner) {
  /** What the client does beside sending. */
  enum Manner {
    /** Sends all, tells that it is at its end, and reads to the leader's. */
    TO_THE_END,
    /** Sends all, reads nothing and closes. */
    ABRUPT,
    /** Sends each frame when the last one was answered. */
    ONE_BY_ONE
  }

  /** The directory that the conversations are about. */
  static final String TREE = "fuzz";

  /**
   * Requests by type, and what their bodies are made of: f fid, N fid to be made, n name, w names
   * of a walk, t tag, b byte, i flags or mask, m mode, u user, o offset, c count, d count and data,
   * v version, C change of attributes, k token, q identity, D several of these requests.
   */
  private static final String[] REQUESTS = {
    "8 f",
    "12 fi",
    "14 fnimu",
    "16 fnnu",
    "18 fnmiiu",
    "20 ffn",
    "22 f",
    "24 fo",
    "26 fC",
    "30 fNn",
    "32 fnoi",
    "40 foc",
    "50 fi",
    "54 fbooin",
    "70 ffn",
    "72 fnmu",
    "74 fnfn",
    "76 fni",
    "100 cv",
    "102 fnnu",
    "104 Nfnnu",
    "108 t",
    "110 fNw",
    "116 foc",
    "118 fod",
    "120 f",
    "122 f",
    "194 fnfni",
    "200 Nqf",
    "204 o",
    "208 fNn",
    "210 fNnmon",
    "216 fn",
    "218 fnid",
    "220 f",
    "222 fn",
    "224 ffC",
    "226 fi",
    "230 ffn",
    "232 Nfbbooo",
    "168 f",
    "170 kN",
    "172 fbo",
    "174 fc",
    "176 fd",
    "178 fd",
    "188 foci",
    "192 fioo",
    "202 fofoo",
    "212 fNNnim",
    "214 fNi",
    "228 fi",
    "234 iD",
    "234 iD",
  };

  /** How many of those, the last ones, have others inside. */
  private static final int SEVERAL = 2;

  private static final String[] NAMES = {
    "a",
    "b",
    "c",
    "d",
    "",
    ".",
    "..",
    "x/y",
    "n\0n",
    "user.a",
    "security.b",
    "n".repeat(255),
    "n".repeat(256),
    "n".repeat(5000),
  };

  private static final long[] OFFSETS = {
    0, 1, 100, 4095, 4096, 1 << 20, 1L << 40, Long.MAX_VALUE, -1, Long.MIN_VALUE,
  };

  private static final int[] COUNTS = {0, 1, 11, 24, 100, 4096, 65_536, 1 << 20, -1};
  private static final int[] FLAGS = {0, 1, 2, 0101, 0102, 01002, 02001, 0200000, 020200002, 0x200};
  private static final int[] MODES = {0644, 0, 0755, 040755, 0120777, 010644, 020666, 0170000, -1};
  private static final List<Manner> MANNERS = List.of(Manner.values());
  private static final int[] MSIZES = {4096, 8192, 65_536, Limits.MSIZE_MAX_BYTES};
  private static final int FIDS = 10;
  private static final int TAGS = 12;
  private static final int DATA_MOST = 3000;
  private static final int REQUESTS_MOST = 60;
  private static final int FAULTS_MOST = 4;

  static FuzzCase of(long seed) {
    return new Maker(seed).make();
  }

  @Override
  public String toString() {
    return "case "
        + seed
        + ", "
        + manner
        + ", pieces of "
        + Arrays.toString(pieces)
        + " bytes: "
        + HexFormat.of().formatHex(bytes);
  }

  private static final class Maker {
    private final long seed;
    private final Random random;
    private final boolean dialect;
    private boolean distinctTags;
    private int requests;

    Maker(long seed) {
      this.seed = seed;
      this.random = new Random(seed);
      this.dialect = random.nextBoolean();
    }

    FuzzCase make() {
      Manner manner = MANNERS.get(random.nextInt(MANNERS.size()));
      distinctTags = manner == Manner.ONE_BY_ONE;
      List<byte[]> frames = new ArrayList<>(beginning());
      int good = frames.size();
      for (int count = random.nextInt(REQUESTS_MOST); count >= 0; count--) {
        frames.add(request().toBytes(tag()));
      }
      byte[] bytes;
      if (manner == Manner.ONE_BY_ONE) {
        for (int faults = random.nextInt(FAULTS_MOST); faults > 0; faults--) {
          int one = good + random.nextInt(frames.size() - good);
          frames.set(one, withFaultInside(frames.get(one)));
        }
        bytes = joined(frames);
      } else {
        if (random.nextInt(4) == 0) {
          Collections.shuffle(frames.subList(1, frames.size()), random);
        }
        bytes = joined(frames);
        for (int faults = random.nextInt(FAULTS_MOST); faults > 0; faults--) {
          bytes = withFault(bytes);
        }
      }
      int[] pieces = new int[1 + random.nextInt(4)];
      Arrays.setAll(
          pieces, i -> 1 + random.nextInt(random.nextBoolean() ? 20 : 1 << random.nextInt(18)));
      return new FuzzCase(seed, bytes, pieces, manner);
    }

    private List<byte[]> beginning() {
      String version = dialect ? RawClient.DIALECT : RawClient.PLAIN;
      return List.of(
          Frame.of(P9.TVERSION).u4(pick(MSIZES)).name(version).toBytes(P9.NOTAG),
          RawClient.attachFrame(0, P9.NONUNAME, TREE).toBytes(tag()),
          RawClient.walkFrame(0, 1).toBytes(tag()),
          RawClient.createFrame(1, pick(NAMES), 0102, 0644).toBytes(tag()),
          RawClient.walkFrame(0, 2).toBytes(tag()));
    }

    private int tag() {
      requests++;
      return distinctTags ? requests : random.nextInt(TAGS);
    }

    private Frame request() {
      String[] words = REQUESTS[random.nextInt(REQUESTS.length)].split(" ");
      Frame frame = Frame.of(Integer.parseInt(words[0]));
      if (dialect && random.nextInt(8) == 0 && frame.type() < 232) {
        Frame as = Frame.of(P9.TAS).u4(random.nextInt(3)).u4(random.nextInt(3));
        as.u2(1).u4(7).u4(0).u4(022).u1(frame.type());
        return body(as, words[1]);
      }
      return body(frame, words[1]);
    }

    private Frame body(Frame frame, String fields) {
      for (int i = 0; i < fields.length(); i++) {
        switch (fields.charAt(i)) {
          case 'f', 'N' -> frame.u4(random.nextInt(20) == 0 ? P9.NOFID : random.nextInt(FIDS));
          case 'n' -> frame.name(pick(NAMES));
          case 'w' -> {
            int names = random.nextInt(5);
            frame.u2(names);
            for (int name = 0; name < names; name++) {
              frame.name(pick(NAMES));
            }
          }
          case 't' -> frame.u2(random.nextInt(TAGS));
          case 'b' -> frame.u1(random.nextInt(6));
          case 'i' -> frame.u4(pick(FLAGS));
          case 'm' -> frame.u4(pick(MODES));
          case 'u' -> frame.u4(random.nextInt(3));
          case 'o' -> frame.u8(offset());
          case 'c' -> frame.u4(pick(COUNTS));
          case 'v' -> frame.name(random.nextBoolean() ? RawClient.DIALECT : pick(NAMES));
          case 'd' -> frame.data(data());
          case 'C' -> {
            frame.u4(random.nextInt(0x200)).u4(pick(MODES)).u4(1).u4(1).u8(offset());
            frame.u8(offset()).u8(random.nextInt()).u8(offset()).u8(random.nextInt());
          }
          case 'k' -> frame.u8(random.nextLong()).u8(random.nextLong());
          case 'D' -> several(frame);
          case 'q' -> frame.u8(random.nextInt(30)).u4(random.nextInt());
          default -> throw new AssertionError(fields);
        }
      }
      return frame;
    }

    private void several(Frame frame) {
      int count = 1 + random.nextInt(5);
      frame.u2(count);
      for (int i = 0; i < count; i++) {
        String[] words = REQUESTS[random.nextInt(REQUESTS.length - SEVERAL)].split(" ");
        frame.bytes(body(Frame.of(Integer.parseInt(words[0])), words[1]).toBytes(i));
      }
    }

    private long offset() {
      return OFFSETS[random.nextInt(OFFSETS.length)];
    }

    private byte[] data() {
      byte[] data = new byte[random.nextInt(DATA_MOST)];
      random.nextBytes(data);
      return data;
    }

    private int pick(int[] some) {
      return some[random.nextInt(some.length)];
    }

    private String pick(String[] some) {
      return some[random.nextInt(some.length)];
    }

    // ---- faults ----

    private byte[] withFault(byte[] bytes) {
      int at = random.nextInt(bytes.length);
      return switch (random.nextInt(7)) {
        case 0, 1 -> flipped(bytes, at);
        case 2 -> lying(bytes);
        case 3 -> Arrays.copyOf(bytes, 1 + at);
        case 4 -> spliced(bytes, at, random.nextInt(bytes.length));
        case 5 -> {
          byte[] some = new byte[random.nextInt(200)];
          random.nextBytes(some);
          yield joined(List.of(Arrays.copyOf(bytes, at), some, rest(bytes, at)));
        }
        default -> joined(List.of(bytes, rest(bytes, at)));
      };
    }

    /** Bytes of the body alone, so that what follows is still where it should be. */
    private byte[] withFaultInside(byte[] frame) {
      if (frame.length == P9.HEADER_BYTES) {
        return frame;
      }
      return flipped(frame, P9.HEADER_BYTES + random.nextInt(frame.length - P9.HEADER_BYTES));
    }

    private byte[] flipped(byte[] bytes, int at) {
      byte[] copy = bytes.clone();
      copy[at] ^= (byte) (1 << random.nextInt(8));
      return copy;
    }

    /** Has one frame say another size. */
    private byte[] lying(byte[] bytes) {
      byte[] copy = bytes.clone();
      int at = 0;
      for (int frames = random.nextInt(requests); frames > 0; frames--) {
        int next = at + sizeAt(bytes, at);
        if (next <= at || next + Integer.BYTES > bytes.length) {
          break;
        }
        at = next;
      }
      int size = random.nextBoolean() ? sizeAt(bytes, at) + random.nextInt(9) - 4 : pick(COUNTS);
      for (int i = 0; i < Integer.BYTES && at + i < copy.length; i++) {
        copy[at + i] = (byte) (size >>> 8 * i);
      }
      return copy;
    }

    private static byte[] spliced(byte[] bytes, int to, int from) {
      return joined(List.of(Arrays.copyOf(bytes, to), rest(bytes, from)));
    }

    private static byte[] rest(byte[] bytes, int from) {
      return Arrays.copyOfRange(bytes, from, bytes.length);
    }

    private static byte[] joined(List<byte[]> parts) {
      ByteArrayOutputStream all = new ByteArrayOutputStream();
      parts.forEach(all::writeBytes);
      return all.toByteArray();
    }
  }

  /** {@code size[4]} as it stands there; negative if there are not so many bytes. */
  static int sizeAt(byte[] bytes, int at) {
    if (at + Integer.BYTES > bytes.length) {
      return -1;
    }
    int size = 0;
    for (int i = 0; i < Integer.BYTES; i++) {
      size |= Byte.toUnsignedInt(bytes[at + i]) << 8 * i;
    }
    return size;
  }
}
