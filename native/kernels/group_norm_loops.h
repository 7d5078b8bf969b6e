// The inner loops of group norm: between the code that knows tensors and threads (group_norm.cpp) and that
// which is compiled for each kind of processor (group_norm_*.cpp).
//
// x lies in rows of n numbers, one row after the other. In the layout NHWC a row is a pixel and n the
// channels: each number of a row has parameters of its own, and sums are taken over the rows, so each of the
// n has its own. In NCHW a channel is one row of n pixels: all have the same parameters, and there is one
// sum.
#pragma once

#include <stdint.h>

// A number as it is kept in memory; ATen's bfloat16 has the same bits.
struct Bf16 {
  uint16_t bits;
};

namespace gt::norm {

// z = (x - mean) a + b, y = z sigmoid(z) or z.
template <class A>
struct Affine {
  const A* mean;
  const A* a;
  const A* b;
};

// dx = dz p + (x - mean) q + r.
template <class A>
struct Slopes {
  const A* mean;
  const A* p;
  const A* q;
  const A* r;
};

// A tensor in the layout of x whose rows may be apart, as those of a part of the channels are.
template <class T>
struct Rows {
  const T* first;
  int64_t step;
};

// T: a number in memory; A: what it is computed in.
template <class T, class A>
struct Loops {
  // Sums of x - shift and of its square.
  void (*moments)(const T* x, int64_t rows, int64_t n, const A* shift, A* sum, A* square);
  void (*apply)(const T* x, int64_t rows, int64_t n, Affine<A> to, bool silu, T* y);
  // Sums of dz, of dz (x - mean) and of x - mean.
  void (*gradient_sums)(const T* x, Rows<T> dy, int64_t rows, int64_t n, Affine<A> to, bool silu, T* dz,
                        A* dz_sum, A* dz_x_sum, A* x_sum);
  // dz becomes dx. plus, which may be null, is added to it.
  void (*gradient)(const T* x, int64_t rows, int64_t n, Slopes<A> to, Rows<T> plus, T* dz);
};

// One set for each type and layout.
struct Table {
  Loops<float, float> nhwc_float, nchw_float;
  Loops<double, double> nhwc_double, nchw_double;
  Loops<Bf16, float> nhwc_bf16, nchw_bf16;
};

extern const Table plain, avx2, avx512, avx512_bf16;

}  // namespace gt::norm
