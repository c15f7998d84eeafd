package dev.coterie.console;

import dev.coterie.api.ErrnoException;
import dev.coterie.api.Tree;

/** Where a source goes, by the rule of cp(1): into the target if that is a directory. */
final class Places {
  private Places() {}

  static String into(Tree tree, String target, String source) {
    String name = ByteText.lastName(source);
    boolean named = !name.isEmpty() && !name.equals(".") && !name.equals("..");
    return named && isDirectory(tree, target) ? ByteText.join(target, name) : target;
  }

  static boolean isDirectory(Tree tree, String path) {
    try {
      return tree.stat(ByteText.path(path)).isDirectory();
    } catch (ErrnoException e) {
      return false; // whoever uses the path next says what is wrong with it
    }
  }
}
