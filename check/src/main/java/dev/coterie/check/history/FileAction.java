package dev.coterie.check.history;

import org.jspecify.annotations.Nullable;

/**
 * What was asked and answered of a file's content, in cells; each cell that was ever written is a
 * small number of {@link FileHistory}.
 *
 * @param kind what was called
 * @param place first cell; of {@link Kind#TRUNCATE} the size asked for; of {@link Kind#APPEND}
 *     where it wrote, -1 if open
 * @param asked cells that a read asked for
 * @param values cells that were read, or that a write put there
 * @param size the size that was answered, -1 when not told
 * @param flaw what is wrong with the answer in any state
 */
record FileAction(Kind kind, int place, int asked, int[] values, int size, @Nullable String flaw) {}
