package dev.coterie.core;

import static org.assertj.core.api.Assertions.assertThat;

import dev.coterie.api.Name;
import org.junit.jupiter.api.Test;

class DentryCacheTest {
  private final InodeTable inodes = new InodeTable();
  private final MountPoint mountPoint = Fakes.mountPoint();
  private final InsideInode dir = (InsideInode) mountPoint.root();

  private static Name name(int number) {
    return Name.of("n" + number);
  }

  private long cached(int names) {
    long count = 0;
    for (int i = 0; i < names; i++) {
      count += dir.dentry(name(i)) == null ? 0 : 1;
    }
    return count;
  }

  @Test
  void put_moreThanCapacity_staysBounded() {
    DentryCache cache = new DentryCache(inodes, 16);
    for (int i = 0; i < 1000; i++) {
      cache.put(dir, name(i), null);
    }
    assertThat(cached(1000)).isEqualTo(16);
  }

  @Test
  void put_usedEntry_getsSecondChance() {
    DentryCache cache = new DentryCache(inodes, 4);
    cache.put(dir, name(0), null);
    for (int i = 1; i < 100; i++) {
      Dentry kept = dir.dentry(name(0));
      assertThat(kept).as("after %d names", i).isNotNull();
      kept.used = true;
      cache.put(dir, name(i), null);
    }
  }

  @Test
  void put_anotherInode_letsTheFormerGo() {
    DentryCache cache = new DentryCache(inodes, 16);
    InsideInode first = inodes.holdNew(Fakes.file(10), mountPoint);
    InsideInode second = inodes.holdNew(Fakes.file(11), mountPoint);
    cache.put(dir, name(0), first);
    assertThat(first.referenceCount()).isEqualTo(2);
    cache.put(dir, name(0), second);
    assertThat(first.referenceCount()).isEqualTo(1);
    assertThat(second.referenceCount()).isEqualTo(2);
  }

  @Test
  void put_evicted_letsTheInodeGo() {
    DentryCache cache = new DentryCache(inodes, 2);
    InsideInode inode = inodes.holdNew(Fakes.file(10), mountPoint);
    cache.put(dir, name(0), inode);
    for (int i = 1; i < 50; i++) {
      cache.put(dir, name(i), null);
    }
    assertThat(dir.dentry(name(0))).isNull();
    assertThat(inode.referenceCount()).isEqualTo(1);
  }

  @Test
  void dropAll_ofDirectory_letsAllGo() {
    DentryCache cache = new DentryCache(inodes, 16);
    InsideInode inode = inodes.holdNew(Fakes.file(10), mountPoint);
    cache.put(dir, name(0), inode);
    cache.put(dir, name(1), inode);
    cache.put(dir, name(2), null);
    cache.dropAll(dir);
    assertThat(cached(3)).isZero();
    assertThat(inode.referenceCount()).isEqualTo(1);
  }
}
