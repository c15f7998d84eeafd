/**
 * Side-by-side measurement against peers, for {@code coterie bench}.
 *
 * <p>A {@link dev.coterie.bench.Run} sets up a peer and one or more of ours, and hands them to
 * {@link dev.coterie.bench.Rounds}, which measures them in turn, A B A B, in every round. What
 * counts is the <b>median of the per-round ratios</b>: what else the machine does in a round slows
 * both sides alike. A figure in microseconds says little on a shared machine and is shown only for
 * the eye. When the peer's own figures lie more than a factor of two apart, nothing is judged.
 *
 * <p>Latency is measured with both ends on one processor, as a ping-pong between two is mostly the
 * wake-up of an idle one; throughput with both free to move. CPU time per operation is beside each
 * figure, and it is what noise touches least.
 *
 * <p>Programs that put on load, and peers, are in C or Python and compiled on the machine that is
 * measured ({@link dev.coterie.bench.Tools}). Everything lives in processes of its own ({@link
 * dev.coterie.bench.Child}), the leader too ({@link dev.coterie.bench.LeaderMain}); only the runs
 * of {@code nio-*} compare within one JVM.
 */
@NullMarked
package dev.coterie.bench;

import org.jspecify.annotations.NullMarked;
