package dev.coterie.mounts.tmpfs;

/** Where a page table gets new pages from. */
interface PageSource {
  /**
   * Takes pages.
   *
   * @return how many were put into {@code pages[from..]}: fewer than {@code count} when there are
   *     no more
   */
  int take(int[] pages, int from, int count);
}
