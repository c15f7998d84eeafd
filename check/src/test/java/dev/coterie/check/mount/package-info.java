/**
 * Trees as kernel mounts, by the command line, with programs of the machine on them. The test's own
 * process never touches a mount: what is done there is done by processes that it starts.
 */
@NullMarked
package dev.coterie.check.mount;

import org.jspecify.annotations.NullMarked;
