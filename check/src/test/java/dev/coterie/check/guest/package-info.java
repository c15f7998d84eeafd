/**
 * Linux's own 9P client against our leader, in small guests under software emulation: {@link
 * dev.coterie.check.guest.GuestIT} runs the items, each of them a row of the table it prints.
 */
@NullMarked
package dev.coterie.check.guest;

import org.jspecify.annotations.NullMarked;
