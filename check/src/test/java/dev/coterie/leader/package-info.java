/** What tests have to reach of the leader's own classes. */
@NullMarked
package dev.coterie.leader;

import org.jspecify.annotations.NullMarked;
