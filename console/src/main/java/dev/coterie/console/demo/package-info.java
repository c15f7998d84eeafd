/**
 * {@code coterie demo}: real processes that share a tree, and a count of what went wrong.
 *
 * <p>{@link dev.coterie.console.demo.Demo} is the coordinator. It starts workers, each a JVM of its
 * own that runs {@link dev.coterie.console.demo.Worker}, and speaks with them in lines over their
 * pipes:
 *
 * <pre>
 *   worker → coordinator   ready · at N · token SECRET · state ROUND STEP · seen LOOKS STALE · done · failed WHY
 *   coordinator → worker   share N · token SECRET · go · step · look ROUND STEP · end
 * </pre>
 *
 * <p>Whatever they claim, what counts is what an independent reader finds in the tree afterwards
 * ({@link dev.coterie.console.demo.Log}), or in the first demo what the others saw.
 *
 * <p>The demos of events ({@link dev.coterie.console.demo.Events}, {@link
 * dev.coterie.console.demo.EventWorker}) tell each worker its part and the handles it takes:
 *
 * <pre>
 *   worker → coordinator   ready · set · at N · waits · seen SHARED OWN MORE · done NUMBERS · failed WHY
 *   coordinator → worker   part NAME SECRETS · go · look · end
 * </pre>
 */
@NullMarked
package dev.coterie.console.demo;

import org.jspecify.annotations.NullMarked;
