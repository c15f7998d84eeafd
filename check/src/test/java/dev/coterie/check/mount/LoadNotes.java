package dev.coterie.check.mount;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.NavigableSet;
import java.util.TreeMap;
import java.util.TreeSet;

/** What a {@link LoadMain} was told to be done, held against what is there. */
final class LoadNotes {
  private final String name;
  private final Map<String, NavigableSet<Integer>> done = new TreeMap<>(); // by call
  private int count;

  private LoadNotes(String name) {
    this.name = name;
  }

  static LoadNotes read(Path file, String name) throws IOException {
    LoadNotes notes = new LoadNotes(name);
    for (String line : Files.readString(file, StandardCharsets.US_ASCII).lines().toList()) {
      String[] words = line.split(" ", -1);
      notes.of(words[0]).add(Integer.parseInt(words[1]));
      notes.count += words[0].endsWith("ing") ? 0 : 1;
    }
    return notes;
  }

  private NavigableSet<Integer> of(String call) {
    return done.computeIfAbsent(call, _ -> new TreeSet<>());
  }

  private int last(String call, int otherwise) {
    return of(call).isEmpty() ? otherwise : of(call).last();
  }

  /** How many calls were acknowledged. */
  int count() {
    return count;
  }

  /** Nothing that was acknowledged is lost, and nothing is there that was never asked for. */
  void requireKept(Path folder) throws IOException {
    requireAppended(folder.resolve(name + "-log"));
    requireFiles(folder);
    requireBlocks(folder.resolve(name + "-blocks"));
  }

  private void requireAppended(Path log) throws IOException {
    int acknowledged = last("append", -1) + 1;
    byte[] found = Files.exists(log) ? Files.readAllBytes(log) : new byte[0];
    int bytes = LoadMain.record(0).length;
    // The one under way may be there or not.
    assertThat(found.length / bytes)
        .as(log + ": records")
        .isBetween(acknowledged, acknowledged + 1);
    for (int n = 0; n < acknowledged; n++) {
      byte[] record = java.util.Arrays.copyOfRange(found, n * bytes, (n + 1) * bytes);
      assertThat(record).as(log + ": record " + n).isEqualTo(LoadMain.record(n));
    }
  }

  private void requireFiles(Path folder) throws IOException {
    for (int n : of("make")) {
      Path made = folder.resolve(name + "-new-" + n);
      Path file = folder.resolve(name + "-file-" + n);
      if (of("remove").contains(n)) {
        assertThat(List.of(made, file)).as("removed").noneMatch(Files::exists);
      } else if (of("rename").contains(n)) {
        assertThat(made).doesNotExist();
        if (!of("removing").contains(n) || Files.exists(file)) {
          assertThat(Files.readAllBytes(file)).as(file.toString()).isEqualTo(LoadMain.content(n));
        }
      } else {
        boolean renamed = of("renaming").contains(n) && Files.exists(file);
        Path there = renamed ? file : made;
        assertThat(Files.readAllBytes(there)).as(there.toString()).isEqualTo(LoadMain.content(n));
      }
    }
  }

  /** Each block is the last one written to its place, or partly the one under way. */
  private void requireBlocks(Path file) throws IOException {
    int last = last("block", 0);
    if (last == 0) {
      return;
    }
    ByteBuffer found = ByteBuffer.wrap(Files.readAllBytes(file));
    for (int n = Math.max(1, last - LoadMain.BLOCKS + 1); n <= last; n++) {
      int underWay = n % LoadMain.BLOCKS == (last + 1) % LoadMain.BLOCKS ? last + 1 : n;
      int start = n % LoadMain.BLOCKS * LoadMain.BLOCK_BYTES;
      for (int at = start; at < start + LoadMain.BLOCK_BYTES; at += Integer.BYTES) {
        int value = found.getInt(at);
        if (value != n && value != underWay) {
          throw new AssertionError(file + " at " + at + ": " + value + ", not " + n);
        }
      }
    }
  }
}
