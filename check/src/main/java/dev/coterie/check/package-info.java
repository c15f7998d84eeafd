/** Suites that run over several rooms: import rules, tidiness, conformance, simulation. */
@NullMarked
package dev.coterie.check;

import org.jspecify.annotations.NullMarked;
