// Linux headers that Swift's Glibc module leaves out.
#ifndef FULCRUM_CLINUX_SHIM_H
#define FULCRUM_CLINUX_SHIM_H

#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <fcntl.h>
#include <malloc.h>
#include <unistd.h>

// pipe2() is declared under _GNU_SOURCE only, which a module map cannot set.
static inline int fulcrum_pipe_cloexec(int descriptors[2]) {
    return (int)syscall(SYS_pipe2, descriptors, O_CLOEXEC);
}

#endif
