package dev.coterie.check.lease;

import java.io.IOException;
import java.io.InputStream;
import java.lang.classfile.ClassFile;
import java.lang.classfile.ClassTransform;
import java.lang.classfile.CodeBuilder;
import java.lang.classfile.CodeTransform;
import java.lang.classfile.MethodModel;
import java.lang.classfile.instruction.InvokeInstruction;
import java.lang.constant.ConstantDescs;

/**
 * The product with one decision taken out of it: all its classes, and the simulation's, are loaded
 * anew, and in one method what one call answers is put aside for a fixed answer.
 */
final class Mutant extends ClassLoader {
  private static final String OURS = "dev.coterie.";

  private final String owner;
  private final String method;
  private final String called;
  private final boolean answer;
  private boolean changed;

  /**
   * @param owner name of the class that decides
   * @param method where it does
   * @param called the call, of a boolean answer, that it decides by
   * @param answer what that is to be instead
   */
  Mutant(String owner, String method, String called, boolean answer) {
    super(Mutant.class.getClassLoader());
    this.owner = owner;
    this.method = method;
    this.called = called;
    this.answer = answer;
  }

  /** Whether such a call was found; known once the class has been loaded. */
  boolean isChanged() {
    return changed;
  }

  @Override
  protected Class<?> loadClass(String name, boolean resolve) throws ClassNotFoundException {
    synchronized (getClassLoadingLock(name)) {
      Class<?> known = findLoadedClass(name);
      if (known != null || !name.startsWith(OURS)) {
        return known != null ? known : super.loadClass(name, resolve);
      }
      byte[] bytes = read(name);
      byte[] defined = name.equals(owner) ? mutated(bytes) : bytes;
      return defineClass(name, defined, 0, defined.length);
    }
  }

  private byte[] read(String name) throws ClassNotFoundException {
    try (InputStream in = getParent().getResourceAsStream(name.replace('.', '/') + ".class")) {
      if (in == null) {
        throw new ClassNotFoundException(name);
      }
      return in.readAllBytes();
    } catch (IOException e) {
      throw new ClassNotFoundException(name, e);
    }
  }

  private byte[] mutated(byte[] bytes) {
    ClassFile files = ClassFile.of();
    CodeTransform calls =
        (builder, element) -> {
          builder.with(element);
          if (element instanceof InvokeInstruction call
              && call.name().equalsString(called)
              && call.typeSymbol().returnType().equals(ConstantDescs.CD_boolean)) {
            instead(builder);
          }
        };
    return files.transformClass(
        files.parse(bytes), ClassTransform.transformingMethodBodies(this::isMutated, calls));
  }

  private boolean isMutated(MethodModel model) {
    return model.methodName().equalsString(method);
  }

  private void instead(CodeBuilder builder) {
    builder.pop().loadConstant(answer ? 1 : 0);
    changed = true;
  }
}
