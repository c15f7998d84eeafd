package dev.coterie.client;

import static dev.coterie.client.FakeLeader.id;
import static dev.coterie.client.FakeLeader.stat;
import static org.assertj.core.api.Assertions.assertThat;

import dev.coterie.api.Change;
import dev.coterie.api.Name;
import dev.coterie.api.OpenFlags;
import dev.coterie.api.Operation;
import dev.coterie.wire.Dialect;
import dev.coterie.wire.InodeReply;
import dev.coterie.wire.InodeRequest;
import dev.coterie.wire.LinuxReply;
import dev.coterie.wire.LinuxRequest;
import dev.coterie.wire.P9;
import dev.coterie.wire.WatchReply;
import dev.coterie.wire.WatchRequest;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Operations of watches: the message that each is, and what is made of its answer. */
@Timeout(120)
class WatchOperationsTest extends Exchanges {
  WatchOperationsTest(@TempDir Path dir) throws Exception {
    super(dir);
  }

  @Test
  void watches_goOver() throws Exception {
    answer(
        new Operation.Root(),
        new LinuxRequest.Tgetattr(0, P9.GETATTR_ALL),
        LinuxReply.Rgetattr.of(stat(1), Dialect.COTERIE_1));
    answer(
        new Operation.Lookup(id(1), Name.of("file")),
        new InodeRequest.Tlookup(0, 1, Name.of("file")),
        new InodeReply.Rlookup(stat(7)));
    Operation.Opened queue =
        answer(
            new Operation.OpenWatch(),
            new WatchRequest.Topenwatch(2),
            new WatchReply.Ropenwatch(stat(1)));
    assertThat(queue.stat()).isEqualTo(stat(1));
    assertThat(queue.flags()).isEqualTo(OpenFlags.O_RDONLY);
    assertThat(
            answer(
                new Operation.AddWatch(queue.handle(), id(7), Change.CREATE | Change.ONESHOT),
                new WatchRequest.Taddwatch(2, 1, Change.CREATE | Change.ONESHOT),
                new WatchReply.Raddwatch(5)))
        .isEqualTo(5);
    List<Change> changes =
        List.of(new Change(5, Change.CREATE, 0, Name.of("a")), Change.ignored(5));
    assertThat(
            answer(
                new Operation.NextChanges(queue.handle(), 4096, true),
                new WatchRequest.Tchanges(2, 4096, P9.CHANGES_WAIT),
                new WatchReply.Rchanges(changes)))
        .isEqualTo(changes);
    answer(
        new Operation.NextChanges(queue.handle(), -1, false),
        new WatchRequest.Tchanges(2, 0, 0),
        new WatchReply.Rchanges(List.of(Change.overflow(3))));
    answer(
        new Operation.RemoveWatch(queue.handle(), 5),
        new WatchRequest.Tremovewatch(2, 5),
        new WatchReply.Rremovewatch());
  }
}
