/** Proofs of the locks of files, beside the checks of what they do in the suites. */
@NullMarked
package dev.coterie.check.lock;

import org.jspecify.annotations.NullMarked;
