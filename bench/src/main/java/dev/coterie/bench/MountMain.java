package dev.coterie.bench;

import dev.coterie.api.ErrnoException;
import dev.coterie.api.FileService;
import dev.coterie.client.Address;
import dev.coterie.client.Client;
import dev.coterie.client.ClientOptions;
import dev.coterie.gates.fuse.FuseMount;
import dev.coterie.gates.fuse.kernel.Meters;
import dev.coterie.leader.Leader;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;

/**
 * The kernel mount that is measured: a process of its own that ends with its stdin.
 *
 * <p>Arguments: DIRECTORY KIND WHAT [uring]. KIND is {@code tmpfs}, or {@code host} for what is in
 * the folder WHAT: a leader in this process; or {@code at} for the leader that listens at WHAT,
 * {@code copies} for that with copies here. Says "ready" once programs can use it; answers {@code
 * counts} with the requests of the kernel.
 */
public final class MountMain {
  private MountMain() {}

  public static void main(String[] args) throws IOException, ErrnoException {
    Path directory = Path.of(args[0]);
    if (args[1].equals("at") || args[1].equals("copies")) {
      ClientOptions how = ClientOptions.DEFAULT.withCopies(args[1].equals("at") ? 0 : 64 << 20);
      try (FileService service = Client.connect(Address.parse("unix:" + args[2]), how)) {
        serve(service, directory, FuseMount.Options.DEFAULT);
      }
      return;
    }
    try (Leader leader = Leader.builder().mount("/", LeaderMain.mount(args[1], args[2])).start();
        FileService service = leader.openSession()) {
      serve(service, directory, FuseMount.Options.DEFAULT.withUring(args.length > 3));
    }
  }

  private static void serve(FileService service, Path directory, FuseMount.Options options)
      throws IOException, ErrnoException {
    try (FuseMount mount = FuseMount.mount(service, directory, options);
        BufferedReader in =
            new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8))) {
      Runtime.getRuntime().addShutdownHook(new Thread(mount::close, "coterie-end"));
      String why = mount.whyNoUring();
      System.out.println(why == null ? "ready" : "not over io_uring: " + why);
      for (String line = in.readLine(); line != null; line = in.readLine()) {
        if (line.equals("counts")) {
          long requests = mount.meters().lines().stream().mapToLong(Meters.Line::count).sum();
          System.out.println("{\"requests\":" + requests + "}");
        }
      }
    }
  }
}
