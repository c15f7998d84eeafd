package dev.coterie.core.event;

/**
 * An open handle as a session names it: what a member of a set is known by (as Linux's struct
 * epoll_filefd, a file and its descriptor).
 */
public record Opening(Object session, long number) {}
