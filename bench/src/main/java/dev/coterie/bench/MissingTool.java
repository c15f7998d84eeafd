package dev.coterie.bench;

/** A run needs something that is not installed. */
public final class MissingTool extends BenchException {
  private static final long serialVersionUID = 1L;

  /**
   * @param tool what was looked for
   * @param source where it comes from: a package of Debian
   */
  MissingTool(String tool, String source) {
    super(tool + " is not installed (" + source + ")");
  }
}
