package dev.coterie.check.lease;

import java.io.IOException;
import java.io.InputStream;
import java.lang.classfile.ClassFile;
import java.lang.classfile.ClassTransform;
import java.lang.classfile.CodeTransform;
import java.lang.classfile.MethodModel;
import java.lang.classfile.Opcode;
import java.lang.classfile.instruction.FieldInstruction;
import java.lang.classfile.instruction.InvokeInstruction;
import java.lang.constant.ConstantDescs;

/**
 * The product with one decision taken out of it: all its classes, and the simulation's, are loaded
 * anew, and in one method what one call answers is put aside for a fixed answer, or what is kept in
 * one field is not.
 */
final class Mutant extends ClassLoader {
  private static final String OURS = "dev.coterie.";

  private final String owner;
  private final String method;
  private final CodeTransform change;
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
    this.change = answering(called, answer);
  }

  /**
   * One that does not keep something: null instead.
   *
   * @param owner name of the class that would keep it
   * @param method where it would
   * @param field where to
   */
  Mutant(String owner, String method, String field) {
    super(Mutant.class.getClassLoader());
    this.owner = owner;
    this.method = method;
    this.change = forgetting(field);
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
    return files.transformClass(
        files.parse(bytes), ClassTransform.transformingMethodBodies(this::isMutated, change));
  }

  private CodeTransform answering(String called, boolean answer) {
    return (builder, element) -> {
      builder.with(element);
      if (element instanceof InvokeInstruction call
          && call.name().equalsString(called)
          && call.typeSymbol().returnType().equals(ConstantDescs.CD_boolean)) {
        builder.pop().loadConstant(answer ? 1 : 0);
        changed = true;
      }
    };
  }

  private CodeTransform forgetting(String field) {
    return (builder, element) -> {
      if (element instanceof FieldInstruction kept
          && kept.opcode() == Opcode.PUTFIELD
          && kept.name().equalsString(field)) {
        builder.pop().aconst_null();
        changed = true;
      }
      builder.with(element);
    };
  }

  private boolean isMutated(MethodModel model) {
    return model.methodName().equalsString(method);
  }
}
