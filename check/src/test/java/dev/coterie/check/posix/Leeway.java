package dev.coterie.check.posix;

/** What of an answer is not compared. */
enum Leeway {
  /** Everything is. */
  NONE {
    @Override
    String without(String answer) {
      return answer;
    }
  },

  /** Of copies: access times, for which the time of the last change is put. */
  ATIME {
    @Override
    String without(String answer) {
      String[] words = answer.split(" ");
      if (words[0].equals("S")) {
        words[ATIME_AT] = words[ATIME_AT + 1];
      }
      return String.join(" ", words);
    }
  },

  /** On ext4: {@link Difference#EXT4_SPACE}, {@link Difference#USED_AGAIN}. */
  EXT4 {
    @Override
    String without(String answer) {
      String[] words = answer.split(" ");
      switch (words[0]) {
        case "S" -> words[BLOCKS] = "-";
        case "D" -> {
          for (int i = 2; i < words.length; i++) {
            words[i] = words[i].substring(0, words[i].lastIndexOf(':') + 1) + "-";
          }
        }
        case "F" -> {
          if (!words[1].equals(TMPFS_MAGIC)) {
            words[FREE_BLOCKS] = "-";
            words[words.length - 1] = "-"; // of free inodes, or of all
          }
        }
        default -> {}
      }
      return String.join(" ", words);
    }
  };

  private static final int BLOCKS = 6;
  private static final int ATIME_AT = 9;
  private static final int FREE_BLOCKS = 4;
  private static final String TMPFS_MAGIC = Integer.toString(0x01021994);

  abstract String without(String answer);
}
