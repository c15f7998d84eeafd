/** Proofs of leases, beside the checks of what they do in the suites. */
@NullMarked
package dev.coterie.check.lease;

import org.jspecify.annotations.NullMarked;
