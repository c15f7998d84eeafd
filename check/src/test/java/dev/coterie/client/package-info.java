/** What tests have to reach of the client's own classes. */
@NullMarked
package dev.coterie.client;

import org.jspecify.annotations.NullMarked;
