package dev.coterie.client.nio;

import dev.coterie.api.Caller;
import dev.coterie.api.FileService;
import dev.coterie.client.Address;
import dev.coterie.client.ClientOptions;
import dev.coterie.client.ProcessIdentity;
import java.io.IOException;
import java.nio.file.FileSystem;

/**
 * File systems without a URI: over a leader in this process, as tests need it, or with options.
 *
 * <p>Each takes over the session it is given and ends it when it is closed.
 */
public final class CoterieFileSystems {
  private CoterieFileSystems() {}

  /** The tree of a session, for the user this process runs as. */
  public static FileSystem of(FileService session) throws IOException {
    return of(session, ProcessIdentity.self());
  }

  /**
   * The tree of a session.
   *
   * @param caller on whose behalf everything is done
   * @throws IOException the session is over
   */
  public static FileSystem of(FileService session, Caller caller) throws IOException {
    return CoterieFileSystemProvider.over(session, caller);
  }

  /**
   * The tree of a leader elsewhere; later also found by its URI.
   *
   * @throws IOException nobody serves there
   * @throws java.nio.file.FileSystemAlreadyExistsException this process has it open already
   */
  public static FileSystem connect(Address leader, ClientOptions options) throws IOException {
    return CoterieFileSystemProvider.connect(leader, options, false);
  }

  /**
   * As {@link #connect}, with a session that outlives its connections: {@link
   * dev.coterie.client.Client#connectLasting}.
   */
  public static FileSystem connectLasting(Address leader, ClientOptions options)
      throws IOException {
    return CoterieFileSystemProvider.connect(leader, options, true);
  }
}
