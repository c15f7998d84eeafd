package dev.coterie.client.events;

/**
 * What the host has said of a set's descriptors and channels. In a sandbox the host is not trusted;
 * a kernel that is at fault nowhere leaves all but the first at 0, except for descriptors that were
 * closed without being taken out.
 *
 * @param examined reports that were looked at
 * @param unknownMembers reports dropped, because there is no such member, it had not been armed, or
 *     it was reported twice
 * @param unknownBits reports with bits that the member had not asked for, which were dropped
 * @param gone members that left because their number was closed or another file's by then
 */
public record HostReports(long examined, long unknownMembers, long unknownBits, long gone) {}
