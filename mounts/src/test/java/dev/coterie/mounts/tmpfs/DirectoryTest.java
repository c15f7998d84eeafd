package dev.coterie.mounts.tmpfs;

import static org.assertj.core.api.Assertions.assertThat;

import dev.coterie.api.ErrnoException;
import dev.coterie.api.InodeId;
import dev.coterie.api.Mode;
import dev.coterie.api.Name;
import dev.coterie.api.Timestamp;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class DirectoryTest {
  private static long lastId;

  static long[] seeds() {
    return Seeds.of(30);
  }

  private static TmpNode node() {
    return new TmpNode.File(new InodeId(++lastId, 0), Mode.S_IFREG, 0, 0, Timestamp.EPOCH);
  }

  /** One who reads the directory piece by piece while it changes. */
  private static final class Reader {
    final Set<Name> seen = new HashSet<>();

    /** There when this reader began, and never gone since. */
    final Set<Name> mustSee;

    long cookie = Directory.FIRST_COOKIE - 1;
    boolean ended;

    Reader(Set<Name> present) {
      mustSee = new HashSet<>(present);
    }

    void read(Directory directory, int count) throws ErrnoException {
      int[] left = {count};
      ended = true;
      directory.after(
          cookie,
          (name, node, at) -> {
            if (left[0]-- == 0) {
              ended = false;
              return false;
            }
            assertThat(at).isGreaterThan(cookie);
            cookie = at;
            assertThat(seen.add(name) || !mustSee.contains(name)).isTrue();
            return true;
          });
    }
  }

  @ParameterizedTest
  @MethodSource("seeds")
  void readers_whileEntriesComeAndGo_seeWhatStaysOnce(long seed) throws ErrnoException {
    Random random = new Random(seed);
    Directory directory = new Directory();
    Map<Name, TmpNode> model = new HashMap<>();
    List<Reader> readers = new ArrayList<>();
    int names = 1 + random.nextInt(150);
    for (int step = 0; step < 1500; step++) {
      Name name = Name.of("n" + random.nextInt(names));
      change(directory, model, readers, name, random);
      assertThat(directory.size()).isEqualTo(model.size());
      assertThat(directory.get(name)).isSameAs(model.get(name));
      if (random.nextInt(20) == 0) {
        readers.add(new Reader(model.keySet()));
      }
      for (Reader reader : readers) {
        if (random.nextInt(10) == 0) {
          reader.read(directory, random.nextInt(20));
        }
        assertThat(!reader.ended || reader.seen.containsAll(reader.mustSee)).isTrue();
      }
      readers.removeIf(reader -> reader.ended);
    }
    Map<Name, TmpNode> listed = new HashMap<>();
    directory.after(
        2,
        (name, node, cookie) -> {
          assertThat(listed.put(name, (TmpNode) node)).isNull();
          return true;
        });
    assertThat(listed).isEqualTo(model);
  }

  private static void change(
      Directory directory,
      Map<Name, TmpNode> model,
      List<Reader> readers,
      Name name,
      Random random) {
    if (!model.containsKey(name)) {
      TmpNode node = node();
      directory.add(name, node);
      model.put(name, node);
    } else if (random.nextInt(3) == 0) {
      TmpNode node = node();
      directory.replace(name, node);
      model.put(name, node);
    } else {
      directory.remove(name);
      model.remove(name);
      readers.forEach(reader -> reader.mustSee.remove(name));
    }
  }

  @Test
  void cookies_ofNewEntries_growAndAreNeverUsedAgain() throws ErrnoException {
    Directory directory = new Directory();
    List<Long> cookies = new ArrayList<>();
    for (int i = 0; i < 100; i++) {
      directory.add(Name.of("a"), node());
      directory.after(2, (name, node, cookie) -> cookies.add(cookie));
      directory.remove(Name.of("a"));
    }
    assertThat(cookies).hasSize(100).isSorted().doesNotHaveDuplicates().startsWith(3L);
  }

  @Test
  void manyEntries_cameAndWent_leaveNoGaps() throws ErrnoException {
    Directory directory = new Directory();
    directory.add(Name.of("first"), node());
    for (int i = 0; i < 20_000; i++) {
      directory.add(Name.of("n" + i), node());
    }
    directory.add(Name.of("last"), node());
    for (int i = 0; i < 20_000; i++) {
      directory.remove(Name.of("n" + i));
    }
    assertThat(directory.gaps()).isLessThan(20);
    List<String> left = new ArrayList<>();
    directory.after(10_000, (name, node, cookie) -> left.add(name.toString()));
    assertThat(left).containsExactly("last");
  }
}
