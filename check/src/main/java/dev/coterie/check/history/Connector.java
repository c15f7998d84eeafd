package dev.coterie.check.history;

import dev.coterie.api.FileService;
import java.io.IOException;
import java.lang.reflect.InvocationTargetException;

/**
 * Opens a session on the tree under test. A class that worker processes are to use has a public
 * constructor without parameters.
 */
@FunctionalInterface
public interface Connector {

  /**
   * @param address as the class understands it; usually the path of a socket
   * @return a session of its own, shared by the threads of one process
   */
  FileService connect(String address) throws IOException;

  /** The connector of this class name. */
  static Connector named(String className) {
    try {
      return Class.forName(className)
          .asSubclass(Connector.class)
          .getDeclaredConstructor()
          .newInstance();
    } catch (ClassNotFoundException | ClassCastException | NoSuchMethodException e) {
      throw new IllegalArgumentException(className + " is no connector", e);
    } catch (InstantiationException | IllegalAccessException | InvocationTargetException e) {
      throw new IllegalArgumentException(className + " cannot be made", e);
    }
  }
}
