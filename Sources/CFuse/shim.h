// libfuse3's low-level API as Swift can import it. Compiles against libfuse 3.10 and later.
#ifndef FULCRUM_CFUSE_SHIM_H
#define FULCRUM_CFUSE_SHIM_H

#define FUSE_USE_VERSION 35
#include <fuse_lowlevel.h>
#include <stddef.h>
#include <sys/vfs.h>

// A macro in later versions, and its argv must outlive the call: both are C's business.
static inline struct fuse_session *cfuse_session_new(const struct fuse_lowlevel_ops *operations, void *userdata)
{
    char name[] = "fuse";
    char *argv[] = {name, NULL};
    struct fuse_args arguments = FUSE_ARGS_INIT(1, argv);
    struct fuse_session *session = fuse_session_new(&arguments, operations, sizeof *operations, userdata);
    fuse_opt_free_args(&arguments);
    return session;
}

// Swift does not import bit-fields.
static inline void cfuse_set_direct_io(struct fuse_file_info *file)
{
    file->direct_io = 1;
}

static inline void cfuse_set_nonseekable(struct fuse_file_info *file)
{
    file->nonseekable = 1;
}

#endif
