#include "objects.h"

#include <stdlib.h>
#include <time.h>

// All streams of a context share one queue, in order: a stream's work is done when its last launch is.

#define CU_STREAM_LEGACY 1u
#define CU_STREAM_PER_THREAD 2u

static _Thread_local struct CUstream_st thread_stream = {.tag = TAG_STREAM};

CUresult stand_in_stream(CUstream handle, enum stand_in_default form, CUcontext *context, CUstream *stream) {
    if ((uintptr_t)handle > CU_STREAM_PER_THREAD) {
        if (handle->tag != TAG_STREAM) return CUDA_ERROR_INVALID_HANDLE;
        *context = handle->context;
        *stream = handle;
        return CUDA_SUCCESS;
    }
    if (!stand_in_current) return CUDA_ERROR_INVALID_CONTEXT;
    *context = stand_in_current;
    *stream = NULL;
    if ((uintptr_t)handle == CU_STREAM_PER_THREAD || (!handle && form == THREAD_DEFAULT)) {
        if (thread_stream.context != stand_in_current) {
            // What this thread has queued in another context is not known here: everything counts as its work.
            thread_stream.context = stand_in_current;
            atomic_store(&thread_stream.last, vgpu_submitted_count(stand_in_current->gpu));
        }
        *stream = &thread_stream;
    }
    return CUDA_SUCCESS;
}

uint64_t stand_in_last(CUcontext context, CUstream stream) {
    return stream ? atomic_load(&stream->last) : vgpu_submitted_count(context->gpu);
}

void stand_in_note(CUstream stream, uint64_t count) {
    if (stream) atomic_store(&stream->last, count);
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
    if (stream->capture) (void)cuGraphDestroy(stream->capture);
    free(stream);
    return CUDA_SUCCESS;
}

static CUresult synchronize(CUstream handle, enum stand_in_default form) {
    CUcontext context;
    CUstream stream;
    CUresult result = stand_in_stream(handle, form, &context, &stream);
    if (result == CUDA_SUCCESS) result = stand_in_refuse_capture(stream);
    return result == CUDA_SUCCESS ? stand_in_wait(context, stand_in_last(context, stream)) : result;
}

CUresult cuStreamSynchronize(CUstream stream) { return synchronize(stream, LEGACY_DEFAULT); }

CUresult cuStreamSynchronize_ptsz(CUstream stream) { return synchronize(stream, THREAD_DEFAULT); }

CUresult cuStreamQuery(CUstream handle) {
    CUcontext context;
    CUstream stream;
    CUresult result = stand_in_stream(handle, LEGACY_DEFAULT, &context, &stream);
    if (result == CUDA_SUCCESS) result = stand_in_refuse_capture(stream);
    return result == CUDA_SUCCESS ? stand_in_query(context, stand_in_last(context, stream)) : result;
}

// The one queue runs in order, so the stream's next launch comes after the event's anyway.
CUresult cuStreamWaitEvent(CUstream handle, CUevent event, unsigned int flags) {
    CUcontext context;
    CUstream stream;
    if (flags > 1) return CUDA_ERROR_INVALID_VALUE;
    if (!event || event->tag != TAG_EVENT) return CUDA_ERROR_INVALID_HANDLE;
    CUresult result = stand_in_stream(handle, LEGACY_DEFAULT, &context, &stream);
    if (result != CUDA_SUCCESS || !stream || stream->capture || event->context != context) return result;
    if (atomic_load(&stream->last) < event->target) atomic_store(&stream->last, event->target);
    return CUDA_SUCCESS;
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

static CUresult record(CUevent event, CUstream handle, enum stand_in_default form) {
    if (!event || event->tag != TAG_EVENT) return CUDA_ERROR_INVALID_HANDLE;
    CUcontext context;
    CUstream stream;
    CUresult result = stand_in_stream(handle, form, &context, &stream);
    if (result == CUDA_SUCCESS) result = stand_in_refuse_capture(stream);
    if (result != CUDA_SUCCESS) return result;
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    event->context = context;
    event->target = stand_in_last(context, stream);
    event->recorded_ns = (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
    event->completed_ns = 0;
    return CUDA_SUCCESS;
}

CUresult cuEventRecord(CUevent event, CUstream stream) { return record(event, stream, LEGACY_DEFAULT); }

CUresult cuEventRecord_ptsz(CUevent event, CUstream stream) { return record(event, stream, THREAD_DEFAULT); }

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
