package dev.coterie.console;

import java.io.BufferedOutputStream;
import java.io.FileDescriptor;
import java.io.FileInputStream;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.Map;

/**
 * What a command has around it: three streams, the environment, and its own name for messages.
 * Strings printed here are {@link ByteText}.
 */
final class Console {
  private static final int OUT_BYTES = 8192;

  private final String command;
  private final InputStream in;
  private final OutputStream rawOut;
  private final PrintStream out;
  private final PrintStream err;
  private final Map<String, String> environment;
  private final boolean terminalOut;
  private final boolean terminalErr;
  private boolean complained; // guarded by this

  Console(
      String command,
      InputStream in,
      OutputStream out,
      OutputStream err,
      Map<String, String> environment,
      String terminals) {
    this.command = command;
    this.in = in;
    this.rawOut = new BufferedOutputStream(out, OUT_BYTES);
    this.out = new PrintStream(rawOut, false, StandardCharsets.ISO_8859_1);
    this.err = new PrintStream(err, true, StandardCharsets.ISO_8859_1);
    this.environment = environment;
    this.terminalOut = terminals.indexOf('1') >= 0;
    this.terminalErr = terminals.indexOf('2') >= 0;
  }

  /** This process's own; the launcher tells which of 0, 1 and 2 are terminals. */
  static Console ofProcess(String command) {
    return new Console(
        command,
        new FileInputStream(FileDescriptor.in),
        new FileOutputStream(FileDescriptor.out),
        new FileOutputStream(FileDescriptor.err),
        System.getenv(),
        System.getProperty("coterie.terminals", ""));
  }

  InputStream in() {
    return in;
  }

  PrintStream out() {
    return out;
  }

  /** Stdout for data: unlike a PrintStream it throws when it cannot write. */
  OutputStream data() {
    return rawOut;
  }

  PrintStream err() {
    return err;
  }

  String environment(String name) {
    return environment.getOrDefault(name, "");
  }

  boolean isTerminalOut() {
    return terminalOut;
  }

  boolean isTerminalErr() {
    return terminalErr;
  }

  /** Says in one line what went wrong; the command goes on and ends with status 1. */
  synchronized void complain(String message) {
    complained = true;
    out.flush();
    err.println("coterie: " + command + ": " + message.replace('\n', ' '));
  }

  void complain(String path, IOException cause) {
    complain(path + ": " + Failure.reason(cause));
  }

  /** The exit status after all that was complained about. */
  synchronized int status() {
    return complained ? Failure.FAILED : 0;
  }

  /** Writes out what is still here. */
  void finish() throws IOException {
    out.flush();
    rawOut.flush();
    if (out.checkError()) {
      throw new IOException("write error");
    }
  }
}
