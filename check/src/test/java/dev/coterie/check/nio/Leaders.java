package dev.coterie.check.nio;

import dev.coterie.api.Caller;
import dev.coterie.api.FileService;
import dev.coterie.client.Address;
import dev.coterie.client.Client;
import dev.coterie.client.ClientOptions;
import dev.coterie.client.nio.CoterieFileSystems;
import dev.coterie.core.spi.InsideMount.AtimePolicy;
import dev.coterie.core.spi.MountFactory;
import dev.coterie.leader.Leader;
import dev.coterie.mounts.tmpfs.TmpFs;
import java.io.IOException;
import java.net.URI;
import java.nio.file.FileSystem;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.function.UnaryOperator;

/** Leaders with the mounts that the suite wants, and the two ways to them. */
final class Leaders {
  private Leaders() {}

  private static MountFactory tmpfs(long sizeBytes, boolean readOnly) {
    return new TmpFs.Options(sizeBytes, 100_000, 01777, 0, 0, readOnly, AtimePolicy.RELATIME)
        .factory();
  }

  /** The suite's mounts in memory: /other can be written, /ro cannot, /small is soon full. */
  static Map<String, MountFactory> tmpfs() {
    return Map.of(
        "/", tmpfs(256 << 20, false),
        "/other", tmpfs(16 << 20, false),
        "/ro", tmpfs(1 << 20, true),
        "/small", tmpfs(64 << 10, false));
  }

  private static Leader.Builder builder(
      Map<String, MountFactory> mounts, UnaryOperator<FileService> decorator) {
    Leader.Builder builder = Leader.builder().decorate(decorator);
    mounts.forEach(builder::mount);
    return builder;
  }

  /** In memory and in this process, without a socket. */
  static NioTarget inProcess(UnaryOperator<FileService> decorator) throws IOException {
    return inProcess(tmpfs(), decorator);
  }

  /** In this process, without a socket. */
  static NioTarget inProcess(Map<String, MountFactory> mounts, UnaryOperator<FileService> decorator)
      throws IOException {
    Leader leader = builder(mounts, decorator).start();
    FileSystem fileSystem = CoterieFileSystems.of(leader.openSession());
    return new NioTarget() {
      @Override
      public FileSystem fileSystem() {
        return fileSystem;
      }

      @Override
      public FileSystem another(Caller caller) throws IOException {
        return CoterieFileSystems.of(leader.openSession(), caller);
      }

      @Override
      public void close() throws IOException {
        fileSystem.close();
        leader.close();
      }
    };
  }

  /** In memory, through a unix socket. */
  static NioTarget overTheWire(UnaryOperator<FileService> decorator) throws IOException {
    return overTheWire(tmpfs(), decorator);
  }

  /** Through a unix socket, as from another process. */
  static NioTarget overTheWire(
      Map<String, MountFactory> mounts, UnaryOperator<FileService> decorator) throws IOException {
    Path folder = Files.createTempDirectory("coterie-nio-");
    Path socket = folder.resolve("a socket!");
    Leader leader = builder(mounts, decorator).listen(socket).start();
    String escaped = socket.toUri().getRawPath().replace("!", "%21");
    FileSystem fileSystem =
        FileSystems.newFileSystem(URI.create("coterie:" + escaped + "!/"), Map.of());
    return new NioTarget() {
      @Override
      public FileSystem fileSystem() {
        return fileSystem;
      }

      @Override
      public FileSystem another(Caller caller) throws IOException {
        Address address = new Address.Unix(socket.toString());
        return CoterieFileSystems.of(
            Client.connect(address, ClientOptions.DEFAULT.withIdentity(caller)), caller);
      }

      @Override
      public void close() throws IOException {
        fileSystem.close();
        leader.close();
        Files.deleteIfExists(folder.resolve("a socket!.lock"));
        Files.delete(folder);
      }
    };
  }
}
