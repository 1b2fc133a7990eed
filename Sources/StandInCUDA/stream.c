#include "objects.h"

#include <stdlib.h>
#include <time.h>

// All streams of a context share one queue, in order: a stream's work is done when its last launch is.

CUresult stand_in_stream(CUstream stream, CUcontext *context, uint64_t *last) {
    if ((uintptr_t)stream <= 2) { // NULL, legacy and per-thread default stream
        if (!stand_in_current) return CUDA_ERROR_INVALID_CONTEXT;
        *context = stand_in_current;
        *last = vgpu_submitted_count((*context)->gpu);
        return CUDA_SUCCESS;
    }
    if (stream->tag != TAG_STREAM) return CUDA_ERROR_INVALID_HANDLE;
    *context = stream->context;
    *last = atomic_load(&stream->last);
    return CUDA_SUCCESS;
}

CUresult stand_in_wait(CUcontext context, uint64_t count) { return stand_in_error(vgpu_wait(context->gpu, count)); }

CUresult stand_in_query(CUcontext context, uint64_t count) {
    int done = vgpu_poll(context->gpu, count);
    if (done < 0) return stand_in_error(done);
    return done ? CUDA_SUCCESS : CUDA_ERROR_NOT_READY;
}

CUresult cuStreamCreate(CUstream *stream, unsigned int flags) {
    if (!stand_in_current) return CUDA_ERROR_INVALID_CONTEXT;
    if (!stream || flags > 1) return CUDA_ERROR_INVALID_VALUE;
    struct CUstream_st *made = calloc(1, sizeof *made);
    if (!made) return CUDA_ERROR_OUT_OF_MEMORY;
    made->tag = TAG_STREAM;
    made->context = stand_in_current;
    *stream = made;
    return CUDA_SUCCESS;
}

CUresult cuStreamDestroy_v2(CUstream stream) {
    if ((uintptr_t)stream <= 2 || stream->tag != TAG_STREAM) return CUDA_ERROR_INVALID_HANDLE;
    stream->tag = 0;
    free(stream);
    return CUDA_SUCCESS;
}

CUresult cuStreamSynchronize(CUstream stream) {
    CUcontext context;
    uint64_t last;
    CUresult result = stand_in_stream(stream, &context, &last);
    return result == CUDA_SUCCESS ? stand_in_wait(context, last) : result;
}

CUresult cuStreamQuery(CUstream stream) {
    CUcontext context;
    uint64_t last;
    CUresult result = stand_in_stream(stream, &context, &last);
    return result == CUDA_SUCCESS ? stand_in_query(context, last) : result;
}

CUresult cuEventCreate(CUevent *event, unsigned int flags) {
    if (!stand_in_current) return CUDA_ERROR_INVALID_CONTEXT;
    if (!event || flags > 7) return CUDA_ERROR_INVALID_VALUE;
    struct CUevent_st *made = calloc(1, sizeof *made);
    if (!made) return CUDA_ERROR_OUT_OF_MEMORY;
    made->tag = TAG_EVENT;
    *event = made;
    return CUDA_SUCCESS;
}

CUresult cuEventDestroy_v2(CUevent event) {
    if (!event || event->tag != TAG_EVENT) return CUDA_ERROR_INVALID_HANDLE;
    event->tag = 0;
    free(event);
    return CUDA_SUCCESS;
}

CUresult cuEventRecord(CUevent event, CUstream stream) {
    if (!event || event->tag != TAG_EVENT) return CUDA_ERROR_INVALID_HANDLE;
    CUcontext context;
    uint64_t last;
    CUresult result = stand_in_stream(stream, &context, &last);
    if (result != CUDA_SUCCESS) return result;
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    event->context = context;
    event->target = last;
    event->recorded_ns = (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
    event->completed_ns = 0;
    return CUDA_SUCCESS;
}

// Takes the time of completion before the launch's ring entry is used again. An event recorded on an idle stream
// completes when it is recorded.
static void note_completion(CUevent event) {
    if (event->completed_ns) return;
    uint64_t ended = vgpu_completion_ns(event->context->gpu, event->target);
    event->completed_ns = ended > event->recorded_ns ? ended : event->recorded_ns;
}

CUresult cuEventSynchronize(CUevent event) {
    if (!event || event->tag != TAG_EVENT) return CUDA_ERROR_INVALID_HANDLE;
    if (!event->context) return CUDA_SUCCESS; // never recorded: complete, as in CUDA
    CUresult result = stand_in_wait(event->context, event->target);
    if (result == CUDA_SUCCESS) note_completion(event);
    return result;
}

CUresult cuEventQuery(CUevent event) {
    if (!event || event->tag != TAG_EVENT) return CUDA_ERROR_INVALID_HANDLE;
    if (!event->context) return CUDA_SUCCESS;
    CUresult result = stand_in_query(event->context, event->target);
    if (result == CUDA_SUCCESS) note_completion(event);
    return result;
}

CUresult cuEventElapsedTime(float *milliseconds, CUevent start, CUevent end) {
    if (!start || !end || start->tag != TAG_EVENT || end->tag != TAG_EVENT) return CUDA_ERROR_INVALID_HANDLE;
    if (!milliseconds) return CUDA_ERROR_INVALID_VALUE;
    if (!start->context || !end->context) return CUDA_ERROR_INVALID_HANDLE;
    CUevent events[] = {start, end};
    for (size_t index = 0; index < 2; index++) {
        CUresult result = stand_in_query(events[index]->context, events[index]->target);
        if (result != CUDA_SUCCESS) return result;
        note_completion(events[index]);
    }
    *milliseconds = (float)((double)(int64_t)(end->completed_ns - start->completed_ns) / 1e6);
    return CUDA_SUCCESS;
}
