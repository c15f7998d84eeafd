/**
 * Records what many processes do on one tree and decides whether it was linearizable.
 *
 * <pre>
 *   HistoryRun ── starts ──&gt; WorkerMain (a JVM each) ── Worker ──&gt; FileService
 *       │                                                  └─────&gt; EventLog (one per thread)
 *       └── Checker &lt;── History (all logs, by object) &lt;── FinalTree (the tree as it was left)
 *              ├── NamesModel: one group of directory entries ─┐
 *              └── FileModel: the content of one file ─────────┴──&gt; Search
 * </pre>
 *
 * <p><b>Soundness and completeness.</b> Linearizability is local: a history is linearizable if and
 * only if the part of each object is. The objects are the groups of {@link
 * dev.coterie.check.history.Universe} and the files; no operation touches two of them. {@code
 * Search} keeps the set of <i>all</i> ways in which the operations so far can have taken effect, so
 * it finds an order if there is one and reports only when there is none. It drops a way only when
 * another one can do whatever the dropped one could. Nothing is sampled or skipped; when the set
 * outgrows its bound, the object is reported as undecided, and that is a failure of the run.
 *
 * <p><b>Time.</b> Events carry {@link java.lang.System#nanoTime}, which on Linux is
 * CLOCK_MONOTONIC: one clock for all processes of a host. Each worker's clock is held against the
 * orchestrator's at its start. Only a return that is strictly before an invocation orders two
 * operations.
 */
@NullMarked
package dev.coterie.check.history;

import org.jspecify.annotations.NullMarked;
