// The arithmetic of the prediction networks, in single precision: one matrix product and the loops beside it.
//
// C, because Swift cannot choose an instruction set per function, and a root daemon should not link a BLAS for four small
// matrices. On x86-64 each function exists for AVX-512, AVX2 and the baseline, on other machines once.
//
// The bits of a result do not depend on the instruction set. Each element of a product is the sum over k in ascending
// order, started from zero, of one multiplication and one addition, each rounded; vectors only run over different
// elements. So there is no fused multiply-add anywhere (it rounds once), and no sum is split over lanes.
#ifndef CMATRIX_H
#define CMATRIX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#pragma clang assume_nonnull begin

// Which vectors to use. A value that this machine does not support must not be passed on to the functions below; one that
// is not listed here counts as the baseline.
enum cmatrix_width {
    CMATRIX_BASELINE = 0,
    CMATRIX_AVX2 = 1,
    CMATRIX_AVX512 = 2,
};

bool cmatrix_supports(enum cmatrix_width width);
// The widest that this machine supports.
enum cmatrix_width cmatrix_widest(void);

// A matrix whose element (row, column) is at data[row * row_step + column * column_step].
struct cmatrix_strided {
    const float *data;
    size_t row_step;
    size_t column_step;
};

// C = A * B: A has m rows and k columns, B (row-major, b_step floats from row to row) k and n, C (row-major, c_step) m and
// n. C overlaps neither A nor B.
void cmatrix_multiply(enum cmatrix_width width, size_t m, size_t n, size_t k, struct cmatrix_strided a, const float *b,
                      size_t b_step, float *c, size_t c_step);

// transposed[column * rows + row] = matrix[row * columns + column]. The two do not overlap.
void cmatrix_transpose(enum cmatrix_width width, size_t rows, size_t columns, const float *matrix, float *transposed);

// sums[column] = the sum over the rows, in ascending order, of a row-major matrix.
void cmatrix_column_sums(enum cmatrix_width width, size_t rows, size_t columns, const float *matrix, float *sums);

// Adds bias[row] to each element of the row, then replaces by zero what is below zero and what is not a
// number.
void cmatrix_bias_relu(enum cmatrix_width width, size_t rows, size_t columns, const float *bias, float *matrix);

// Inverted dropout: sets each element to zero with probability drop_below / 2^32 and multiplies the others by scale. Which
// ones is a function of seed and of the element's index alone.
void cmatrix_dropout(enum cmatrix_width width, size_t count, uint32_t seed, uint32_t drop_below, float scale,
                     float *values);

// The derivative of the two above: gradient[i] *= scale where values[i], an output of theirs, is above zero, else 0.
void cmatrix_relu_gradient(enum cmatrix_width width, size_t count, float scale, const float *values, float *gradient);

// One step of Adam (Kingma and Ba, arXiv 1412.6980, the form before section 2.1): rate holds the correction of both
// moments' bias, rate * sqrt(1 - beta2^t) / (1 - beta1^t), and epsilon is added to the square root, as Keras does.
struct cmatrix_adam {
    float rate;
    float beta1;
    float beta2;
    float epsilon;
};
void cmatrix_adam_step(enum cmatrix_width width, size_t count, struct cmatrix_adam adam, const float *gradients,
                       float *first_moments, float *second_moments, float *parameters);

#pragma clang assume_nonnull end

#endif
