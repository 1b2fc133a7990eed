// Linux headers that Swift's Glibc module leaves out.
#ifndef FULCRUM_CLINUX_SHIM_H
#define FULCRUM_CLINUX_SHIM_H

#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <sys/un.h>

#endif
