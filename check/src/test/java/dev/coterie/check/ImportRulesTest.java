package dev.coterie.check;

import static com.tngtech.archunit.base.DescribedPredicate.not;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static java.util.Map.entry;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.lang.ArchRule;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/**
 * Which room may import which. The poms say the same; this test also sees what comes transitively.
 */
class ImportRulesTest {
  private static final String PRODUCT = "dev.coterie.";
  private static final String ANYTHING_OF_OURS = "dev.coterie..";

  /** Room → the rooms it may import. A new room gets a line here before it gets a class. */
  private static final Map<String, Set<String>> ROOMS =
      Map.ofEntries(
          entry("api", Set.of()),
          entry("sys", Set.of("api")),
          entry("wire", Set.of("api")),
          entry("core", Set.of("api")),
          entry("mounts", Set.of("api", "core", "sys")),
          entry("leader", Set.of("api", "wire", "core", "sys")),
          entry("client", Set.of("api", "wire", "sys")),
          entry("gates", Set.of("api", "client", "sys")),
          entry("bench", Set.of("api", "core", "mounts", "leader", "client", "gates")),
          entry(
              "console",
              Set.of("api", "sys", "wire", "core", "mounts", "leader", "client", "gates", "bench")),
          entry(
              "check",
              Set.of(
                  "api", "sys", "wire", "core", "mounts", "leader", "client", "gates", "bench",
                  "console")));

  /** Rooms that live on the JDK alone. */
  private static final Set<String> WITHOUT_LIBRARIES =
      Set.of("api", "sys", "wire", "core", "mounts", "leader", "client", "gates");

  private static final JavaClasses CLASSES =
      new ClassFileImporter()
          .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
          .importPackages("dev.coterie");

  /** An empty room would keep every rule: each must be on the class path. */
  @Test
  void rooms_onClassPath_areThoseListed() {
    Set<String> found = new TreeSet<>();
    CLASSES.forEach(c -> found.add(roomOf(c.getPackageName())));
    assertThat(found).containsExactlyInAnyOrderElementsOf(ROOMS.keySet());
  }

  @TestFactory
  Stream<DynamicTest> room_importsOnlyWhatItsLineNames() {
    return ROOMS.entrySet().stream()
        .map(room ->
            DynamicTest.dynamicTest(
                room.getKey(), () -> roomRule(room.getKey(), room.getValue()).check(CLASSES)));
  }

  @TestFactory
  Stream<DynamicTest> room_withoutLibraries_importsJdkOnly() {
    return WITHOUT_LIBRARIES.stream()
        .map(room ->
            DynamicTest.dynamicTest(
                room,
                () ->
                    classes()
                        .that(resideInAPackage(PRODUCT + room + ".."))
                        .should()
                        .onlyDependOnClassesThat(
                            resideInAnyPackage(
                                "java..", "javax..", "jdk..", "org.jspecify..", ANYTHING_OF_OURS))
                        .check(CLASSES)));
  }

  @Test
  void console_isImportedByNobody() {
    noClasses()
        .that(not(resideInAnyPackage(PRODUCT + "console..", PRODUCT + "check..")))
        .should()
        .dependOnClassesThat(resideInAPackage(PRODUCT + "console.."))
        .check(CLASSES);
  }

  @Test
  void core_importsNeitherWireNorSysNorMounts() {
    noClasses()
        .that(resideInAPackage(PRODUCT + "core.."))
        .should()
        .dependOnClassesThat(
            resideInAnyPackage(PRODUCT + "wire..", PRODUCT + "sys..", PRODUCT + "mounts.."))
        .check(CLASSES);
  }

  @Test
  void clientAndGates_importNeitherCoreNorLeader() {
    noClasses()
        .that(resideInAnyPackage(PRODUCT + "client..", PRODUCT + "gates.."))
        .should()
        .dependOnClassesThat(resideInAnyPackage(PRODUCT + "core..", PRODUCT + "leader.."))
        .check(CLASSES);
  }

  private static ArchRule roomRule(String room, Set<String> allowed) {
    List<String> packages = new ArrayList<>();
    packages.add(PRODUCT + room + "..");
    allowed.forEach(name -> packages.add(PRODUCT + name + ".."));
    return classes()
        .that(resideInAPackage(PRODUCT + room + ".."))
        .should()
        .onlyDependOnClassesThat(
            not(resideInAPackage(ANYTHING_OF_OURS))
                .or(resideInAnyPackage(packages.toArray(String[]::new))));
  }

  private static String roomOf(String packageName) {
    String rest = packageName.substring(PRODUCT.length());
    int dot = rest.indexOf('.');
    return dot < 0 ? rest : rest.substring(0, dot);
  }
}
