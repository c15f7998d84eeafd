/**
 * The wire: 9P2000.L, so that kernels and existing tools can connect, and our dialect of it, in
 * which each operation of {@link dev.coterie.api.FileService} is one message.
 *
 * <p>A message is a record that shows its layout and reads and writes its own body: start with
 * {@link dev.coterie.wire.Request}, {@link dev.coterie.wire.Reply} and the numbers in {@link
 * dev.coterie.wire.P9}. Which messages there are is agreed by Tversion, {@link
 * dev.coterie.wire.Dialect}. For a person with a C compiler, {@code docs/protocol.md} says the
 * same.
 *
 * <pre>
 *  received bytes → FrameReader → tag, Request (or Reply)
 *  tag, Reply (or Request) → Message.encode → output buffer
 *                            DataReply, ReaddirWriter → output buffer, without a Reply between
 * </pre>
 *
 * <p><b>Bad input.</b> Decoding takes any bytes and either gives a message or throws {@link
 * dev.coterie.wire.ProtocolException}, which ends the connection; no length is believed before it
 * was held against what is left of the frame. A request of an unknown type is a message too, {@link
 * dev.coterie.wire.UnknownRequest}, and is answered EOPNOTSUPP. What only the file system can judge
 * (a name with a slash, an odd flag) decodes.
 *
 * <p><b>Data is not copied.</b> Data in a decoded message is a slice of the received bytes, good
 * until the next frame is read; {@link dev.coterie.wire.Request#detached} copies it for a request
 * that outlives that.
 *
 * <p><b>Starting is cheap.</b> Plain {@link java.nio.ByteBuffer}, integer switches, no lambdas,
 * streams, formats or patterns on the way of a message: a command line that runs for a moment pays
 * for what the JVM must first link.
 */
@NullMarked
package dev.coterie.wire;

import org.jspecify.annotations.NullMarked;
