package dev.coterie.gates.fuse.kernel;

/**
 * Device numbers. The kernel sends 32 bits (new_encode_dev), C programs see 64 (makedev(3)).
 *
 * <pre>
 *  kernel    minor bits 8..19 : major 12 bits : minor bits 0..7
 *  makedev   major bits 12..31 : minor bits 8..31 : major bits 0..11 : minor bits 0..7
 * </pre>
 */
public final class Device {
  private Device() {}

  public static int toKernel(long rdev) {
    long major = (rdev >>> 8 & 0xfff) | (rdev >>> 32 & 0xfffff000L);
    long minor = (rdev & 0xff) | (rdev >>> 12 & 0xffffff00L);
    return (int) ((minor & 0xff) | major << 8 | (minor & ~0xffL) << 12);
  }

  public static long fromKernel(int rdev) {
    long bits = Integer.toUnsignedLong(rdev);
    long major = bits >>> 8 & 0xfff;
    long minor = (bits & 0xff) | (bits >>> 12 & 0xfff00);
    return (minor & 0xff) | (major & 0xfff) << 8 | (minor & ~0xffL) << 12;
  }
}
