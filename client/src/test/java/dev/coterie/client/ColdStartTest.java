package dev.coterie.client;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.classfile.ClassFile;
import java.lang.classfile.ClassModel;
import java.lang.classfile.MethodModel;
import java.lang.classfile.instruction.InvokeDynamicInstruction;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/**
 * What the JVM has to link before it can run costs a short command more than its operations:
 * lambdas, patterns in a switch, formats. Allowed are texts of errors and what every record has.
 */
class ColdStartTest {
  private static final Set<String> ALLOWED =
      Set.of("java/lang/invoke/StringConcatFactory", "java/lang/runtime/ObjectMethods");

  @Test
  void classes_ofTheClient_linkNothingAtRunTime() throws Exception {
    List<String> found = new ArrayList<>();
    List<ClassModel> classes = classesOfThePackage();
    assertThat(classes).hasSizeGreaterThan(20);
    for (ClassModel type : classes) {
      for (MethodModel method : type.methods()) {
        linkedAtRunTime(method)
            .forEach(owner ->
                found.add(
                    type.thisClass().asInternalName()
                        + "."
                        + method.methodName().stringValue()
                        + ": "
                        + owner));
      }
    }
    assertThat(found).isEmpty();
  }

  private static Stream<String> linkedAtRunTime(MethodModel method) {
    return method.code().stream()
        .flatMap(code -> code.elementStream())
        .filter(InvokeDynamicInstruction.class::isInstance)
        .map(element ->
            ((InvokeDynamicInstruction) element)
                .invokedynamic()
                .bootstrap()
                .bootstrapMethod()
                .reference()
                .owner()
                .asInternalName())
        .filter(owner -> !ALLOWED.contains(owner));
  }

  /** Without the packages below: no command uses java.nio.file for the tree. */
  private static List<ClassModel> classesOfThePackage() throws Exception {
    var location =
        Objects.requireNonNull(Client.class.getProtectionDomain().getCodeSource()).getLocation();
    Path folder =
        Path.of(location.toURI()).resolve(Client.class.getPackageName().replace('.', '/'));
    try (Stream<Path> files = Files.list(folder)) {
      return files
          .filter(file -> file.toString().endsWith(".class"))
          .map(ColdStartTest::parse)
          .toList();
    }
  }

  private static ClassModel parse(Path file) {
    try {
      return ClassFile.of().parse(file);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
