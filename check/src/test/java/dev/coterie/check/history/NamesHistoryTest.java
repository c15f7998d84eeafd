package dev.coterie.check.history;

import static dev.coterie.check.history.Kind.*;
import static dev.coterie.check.history.Script.*;
import static org.assertj.core.api.Assertions.assertThat;

import dev.coterie.api.Errno;
import org.junit.jupiter.api.Test;

/** Histories of names written by hand, each with the reason why it is legal or not. */
class NamesHistoryTest {

  /** Slot 0 is file 1, made before time 10. */
  private static Script withFile() {
    return new Script().op(0, 5, MKNOD, slot(0), file(1, 1));
  }

  /** Slot 0 is directory 1, made before time 10. */
  private static Script withDirectory() {
    return new Script().op(0, 5, MKDIR, slot(0), directory(1));
  }

  private static void legal(Script script) {
    assertThat(script.isLegal()).isTrue();
  }

  private static void illegal(Script script) {
    assertThat(script.isLegal()).isFalse();
  }

  @Test
  void lookup_afterUnlinkReturned_isStale() {
    illegal(withFile().op(10, 20, UNLINK, slot(0), done()).op(21, 30, LOOKUP, slot(0), file(1, 1)));
  }

  @Test
  void lookup_duringUnlink_mayFindOrNot() {
    legal(
        withFile()
            .op(10, 20, UNLINK, slot(0), done())
            .op(12, 15, LOOKUP, slot(0), file(1, 1))
            .op(16, 30, LOOKUP, slot(0), error(Errno.ENOENT)));
  }

  /**
   * Once one has seen the name gone, nobody may find it again, even while the unlink still runs.
   */
  @Test
  void lookup_duringUnlink_findsAgain_isIllegal() {
    illegal(
        withFile()
            .op(10, 20, UNLINK, slot(0), done())
            .op(12, 13, LOOKUP, slot(0), error(Errno.ENOENT))
            .op(14, 15, LOOKUP, slot(0), file(1, 1)));
  }

  /** A return at the very instant of an invocation does not order the two. */
  @Test
  void lookup_invokedWhenUnlinkReturns_isConcurrent() {
    legal(withFile().op(10, 20, UNLINK, slot(0), done()).op(20, 30, LOOKUP, slot(0), file(1, 1)));
  }

  @Test
  void unlink_twiceOfOneName_oneMustFail() {
    illegal(withFile().op(10, 20, UNLINK, slot(0), done()).op(10, 20, UNLINK, slot(0), done()));
    legal(
        withFile()
            .op(10, 20, UNLINK, slot(0), done())
            .op(10, 20, UNLINK, slot(0), error(Errno.ENOENT)));
  }

  @Test
  void createExcl_twoSucceed_isIllegal() {
    illegal(
        new Script()
            .op(10, 20, CREATE_EXCL, slot(0), file(1, 1))
            .op(10, 20, CREATE_EXCL, slot(0), file(2, 1)));
    illegal(
        new Script()
            .op(10, 20, CREATE_EXCL, slot(0), file(1, 1))
            .op(10, 20, CREATE_EXCL, slot(0), file(1, 1)));
  }

  /** Fine if the first one's file is removed in between. */
  @Test
  void createExcl_twoSucceedAroundUnlink_isLegal() {
    legal(
        new Script()
            .op(10, 20, CREATE_EXCL, slot(0), file(1, 1))
            .op(10, 20, CREATE_EXCL, slot(0), file(2, 1))
            .op(10, 20, UNLINK, slot(0), done())
            .op(21, 22, LOOKUP, slot(0), file(1, 1)));
  }

  @Test
  void create_bothOpenOneFile_isLegal_twoFiles_isIllegal() {
    legal(
        new Script()
            .op(10, 20, CREATE, slot(0), file(1, 1))
            .op(10, 20, CREATE, slot(0), file(1, 1)));
    illegal(
        new Script()
            .op(10, 20, CREATE, slot(0), file(1, 1))
            .op(10, 20, CREATE, slot(0), file(2, 1)));
  }

  /** One of the two made file 1; after the unlink nobody can make it again. */
  @Test
  void create_identityComesBack_isIllegal() {
    illegal(
        new Script()
            .op(10, 20, CREATE, slot(0), file(1, 1))
            .op(21, 25, UNLINK, slot(0), done())
            .op(26, 30, CREATE, slot(0), file(1, 1)));
    illegal(
        new Script()
            .op(10, 40, CREATE, slot(0), file(1, 1))
            .op(10, 20, CREATE, slot(0), file(1, 1))
            .op(21, 25, UNLINK, slot(0), done())
            .op(26, 27, LOOKUP, slot(0), error(Errno.ENOENT))
            .op(41, 42, LOOKUP, slot(0), file(1, 1)));
  }

  @Test
  void create_onDirectory_isRefused() {
    legal(withDirectory().op(10, 20, CREATE, slot(0), error(Errno.EISDIR)));
    illegal(withFile().op(10, 20, CREATE, slot(0), error(Errno.EISDIR)));
  }

  @Test
  void rename_bothNamesGone_isIllegal() {
    illegal(
        withFile()
            .op(10, 40, RENAME, move(0, 1), done())
            .op(11, 12, LOOKUP, slot(1), error(Errno.ENOENT))
            .op(13, 14, LOOKUP, slot(0), error(Errno.ENOENT))
            .op(15, 16, LOOKUP, slot(1), error(Errno.ENOENT)));
  }

  @Test
  void rename_bothNamesThere_isIllegal() {
    illegal(
        withFile()
            .op(10, 40, RENAME, move(0, 1), done())
            .op(11, 12, LOOKUP, slot(1), file(1, 1))
            .op(13, 14, LOOKUP, slot(0), file(1, 1)));
  }

  /**
   * The first look at the new name came too early, the look at the old one too late: between them
   * it moved.
   */
  @Test
  void rename_seenFromBothSides_isLegal() {
    legal(
        withFile()
            .op(10, 40, RENAME, move(0, 1), done())
            .op(11, 12, LOOKUP, slot(1), error(Errno.ENOENT))
            .op(13, 14, LOOKUP, slot(0), error(Errno.ENOENT))
            .op(15, 16, LOOKUP, slot(1), file(1, 1)));
  }

  /** Link and unlink instead of rename: for a moment there are two links. */
  @Test
  void rename_withTwoLinks_isIllegal() {
    illegal(
        withFile().op(10, 40, RENAME, move(0, 1), done()).op(11, 12, LOOKUP, slot(1), file(1, 2)));
  }

  /** Rename replaces at once: there is no moment without the name. */
  @Test
  void rename_replacedNameMissing_isIllegal() {
    illegal(
        withFile()
            .op(6, 8, MKNOD, slot(1), file(2, 1))
            .op(10, 40, RENAME, move(0, 1), done())
            .op(11, 12, LOOKUP, slot(1), error(Errno.ENOENT)));
  }

  @Test
  void rename_chainAcrossThreeNames_isLegal() {
    legal(
        withFile()
            .op(10, 40, RENAME, move(0, 1), done())
            .op(10, 40, RENAME, move(1, 2), done())
            .op(10, 40, RENAME, move(2, 3), done())
            .op(41, 50, LOOKUP, slot(3), file(1, 1)));
    // The same in an order that time forbids.
    illegal(
        withFile()
            .op(10, 20, RENAME, move(1, 2), done())
            .op(21, 30, RENAME, move(0, 1), done())
            .op(41, 50, LOOKUP, slot(2), file(1, 1)));
  }

  /**
   * rename(2): "If oldpath and newpath are existing hard links referring to the same file, rename()
   * does nothing".
   */
  @Test
  void rename_betweenLinksOfOneFile_doesNothing() {
    Script linked = withFile().op(6, 8, LINK, link(1, 1), Event.Answer.ofLinks(2));
    legal(linked.op(10, 20, RENAME, move(0, 1), done()).op(21, 30, LOOKUP, slot(0), file(1, 2)));
  }

  @Test
  void renameNoreplace_twoOntoOneName_oneMustFail() {
    Script two = withFile().op(6, 8, MKNOD, slot(1), file(2, 1));
    illegal(
        two.op(10, 20, RENAME_NOREPLACE, move(0, 2), done())
            .op(10, 20, RENAME_NOREPLACE, move(1, 2), done()));
    Script again = withFile().op(6, 8, MKNOD, slot(1), file(2, 1));
    legal(
        again
            .op(10, 20, RENAME_NOREPLACE, move(0, 2), done())
            .op(10, 20, RENAME_NOREPLACE, move(1, 2), error(Errno.EEXIST)));
  }

  @Test
  void renameExchange_halfDone_isIllegal() {
    Script two = withFile().op(6, 8, MKNOD, slot(1), file(2, 1));
    illegal(
        two.op(10, 40, RENAME_EXCHANGE, move(0, 1), done())
            .op(11, 12, LOOKUP, slot(0), file(2, 1))
            .op(13, 14, LOOKUP, slot(1), file(2, 1)));
    Script again = withFile().op(6, 8, MKNOD, slot(1), file(2, 1));
    legal(
        again
            .op(10, 40, RENAME_EXCHANGE, move(0, 1), done())
            .op(11, 12, LOOKUP, slot(0), file(1, 1))
            .op(13, 14, LOOKUP, slot(1), file(1, 1)));
  }

  @Test
  void renameExchange_withDirectory_takesItsChildAlong() {
    legal(
        withDirectory()
            .op(6, 7, MKNOD, in(1), file(2, 1))
            .op(6, 8, MKNOD, slot(1), file(3, 1))
            .op(10, 20, RENAME_EXCHANGE, move(0, 1), done())
            .op(21, 22, LOOKUP, in(1), file(2, 1))
            .op(23, 24, RMDIR, slot(1), error(Errno.ENOTEMPTY))
            .op(25, 26, LOOKUP, slot(0), file(3, 1)));
  }

  @Test
  void link_afterLastNameWent_isRefused() {
    Script gone = withFile().op(10, 20, UNLINK, slot(0), done());
    legal(gone.op(21, 30, LINK, link(1, 1), error(Errno.ENOENT)));
    Script again = withFile().op(10, 20, UNLINK, slot(0), done());
    illegal(again.op(21, 30, LINK, link(1, 1), Event.Answer.ofLinks(1)));
  }

  @Test
  void link_countInLaterLookup_mustFollow() {
    Script linked = withFile().op(10, 20, LINK, link(1, 1), Event.Answer.ofLinks(2));
    illegal(linked.op(21, 30, LOOKUP, slot(0), file(1, 1)));
  }

  @Test
  void getattr_ofUnlinkedFile_hasNoLinks() {
    Script gone = withFile().op(10, 20, UNLINK, slot(0), done());
    legal(gone.op(21, 30, GETATTR, link(1, 0), Event.Answer.ofLinks(0)));
    Script again = withFile().op(10, 20, UNLINK, slot(0), done());
    illegal(again.op(21, 30, GETATTR, link(1, 0), Event.Answer.ofLinks(1)));
  }

  @Test
  void rmdir_ofDirectoryInUse_isRefused() {
    Script used = withDirectory().op(6, 8, MKNOD, in(1), file(2, 1));
    legal(used.op(10, 20, RMDIR, slot(0), error(Errno.ENOTEMPTY)));
    Script again = withDirectory().op(6, 8, MKNOD, in(1), file(2, 1));
    illegal(again.op(10, 20, RMDIR, slot(0), done()));
  }

  /**
   * Either the directory goes first and the create fails, or the file comes first and the directory
   * stays.
   */
  @Test
  void rmdir_againstCreate_notBoth() {
    illegal(
        withDirectory().op(10, 20, RMDIR, slot(0), done()).op(10, 20, CREATE, in(1), file(2, 1)));
    legal(
        withDirectory()
            .op(10, 20, RMDIR, slot(0), done())
            .op(10, 20, CREATE, in(1), error(Errno.ENOENT)));
  }

  @Test
  void rename_outOfDirectory_leavesItEmpty() {
    legal(
        withDirectory()
            .op(6, 8, MKNOD, in(1), file(2, 1))
            .op(10, 20, RENAME, new Event.Arguments(Universe.CHILD, 1, id(1), null, 0, 0), done())
            .op(21, 22, RMDIR, slot(0), done())
            .op(23, 24, LOOKUP, slot(1), file(2, 1)));
  }

  /** The answer of a create was lost; whether it made a file shows later, and which. */
  @Test
  void create_withoutAnswer_showsLater() {
    legal(
        new Script()
            .lost(10, MKNOD, slot(0))
            .op(20, 25, LOOKUP, slot(0), error(Errno.ENOENT))
            .op(30, 35, LOOKUP, slot(0), file(7, 1))
            .op(36, 38, RENAME, move(0, 1), done())
            .op(39, 40, LOOKUP, slot(1), file(7, 1)));
  }

  @Test
  void create_withoutAnswer_makesOneFileOnly() {
    illegal(
        new Script()
            .lost(10, MKNOD, slot(0))
            .op(20, 25, LOOKUP, slot(0), file(7, 1))
            .op(26, 28, UNLINK, slot(0), done())
            .op(30, 35, LOOKUP, slot(0), file(8, 1)));
    // It makes a file, not a directory.
    illegal(new Script().lost(10, MKNOD, slot(0)).op(20, 25, LOOKUP, slot(0), directory(7)));
    // And not before it is called.
    illegal(new Script().op(1, 5, LOOKUP, slot(0), file(7, 1)).lost(10, MKNOD, slot(0)));
  }

  @Test
  void unlink_withoutAnswer_mayComeAtAnyTimeButOnce() {
    legal(
        withFile()
            .lost(10, UNLINK, slot(0))
            .op(20, 25, LOOKUP, slot(0), file(1, 1))
            .op(30, 35, LOOKUP, slot(0), error(Errno.ENOENT)));
    illegal(
        withFile()
            .lost(10, UNLINK, slot(0))
            .op(30, 35, LOOKUP, slot(0), error(Errno.ENOENT))
            .op(36, 38, MKNOD, slot(0), file(2, 1))
            .op(39, 40, LOOKUP, slot(0), error(Errno.ENOENT)));
  }

  /** EMFILE: the file may have been made, but not after the return. */
  @Test
  void create_outOfHandles_hadItsEffectOrNever() {
    legal(
        new Script()
            .op(10, 20, CREATE, slot(0), error(Errno.EMFILE))
            .op(21, 25, LOOKUP, slot(0), file(7, 1)));
    legal(
        new Script()
            .op(10, 20, CREATE, slot(0), error(Errno.EMFILE))
            .op(21, 25, LOOKUP, slot(0), error(Errno.ENOENT)));
    illegal(
        new Script()
            .op(10, 20, CREATE, slot(0), error(Errno.EMFILE))
            .op(21, 25, LOOKUP, slot(0), error(Errno.ENOENT))
            .op(26, 30, LOOKUP, slot(0), file(7, 1)));
  }

  /** "The operation had no effect": then the name is there still. */
  @Test
  void unlink_interrupted_hasNoEffect() {
    illegal(
        withFile()
            .op(10, 20, UNLINK, slot(0), error(Errno.EINTR))
            .op(21, 25, LOOKUP, slot(0), error(Errno.ENOENT)));
  }

  @Test
  void lookup_withAnErrorThatIsNeverRight_isIllegal() {
    illegal(withFile().op(10, 20, LOOKUP, slot(0), error(Errno.EACCES)));
  }

  @Test
  void lookup_typeOfIdentityChanges_isIllegal() {
    illegal(withFile().op(10, 20, LOOKUP, slot(0), directory(1)));
  }

  /** What readdir shows at the end is held against the history like any other answer. */
  @Test
  void list_atTheEnd_mustFit() {
    legal(withFile().op(90, 91, LIST, slot(0), Event.Answer.found(id(1), FILE, -1)));
    illegal(withFile().op(90, 91, LIST, slot(0), error(Errno.ENOENT)));
    illegal(withFile().op(90, 91, LIST, slot(1), Event.Answer.found(id(1), FILE, -1)));
  }
}
