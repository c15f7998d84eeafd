package dev.coterie.check.history;

import dev.coterie.api.InodeId;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Counts the events of a history and checks what concerns several objects: an identity belongs to
 * one group, as links stay in their group, so one that shows up in two was given to two inodes.
 */
public final class Census {
  private static final int FINDINGS_MAX = 10;

  private final IdentityTable identities = new IdentityTable();
  private final Universe universe;
  private final List<String> findings = new ArrayList<>();
  private long events;
  private long answered;
  private long refused;
  private long doubtful;
  private long open;

  Census(Universe universe) {
    this.universe = universe;
  }

  void count(int partition, Event event) {
    count(partition, Certainty.of(event), event.answer().id());
    if (event.returned() < event.invoked()) {
      find("%s: %s returned before it was called".formatted(event.who(), event.kind()));
    }
  }

  void count(int partition, Certainty certainty, @Nullable InodeId id) {
    events++;
    switch (certainty) {
      case ANSWERED -> answered++;
      case REFUSED -> refused++;
      case DOUBTFUL -> doubtful++;
      case OPEN -> open++;
    }
    if (id != null) {
      int owner = identities.claim(id, partition);
      if (owner != partition) {
        find(
            "identity {%s} belongs to an inode of %s and to one of %s"
                .formatted(id, name(owner), name(partition)));
      }
    }
  }

  void find(String finding) {
    if (findings.size() < FINDINGS_MAX) {
      findings.add(finding);
    }
  }

  private String name(int partition) {
    return partition < universe.groups()
        ? "group " + partition
        : "file " + Universe.fileName(partition - universe.groups());
  }

  public long events() {
    return events;
  }

  public long answered() {
    return answered;
  }

  /** Operations that were given up without effect (EINTR). */
  public long refused() {
    return refused;
  }

  /** Operations for which something was short, so that they may have had an effect or not. */
  public long doubtful() {
    return doubtful;
  }

  /** Operations whose answer was lost. */
  public long open() {
    return open;
  }

  /** What is wrong between the objects. */
  public List<String> findings() {
    return findings;
  }
}
