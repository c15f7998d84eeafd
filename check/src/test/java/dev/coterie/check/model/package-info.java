/**
 * Formal models, in TLA+, checked by TLC: {@link dev.coterie.check.model.LeaseModelTest} has what
 * docs/leases.md says hold, and fail when one of its rules is left out.
 */
@NullMarked
package dev.coterie.check.model;

import org.jspecify.annotations.NullMarked;
