/*
 * What the parts of the grid share: a small tree made anew for each case, who makes the call, and the
 * line that says what came of it: result, errno, and every change of any file of the tree.
 */
#ifndef GRID_H
#define GRID_H

#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <limits.h>
#include <linux/falloc.h>
#include <linux/fs.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <time.h>
#include <unistd.h>

#define NODES_MAX 40
#define CONTENT "0123456789"

/* Who makes a call. Group 2000 is a supplementary one of Ann's alone. */
enum who { ROOT, ANN, BOB, WHO };
enum { ANN_ID = 65534, BOB_ID = 65533, SHARED_GROUP = 2000, STRANGE_GROUP = 3000 };

extern const char *const WHO_NAME[WHO];
extern const uid_t WHO_UID[WHO];

void fatal(const char *what);

/* ---- the tree of a case, below the working directory ---- */

/* What was changed since is as it shall be. */
void look_again(void);

/* A descriptor of the directory that the tree is in. */
int case_directory(void);

/* Empties the tree. */
void begin(void);

/*
 * Adds a node: f a file with content, d a directory, p a FIFO, s a socket, c and b devices, l a
 * symbolic link to `target`.
 */
void node(const char *path, char type, mode_t mode, uid_t uid, gid_t gid, const char *target);

/* Looks after a path that is no node, or not yet. */
void watch(const char *path);

/* The tree is as it shall be: all later times are later than those of now. */
void settle(void);

/* ---- a call ---- */

void become(enum who who);
void become_root(void);

/* Takes part of all cases: every n-th from the k-th on. Counts, and says whether this one is on. */
int is_wanted(void);

/* Ends a case: its name, then what came of the call. Whether the tree is as it was. */
int tell(long result, int error, const char *format, ...) __attribute__((format(printf, 3, 4)));

/* ---- calls that take a path, by number ---- */

extern const int PATH_OPS;
const char *path_op_name(int op);

/* Does it; leaves no descriptor. */
long path_op(int op, const char *path);

/* ---- the parts ---- */

void part_paths(void);
void part_names(void);
void part_rights(void);
void part_times(void);
void part_files(void);
void part_readonly(void);

#endif
