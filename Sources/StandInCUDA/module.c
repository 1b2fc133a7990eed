#include "objects.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static const char surface_prefix[] = "surface=";

CUresult cuModuleLoadData(CUmodule *module, const void *image) {
    CUcontext context = stand_in_current;
    if (!context) return CUDA_ERROR_INVALID_CONTEXT;
    if (!module || !image) return CUDA_ERROR_INVALID_VALUE;
    struct CUmod_st *made = calloc(1, sizeof *made);
    if (!made) return CUDA_ERROR_OUT_OF_MEMORY;
    made->tag = TAG_MODULE;
    made->context = context;
    pthread_mutex_init(&made->lock, NULL);
    if (strncmp(image, surface_prefix, sizeof surface_prefix - 1) == 0) {
        char name[VGPU_SURFACE_BYTES] = {0};
        strncpy(name, (const char *)image + sizeof surface_prefix - 1, sizeof name - 1);
        name[strcspn(name, " \r\n\t")] = 0;
        int result = vgpu_set_surface(context->gpu, name);
        if (result != 0) {
            free(made);
            return result == -EBUSY ? CUDA_ERROR_NOT_SUPPORTED : CUDA_ERROR_INVALID_IMAGE;
        }
        made->has_surface = true;
    }
    *module = made;
    return CUDA_SUCCESS;
}

CUresult cuModuleGetFunction(CUfunction *function, CUmodule module, const char *name) {
    if (!module || module->tag != TAG_MODULE) return CUDA_ERROR_INVALID_HANDLE;
    if (!function || !name) return CUDA_ERROR_INVALID_VALUE;
    if (!*name) return CUDA_ERROR_NOT_FOUND;
    pthread_mutex_lock(&module->lock);
    struct CUfunc_st *found = module->functions;
    while (found && strcmp(found->name, name) != 0) found = found->next;
    if (!found && (found = calloc(1, sizeof *found + strlen(name) + 1))) {
        strcpy(found->name, name);
        found->module = module;
        found->next = module->functions;
        module->functions = found;
    }
    pthread_mutex_unlock(&module->lock);
    *function = found;
    return found ? CUDA_SUCCESS : CUDA_ERROR_OUT_OF_MEMORY;
}

CUresult cuModuleUnload(CUmodule module) {
    if (!module || module->tag != TAG_MODULE) return CUDA_ERROR_INVALID_HANDLE;
    module->tag = 0;
    for (struct CUfunc_st *next, *function = module->functions; function; function = next) {
        next = function->next;
        free(function);
    }
    pthread_mutex_destroy(&module->lock);
    free(module);
    return CUDA_SUCCESS;
}
