/** The C library and ioctl through the FFM API, with each C prototype as javadoc. */
@NullMarked
package dev.coterie.sys;

import org.jspecify.annotations.NullMarked;
