package dev.coterie.client;

import dev.coterie.api.Caller;
import dev.coterie.api.Limits;
import org.jspecify.annotations.Nullable;

/**
 * How a client connects.
 *
 * @param msizeBytes largest frame to propose; the leader may agree to less
 * @param tree the tree to attach; empty for the whole one
 * @param identity whom the leader takes this connection for: operations of that user go without
 *     naming it each time. Null is {@link ProcessIdentity#self}, which is what a leader sees on a
 *     unix socket
 * @param connectMsMax how long to wait for the connection and for the leader's first answers, in
 *     milliseconds
 */
public record ClientOptions(
    int msizeBytes, String tree, @Nullable Caller identity, long connectMsMax) {

  public static final ClientOptions DEFAULT =
      new ClientOptions(Limits.MSIZE_MAX_BYTES, "", null, 10_000);

  public ClientOptions {
    if (msizeBytes < Limits.MSIZE_MIN_BYTES || msizeBytes > Limits.MSIZE_MAX_BYTES) {
      throw new IllegalArgumentException("msize " + msizeBytes);
    }
    if (connectMsMax <= 0) {
      throw new IllegalArgumentException("connectMsMax " + connectMsMax);
    }
  }

  public ClientOptions withMsizeBytes(int bytes) {
    return new ClientOptions(bytes, tree, identity, connectMsMax);
  }

  public ClientOptions withTree(String name) {
    return new ClientOptions(msizeBytes, name, identity, connectMsMax);
  }

  public ClientOptions withIdentity(Caller caller) {
    return new ClientOptions(msizeBytes, tree, caller, connectMsMax);
  }

  public ClientOptions withConnectMsMax(long milliseconds) {
    return new ClientOptions(msizeBytes, tree, identity, milliseconds);
  }
}
