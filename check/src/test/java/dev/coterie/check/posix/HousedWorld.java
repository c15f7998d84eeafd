package dev.coterie.check.posix;

import java.io.IOException;
import java.util.List;

/** A world, and directories that go when it has ended. */
record HousedWorld(World world, HostDirectories house) implements World {
  /** Makes a world. */
  interface Maker {
    World make() throws IOException;
  }

  /** Without a world the directories go at once. */
  static World in(HostDirectories house, Maker maker) throws IOException {
    try {
      return new HousedWorld(maker.make(), house);
    } catch (IOException | RuntimeException e) {
      try (house) {
        throw e;
      }
    }
  }

  @Override
  public void begin(List<Step> steps) throws IOException {
    world.begin(steps);
  }

  @Override
  public List<String> answers() throws IOException {
    return world.answers();
  }

  @Override
  public void close() throws IOException {
    try (house;
        world) {
      // Only closed.
    }
  }
}
