package dev.coterie.core;

import dev.coterie.api.InodeId;
import dev.coterie.api.Mode;
import dev.coterie.api.Timestamp;
import dev.coterie.core.spi.Acl;
import dev.coterie.core.spi.InsideMount;
import dev.coterie.core.spi.InsideNode;
import java.lang.reflect.Proxy;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/** A mount that has nothing but a root and counts what is released, and nodes to put into it. */
final class Fakes {
  private Fakes() {}

  static final class FakeNode implements InsideNode {
    private final InodeId id;
    private final int mode;
    volatile long nlink = 1;
    final AtomicInteger released = new AtomicInteger();

    FakeNode(long number, int mode) {
      this.id = new InodeId(number, 1);
      this.mode = mode;
    }

    @Override
    public InodeId id() {
      return id;
    }

    @Override
    public int mode() {
      return mode;
    }

    @Override
    public int uid() {
      return 0;
    }

    @Override
    public int gid() {
      return 0;
    }

    @Override
    public @Nullable Acl accessAcl() {
      return null;
    }

    @Override
    public @Nullable Acl defaultAcl() {
      return null;
    }

    @Override
    public long nlink() {
      return nlink;
    }

    @Override
    public long size() {
      return 0;
    }

    @Override
    public Timestamp atime() {
      return Timestamp.EPOCH;
    }

    @Override
    public Timestamp mtime() {
      return Timestamp.EPOCH;
    }

    @Override
    public Timestamp ctime() {
      return Timestamp.EPOCH;
    }
  }

  static FakeNode file(long number) {
    return new FakeNode(number, Mode.S_IFREG | 0644);
  }

  static FakeNode directory(long number) {
    return new FakeNode(number, Mode.S_IFDIR | 0755);
  }

  static MountPoint mountPoint() {
    FakeNode root = directory(1);
    InsideMount mount =
        (InsideMount)
            Proxy.newProxyInstance(
                Fakes.class.getClassLoader(),
                new Class<?>[] {InsideMount.class},
                (proxy, method, arguments) ->
                    switch (method.getName()) {
                      case "root" -> root;
                      case "release" -> {
                        ((FakeNode) arguments[0]).released.incrementAndGet();
                        yield null;
                      }
                      default -> throw new AssertionError("unexpected call of " + method);
                    });
    return new MountPoint("/", mount, null);
  }
}
