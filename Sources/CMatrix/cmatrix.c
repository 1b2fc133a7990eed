#include "cmatrix.h"

// The compiler would fuse x + a * b where the target has the instruction, and the bits would differ by machine.
#pragma STDC FP_CONTRACT OFF

#define INLINED static inline __attribute__((always_inline))

// 64 bytes whatever the machine: the compiler splits what its registers cannot hold.
#define LANES 16
#define MOST_ROWS 12
typedef float lanes __attribute__((vector_size(4 * LANES), aligned(4), may_alias));

// `rows` vectors of sums, a constant after inlining, so that they live in registers over all of k.
INLINED void multiply_tile(size_t rows, size_t k, const float *restrict a, size_t a_row, size_t a_column,
                           const float *restrict b, size_t b_step, float *restrict c, size_t c_step) {
    lanes sums[MOST_ROWS];
#pragma clang loop unroll(full)
    for (size_t r = 0; r < rows; r++) sums[r] = (lanes){0};
    for (size_t i = 0; i < k; i++) {
        const lanes row = *(const lanes *)(b + i * b_step);
#pragma clang loop unroll(full)
        for (size_t r = 0; r < rows; r++) sums[r] += a[r * a_row + i * a_column] * row;
    }
#pragma clang loop unroll(full)
    for (size_t r = 0; r < rows; r++) *(lanes *)(c + r * c_step) = sums[r];
}

INLINED void multiply(size_t rows, size_t m, size_t n, size_t k, struct cmatrix_strided a, const float *b, size_t b_step,
                      float *c, size_t c_step) {
    size_t j = 0;
    for (; j + LANES <= n; j += LANES) {
        size_t r = 0;
        for (; r + rows <= m; r += rows)
            multiply_tile(rows, k, a.data + r * a.row_step, a.row_step, a.column_step, b + j, b_step,
                          c + r * c_step + j, c_step);
        for (; r < m; r++)
            multiply_tile(1, k, a.data + r * a.row_step, a.row_step, a.column_step, b + j, b_step,
                          c + r * c_step + j, c_step);
    }
    for (; j < n; j++)
        for (size_t r = 0; r < m; r++) {
            float sum = 0;
            for (size_t i = 0; i < k; i++) sum += a.data[r * a.row_step + i * a.column_step] * b[i * b_step + j];
            c[r * c_step + j] = sum;
        }
}

INLINED void transpose(size_t rows, size_t columns, const float *restrict matrix, float *restrict transposed) {
    enum { BLOCK = 16 };
    for (size_t r = 0; r < rows; r += BLOCK)
        for (size_t c = 0; c < columns; c += BLOCK) {
            const size_t row_end = r + BLOCK < rows ? r + BLOCK : rows;
            const size_t column_end = c + BLOCK < columns ? c + BLOCK : columns;
            for (size_t j = c; j < column_end; j++)
                for (size_t i = r; i < row_end; i++) transposed[j * rows + i] = matrix[i * columns + j];
        }
}

INLINED void column_sums(size_t rows, size_t columns, const float *restrict matrix, float *restrict sums) {
    for (size_t c = 0; c < columns; c++) sums[c] = 0;
    for (size_t r = 0; r < rows; r++)
        for (size_t c = 0; c < columns; c++) sums[c] += matrix[r * columns + c];
}

INLINED void bias_relu(size_t rows, size_t columns, const float *restrict bias, float *restrict matrix) {
    for (size_t r = 0; r < rows; r++)
        for (size_t c = 0; c < columns; c++) {
            const float sum = matrix[r * columns + c] + bias[r];
            matrix[r * columns + c] = sum > 0 ? sum : 0;
        }
}

// An integer hash with full avalanche ("lowbias32", Chris Wellons, public domain): one pass has no state to hand from
// element to element, so vectors of any width make the same choice.
INLINED uint32_t hash(uint32_t x) {
    x ^= x >> 16;
    x *= 0x7feb352du;
    x ^= x >> 15;
    x *= 0x846ca68bu;
    x ^= x >> 16;
    return x;
}

INLINED void dropout(size_t count, uint32_t seed, uint32_t drop_below, float scale, float *restrict values) {
    for (size_t i = 0; i < count; i++)
        values[i] = hash((uint32_t)i * 0x9e3779b9u ^ seed) < drop_below ? 0 : values[i] * scale;
}

INLINED void relu_gradient(size_t count, float scale, const float *restrict values, float *restrict gradient) {
    for (size_t i = 0; i < count; i++) gradient[i] = values[i] > 0 ? gradient[i] * scale : 0;
}

INLINED void adam_step(size_t count, struct cmatrix_adam adam, const float *restrict gradients, float *restrict first,
                       float *restrict second, float *restrict parameters) {
    const float one_less_beta1 = 1 - adam.beta1, one_less_beta2 = 1 - adam.beta2;
    for (size_t i = 0; i < count; i++) {
        const float gradient = gradients[i];
        first[i] += (gradient - first[i]) * one_less_beta1;
        second[i] += (gradient * gradient - second[i]) * one_less_beta2;
        parameters[i] -= first[i] * adam.rate / (__builtin_elementwise_sqrt(second[i]) + adam.epsilon);
    }
}

// The rows of a tile that just fit the registers: 32 of 16 lanes, 16 of 8, 16 of 4; arm64 has 32 of 4.
#if defined(__x86_64__)
#define EACH_WIDTH(FUNCTION) \
    FUNCTION(baseline, , 2) \
    FUNCTION(avx2, __attribute__((target("avx2"))), 6) \
    FUNCTION(avx512, __attribute__((target("avx512f"))), 12)
#define DISPATCH(NAME, ...) \
    switch (width) { \
    case CMATRIX_AVX512: NAME##_avx512(__VA_ARGS__); return; \
    case CMATRIX_AVX2: NAME##_avx2(__VA_ARGS__); return; \
    case CMATRIX_BASELINE: \
    default: NAME##_baseline(__VA_ARGS__); return; \
    }
bool cmatrix_supports(enum cmatrix_width width) {
    switch (width) {
    case CMATRIX_AVX512: return __builtin_cpu_supports("avx512f");
    case CMATRIX_AVX2: return __builtin_cpu_supports("avx2");
    case CMATRIX_BASELINE: return true;
    }
    return false;
}
#else
#define EACH_WIDTH(FUNCTION) FUNCTION(baseline, , 4)
#define DISPATCH(NAME, ...) \
    (void)width; \
    NAME##_baseline(__VA_ARGS__);
bool cmatrix_supports(enum cmatrix_width width) { return width == CMATRIX_BASELINE; }
#endif

#define DEFINE(WIDTH, TARGET, ROWS) \
    TARGET static void multiply_##WIDTH(size_t m, size_t n, size_t k, struct cmatrix_strided a, const float *b, \
                                        size_t b_step, float *c, size_t c_step) { \
        multiply(ROWS, m, n, k, a, b, b_step, c, c_step); \
    } \
    TARGET static void transpose_##WIDTH(size_t rows, size_t columns, const float *matrix, float *transposed) { \
        transpose(rows, columns, matrix, transposed); \
    } \
    TARGET static void column_sums_##WIDTH(size_t rows, size_t columns, const float *matrix, float *sums) { \
        column_sums(rows, columns, matrix, sums); \
    } \
    TARGET static void bias_relu_##WIDTH(size_t rows, size_t columns, const float *bias, float *matrix) { \
        bias_relu(rows, columns, bias, matrix); \
    } \
    TARGET static void dropout_##WIDTH(size_t count, uint32_t seed, uint32_t below, float scale, float *values) { \
        dropout(count, seed, below, scale, values); \
    } \
    TARGET static void relu_gradient_##WIDTH(size_t count, float scale, const float *values, float *gradient) { \
        relu_gradient(count, scale, values, gradient); \
    } \
    TARGET static void adam_step_##WIDTH(size_t count, struct cmatrix_adam adam, const float *gradients, float *first, \
                                         float *second, float *parameters) { \
        adam_step(count, adam, gradients, first, second, parameters); \
    }

EACH_WIDTH(DEFINE)

enum cmatrix_width cmatrix_widest(void) {
    return cmatrix_supports(CMATRIX_AVX512) ? CMATRIX_AVX512
           : cmatrix_supports(CMATRIX_AVX2) ? CMATRIX_AVX2
                                            : CMATRIX_BASELINE;
}

void cmatrix_multiply(enum cmatrix_width width, size_t m, size_t n, size_t k, struct cmatrix_strided a, const float *b,
                      size_t b_step, float *c, size_t c_step) {
    DISPATCH(multiply, m, n, k, a, b, b_step, c, c_step)
}

void cmatrix_transpose(enum cmatrix_width width, size_t rows, size_t columns, const float *matrix, float *transposed) {
    DISPATCH(transpose, rows, columns, matrix, transposed)
}

void cmatrix_column_sums(enum cmatrix_width width, size_t rows, size_t columns, const float *matrix, float *sums) {
    DISPATCH(column_sums, rows, columns, matrix, sums)
}

void cmatrix_bias_relu(enum cmatrix_width width, size_t rows, size_t columns, const float *bias, float *matrix) {
    DISPATCH(bias_relu, rows, columns, bias, matrix)
}

void cmatrix_dropout(enum cmatrix_width width, size_t count, uint32_t seed, uint32_t drop_below, float scale,
                     float *values) {
    DISPATCH(dropout, count, seed, drop_below, scale, values)
}

void cmatrix_relu_gradient(enum cmatrix_width width, size_t count, float scale, const float *values, float *gradient) {
    DISPATCH(relu_gradient, count, scale, values, gradient)
}

void cmatrix_adam_step(enum cmatrix_width width, size_t count, struct cmatrix_adam adam, const float *gradients,
                       float *first_moments, float *second_moments, float *parameters) {
    DISPATCH(adam_step, count, adam, gradients, first_moments, second_moments, parameters)
}
