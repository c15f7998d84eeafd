package dev.coterie.check.nio;

/** The same where each process decides by itself on locks that it alone has to do with. */
class CopiesFileLockIT extends WireFileLockIT {
  @Override
  String place() {
    return FileLockMain.COPIES + super.place();
  }
}
