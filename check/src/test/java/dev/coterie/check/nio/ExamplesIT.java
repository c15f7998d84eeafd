package dev.coterie.check.nio;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.io.StringWriter;
import java.lang.reflect.Method;
import java.net.URI;
import java.net.URLClassLoader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import javax.tools.JavaCompiler;
import javax.tools.SimpleJavaFileObject;
import javax.tools.ToolProvider;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The examples of the documentation, taken from it, compiled and run. */
class ExamplesIT {
  private static final String IMPORTS =
      """
      import static java.nio.file.StandardOpenOption.*;
      import dev.coterie.api.*;
      import dev.coterie.client.ProcessIdentity;
      import dev.coterie.client.events.*;
      import dev.coterie.client.nio.*;
      import dev.coterie.leader.Leader;
      import dev.coterie.mounts.tmpfs.TmpFs;
      import java.net.*;
      import java.nio.ByteBuffer;
      import java.nio.channels.*;
      import java.nio.file.*;
      import java.time.Duration;
      import java.util.Map;
      import static dev.coterie.api.EventMask.*;
      """;

  @TempDir private Path folder;

  private static Path repository() {
    Path dir = Path.of(System.getProperty("basedir", "")).toAbsolutePath();
    while (!Files.isDirectory(dir.resolve(".mvn"))) {
      dir = Objects.requireNonNull(dir.getParent(), "no repository above");
    }
    return dir;
  }

  private static String find(Path file, String pattern) throws IOException {
    Matcher found = Pattern.compile(pattern, Pattern.DOTALL).matcher(Files.readString(file));
    assertThat(found.find()).as("an example in %s", file).isTrue();
    return found.group(1);
  }

  /** Compiles the statements and runs them with {@code socket} as the only variable. */
  private String run(String statements) throws Exception {
    String source =
        IMPORTS
            + "public class Example { public static void main(Path socket) throws Exception {\n"
            + statements
            + "\n}}";
    JavaCompiler compiler = Objects.requireNonNull(ToolProvider.getSystemJavaCompiler());
    StringWriter messages = new StringWriter();
    var text =
        new SimpleJavaFileObject(
            URI.create("string:///Example.java"), SimpleJavaFileObject.Kind.SOURCE) {
          @Override
          public CharSequence getCharContent(boolean ignoreEncodingErrors) {
            return source;
          }
        };
    List<String> options =
        List.of("-d", folder.toString(), "-cp", System.getProperty("java.class.path"));
    boolean compiled = compiler.getTask(messages, null, null, options, null, List.of(text)).call();
    assertThat(compiled).as("%s\n%s", messages, source).isTrue();
    try (URLClassLoader loader = new URLClassLoader(new java.net.URL[] {folder.toUri().toURL()})) {
      Method main = loader.loadClass("Example").getMethod("main", Path.class);
      return printed(() -> main.invoke(null, folder.resolve("socket")));
    }
  }

  private interface Body {
    void run() throws Exception;
  }

  private static String printed(Body body) throws Exception {
    PrintStream before = System.out;
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    try (PrintStream capturing = new PrintStream(out, true, StandardCharsets.UTF_8)) {
      System.setOut(capturing);
      body.run();
    } finally {
      System.setOut(before);
    }
    return out.toString(StandardCharsets.UTF_8);
  }

  @Test
  void package_example_runs() throws Exception {
    Path page =
        repository().resolve("client/src/main/java/dev/coterie/client/nio/package-info.java");
    String example =
        find(page, "<pre>\\{@code\n(.*?) \\* \\}</pre>")
            .lines()
            .map(line -> line.replaceFirst("^ \\* ?", ""))
            .collect(Collectors.joining("\n"));
    assertThat(run(example)).isEqualTo("hello\nhello again\n");
  }

  @Test
  void readme_exampleInOneProcess_runs() throws Exception {
    String example = find(repository().resolve("README.md"), "For a test,[^`]*```java\n(.*?)```");
    assertThat(run(example)).isEqualTo("[a=1]");
  }

  @Test
  void readme_exampleOfALeader_runs() throws Exception {
    String example =
        find(repository().resolve("README.md"), "names the leader's socket[^`]*```java\n(.*?)```")
            .replace("\"coterie:/run/user/1000/coterie/socket\"", "\"coterie:\" + socket");
    String around =
        """
        try (Leader leader =
            Leader.builder().mount("/", TmpFs.Options.defaults().factory()).listen(socket).start()) {
        %s
        %s
        try (FileSystem look = CoterieFileSystems.of(leader.openSession())) {
          System.out.print(Files.readString(look.getPath("/data/log")));
        }}
        """
            .formatted(example, example);
    assertThat(run(around)).isEqualTo("hello\nhello\n");
  }

  @Test
  void readme_exampleOfAnEventSet_runs() throws Exception {
    String example =
        find(repository().resolve("README.md"), "things with an `EventSet`[^`]*```java\n(.*?)```");
    String around =
        """
        Caller caller = ProcessIdentity.self();
        try (Leader leader = Leader.builder().mount("/", TmpFs.Options.defaults().factory()).start();
            FileService service = leader.openSession();
            Tree tree = Tree.of(service, caller);
            DatagramChannel datagrams = DatagramChannel.open()) {
          tree.mknod("/fifo", Mode.S_IFIFO | 0600, 0);
          OpenFile fifo = tree.open("/fifo", OpenFlags.O_RDWR, 0);
          datagrams.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
          datagrams.configureBlocking(false);
          datagrams.send(ByteBuffer.allocate(1), datagrams.getLocalAddress());
        %s
          fifo.write(ByteBuffer.allocate(1));
          datagrams.receive(ByteBuffer.allocate(1));
        %s
        }
        """
            .formatted(example, example);
    assertThat(run(around)).isEqualTo("ready: 2\nready: 1\n");
  }
}
