package dev.coterie.wire;

/**
 * A whole frame of a type this connection's dialect does not have: to be answered EOPNOTSUPP, which
 * lets a peer of a later generation find out and go on. Its body was skipped.
 *
 * @param type as an unsigned byte
 */
public record UnknownRequest(int type) implements Request {}
