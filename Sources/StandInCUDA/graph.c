#include "objects.h"

#include <stdlib.h>
#include <string.h>

CUresult stand_in_refuse_capture(CUstream stream) {
    if (!stream || !stream->capture) return CUDA_SUCCESS;
    stream->is_invalidated = true;
    return CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED;
}

CUresult stand_in_capture(CUstream stream, const struct stand_in_node *node) {
    CUgraph graph = stream->capture;
    if (stream->is_invalidated) return CUDA_ERROR_STREAM_CAPTURE_INVALIDATED;
    if (graph->count == graph->capacity) {
        size_t capacity = graph->capacity ? 2 * graph->capacity : 16;
        struct stand_in_node *grown = realloc(graph->nodes, capacity * sizeof *grown);
        if (!grown) {
            stream->is_invalidated = true;
            return CUDA_ERROR_OUT_OF_MEMORY;
        }
        graph->nodes = grown;
        graph->capacity = capacity;
    }
    graph->nodes[graph->count++] = *node;
    return CUDA_SUCCESS;
}

CUresult cuStreamBeginCapture_v2(CUstream handle, CUstreamCaptureMode mode) {
    CUcontext context;
    CUstream stream;
    if (mode > CU_STREAM_CAPTURE_MODE_RELAXED) return CUDA_ERROR_INVALID_VALUE;
    CUresult result = stand_in_stream(handle, LEGACY_DEFAULT, &context, &stream);
    if (result != CUDA_SUCCESS) return result;
    if (!stream) return CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED; // as in CUDA, not the legacy default stream
    if (stream->capture) return stand_in_refuse_capture(stream);
    struct CUgraph_st *graph = calloc(1, sizeof *graph);
    if (!graph) return CUDA_ERROR_OUT_OF_MEMORY;
    graph->tag = TAG_GRAPH;
    graph->context = context;
    stream->is_invalidated = false;
    stream->capture = graph;
    return CUDA_SUCCESS;
}

CUresult cuStreamEndCapture(CUstream handle, CUgraph *graph) {
    CUcontext context;
    CUstream stream;
    if (!graph) return CUDA_ERROR_INVALID_VALUE;
    CUresult result = stand_in_stream(handle, LEGACY_DEFAULT, &context, &stream);
    if (result != CUDA_SUCCESS) return result;
    if (!stream || !stream->capture) return CUDA_ERROR_STREAM_CAPTURE_UNMATCHED;
    CUgraph captured = stream->capture;
    stream->capture = NULL;
    *graph = NULL;
    if (stream->is_invalidated) {
        (void)cuGraphDestroy(captured);
        return CUDA_ERROR_STREAM_CAPTURE_INVALIDATED;
    }
    *graph = captured;
    return CUDA_SUCCESS;
}

CUresult cuStreamIsCapturing(CUstream handle, CUstreamCaptureStatus *status) {
    CUcontext context;
    CUstream stream;
    if (!status) return CUDA_ERROR_INVALID_VALUE;
    CUresult result = stand_in_stream(handle, LEGACY_DEFAULT, &context, &stream);
    if (result != CUDA_SUCCESS) return result;
    *status = !stream || !stream->capture ? CU_STREAM_CAPTURE_STATUS_NONE
              : stream->is_invalidated    ? CU_STREAM_CAPTURE_STATUS_INVALIDATED
                                          : CU_STREAM_CAPTURE_STATUS_ACTIVE;
    return CUDA_SUCCESS;
}

// An executable keeps nothing of its graph, which may go first.
static CUresult instantiate(CUgraphExec *executable, CUgraph graph) {
    if (!graph || graph->tag != TAG_GRAPH) return CUDA_ERROR_INVALID_HANDLE;
    if (!executable) return CUDA_ERROR_INVALID_VALUE;
    struct CUgraphExec_st *made = calloc(1, sizeof *made);
    if (!made) return CUDA_ERROR_OUT_OF_MEMORY;
    made->tag = TAG_EXECUTABLE;
    made->context = graph->context;
    made->work = calloc(graph->count + 1, sizeof *made->work);
    made->copied = calloc(graph->count + 1, sizeof *made->copied);
    if (!made->work || !made->copied) {
        (void)cuGraphExecDestroy(made);
        return CUDA_ERROR_OUT_OF_MEMORY;
    }
    for (size_t index = 0; index < graph->count; index++) {
        if (graph->nodes[index].bytes) {
            made->copied[made->copies++] = graph->nodes[index];
        } else {
            made->work[made->launches++] = graph->nodes[index].work;
        }
    }
    *executable = made;
    return CUDA_SUCCESS;
}

CUresult cuGraphInstantiate_v2(CUgraphExec *executable, CUgraph graph, CUgraphNode *errorNode, char *log,
                               size_t logBytes) {
    if (errorNode) *errorNode = NULL;
    if (log && logBytes) *log = 0;
    return instantiate(executable, graph);
}

CUresult cuGraphInstantiateWithFlags(CUgraphExec *executable, CUgraph graph, unsigned long long flags) {
    (void)flags; // about memory of graphs and the order of upload
    return instantiate(executable, graph);
}

static CUresult launch(CUgraphExec executable, CUstream handle, enum stand_in_default form) {
    CUcontext context;
    CUstream stream;
    if (!executable || executable->tag != TAG_EXECUTABLE) return CUDA_ERROR_INVALID_HANDLE;
    CUresult result = stand_in_stream(handle, form, &context, &stream);
    if (result == CUDA_SUCCESS && context != executable->context) result = CUDA_ERROR_INVALID_CONTEXT;
    if (result == CUDA_SUCCESS) result = stand_in_refuse_capture(stream);
    if (result != CUDA_SUCCESS) return result;
    for (size_t index = 0; index < executable->copies; index++)
        memmove(executable->copied[index].to, executable->copied[index].from, executable->copied[index].bytes);
    if (executable->launches == 0) return CUDA_SUCCESS;
    uint64_t count = 0;
    int submitted = vgpu_submit(context->gpu, executable->work, (uint32_t)executable->launches, &count);
    if (submitted == 0) stand_in_note(stream, count);
    return stand_in_error(submitted);
}

CUresult cuGraphLaunch(CUgraphExec executable, CUstream stream) { return launch(executable, stream, LEGACY_DEFAULT); }

CUresult cuGraphLaunch_ptsz(CUgraphExec executable, CUstream stream) {
    return launch(executable, stream, THREAD_DEFAULT);
}

CUresult cuGraphExecDestroy(CUgraphExec executable) {
    if (!executable || executable->tag != TAG_EXECUTABLE) return CUDA_ERROR_INVALID_HANDLE;
    executable->tag = 0;
    free(executable->work);
    free(executable->copied);
    free(executable);
    return CUDA_SUCCESS;
}

CUresult cuGraphDestroy(CUgraph graph) {
    if (!graph || graph->tag != TAG_GRAPH) return CUDA_ERROR_INVALID_HANDLE;
    graph->tag = 0;
    free(graph->nodes);
    free(graph);
    return CUDA_SUCCESS;
}
