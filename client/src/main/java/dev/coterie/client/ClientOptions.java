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
 * @param closeMsMax how long {@link Client#close} waits for the leader to have ended the session,
 *     in milliseconds: what the session held is free when it returns, unless the leader is slower
 * @param shortLived the process ends after a few operations: the connection is set up at the least
 *     cost, and a message then costs a tenth more
 * @param copiesBytes of files to keep copies of, beside copies of attributes and names, so that
 *     what is used again costs no message: {@link dev.coterie.client.copies.Copies}. 0: no copies
 *     of anything
 * @param writeBack keep writes back, at most copiesBytes of them, while nobody else uses the file:
 *     they are lost with this process, unless it has called fsync or closed the file
 */
public record ClientOptions(
    int msizeBytes,
    String tree,
    @Nullable Caller identity,
    long connectMsMax,
    long closeMsMax,
    boolean shortLived,
    long copiesBytes,
    boolean writeBack) {

  public static final ClientOptions DEFAULT =
      new ClientOptions(Limits.MSIZE_MAX_BYTES, "", null, 30_000, 1_000, false, 0, false);

  public ClientOptions {
    if (msizeBytes < Limits.MSIZE_MIN_BYTES || msizeBytes > Limits.MSIZE_MAX_BYTES) {
      throw new IllegalArgumentException("msize " + msizeBytes);
    }
    if (connectMsMax <= 0) {
      throw new IllegalArgumentException("connectMsMax " + connectMsMax);
    }
    if (closeMsMax < 0) {
      throw new IllegalArgumentException("closeMsMax " + closeMsMax);
    }
    if (copiesBytes < 0) {
      throw new IllegalArgumentException("copiesBytes " + copiesBytes);
    }
    if (writeBack && copiesBytes == 0) {
      throw new IllegalArgumentException("writeBack without copiesBytes");
    }
  }

  public ClientOptions withMsizeBytes(int bytes) {
    return new ClientOptions(
        bytes, tree, identity, connectMsMax, closeMsMax, shortLived, copiesBytes, writeBack);
  }

  public ClientOptions withTree(String name) {
    return new ClientOptions(
        msizeBytes, name, identity, connectMsMax, closeMsMax, shortLived, copiesBytes, writeBack);
  }

  public ClientOptions withIdentity(Caller caller) {
    return new ClientOptions(
        msizeBytes, tree, caller, connectMsMax, closeMsMax, shortLived, copiesBytes, writeBack);
  }

  public ClientOptions withConnectMsMax(long milliseconds) {
    return new ClientOptions(
        msizeBytes, tree, identity, milliseconds, closeMsMax, shortLived, copiesBytes, writeBack);
  }

  public ClientOptions withCloseMsMax(long milliseconds) {
    return new ClientOptions(
        msizeBytes, tree, identity, connectMsMax, milliseconds, shortLived, copiesBytes, writeBack);
  }

  public ClientOptions withShortLife() {
    return new ClientOptions(
        msizeBytes, tree, identity, connectMsMax, closeMsMax, true, copiesBytes, writeBack);
  }

  public ClientOptions withCopies(long bytes) {
    return new ClientOptions(
        msizeBytes, tree, identity, connectMsMax, closeMsMax, shortLived, bytes, writeBack);
  }

  /** To be called after {@link #withCopies}, without which nothing can be kept. */
  public ClientOptions withWriteBack() {
    return new ClientOptions(
        msizeBytes, tree, identity, connectMsMax, closeMsMax, shortLived, copiesBytes, true);
  }
}
