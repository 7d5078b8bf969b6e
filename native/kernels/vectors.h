// Vectors of numbers, for loops that are compiled once for each kind of processor. The file that includes
// this one defines GT_LANES, the floats of a register. All is in an anonymous namespace and nothing of the
// C++ library is used: a function that was compiled for a newer processor must not be taken by the linker for
// the others.
#pragma once

#ifdef __AVX512F__
#include <immintrin.h>
#endif

#include "group_norm_loops.h"

// NOLINTNEXTLINE(cert-dcl59-cpp): see above.
namespace {

#define GT_INLINE inline __attribute__((always_inline))

// What a kind of number is computed in: T, a vector of it, and integers of the same size.
template <class T>
struct Lanes;

template <>
struct Lanes<float> {
  static constexpr int count = GT_LANES;
  typedef float Vector __attribute__((vector_size(4 * GT_LANES)));
  typedef int32_t Integers __attribute__((vector_size(4 * GT_LANES)));
};

template <>
struct Lanes<double> {
  static constexpr int count = GT_LANES / 2;
  typedef double Vector __attribute__((vector_size(4 * GT_LANES)));
  typedef int64_t Integers __attribute__((vector_size(4 * GT_LANES)));
};

template <class A>
using Vec = typename Lanes<A>::Vector;

// The kind of number that T is computed in.
template <class T>
struct Accumulate {
  using type = T;
};
template <>
struct Accumulate<Bf16> {
  using type = float;
};

template <class A>
GT_INLINE Vec<A> splat(A value) {
  return value - Vec<A>{};
}

template <class To, class From>
GT_INLINE To bits(From from) {
  static_assert(sizeof(To) == sizeof(From));
  To to;
  __builtin_memcpy(&to, &from, sizeof(to));
  return to;
}

template <class A>
GT_INLINE Vec<A> load(const A* from) {
  Vec<A> value;
  __builtin_memcpy(&value, from, sizeof(value));
  return value;
}

typedef uint16_t HalfWords __attribute__((vector_size(2 * GT_LANES)));
typedef uint32_t Words __attribute__((vector_size(4 * GT_LANES)));

GT_INLINE Vec<float> load(const Bf16* from) {
  HalfWords value;
  __builtin_memcpy(&value, from, sizeof(value));
  return bits<Vec<float>>(__builtin_convertvector(value, Words) << 16);
}

template <class A>
GT_INLINE void store(A* to, Vec<A> value) {
  __builtin_memcpy(to, &value, sizeof(value));
}

// Rounds to the nearest, to even where two are; what is no number stays none.
GT_INLINE void store(Bf16* to, Vec<float> value) {
#ifdef __AVX512BF16__
  auto half = _mm512_cvtneps_pbh((__m512)value);
#else
  Words word = bits<Words>(value);
  Words rounded = (word + 0x7fff + ((word >> 16) & 1)) >> 16;
  Words none = (word >> 16) | 0x40;
  HalfWords half = __builtin_convertvector(value == value ? rounded : none, HalfWords);
#endif
  __builtin_memcpy(to, &half, sizeof(half));
}

// The first n of a vector; the others are 0.
template <class T>
GT_INLINE auto load_part(const T* from, int64_t n) {
  T part[Lanes<typename Accumulate<T>::type>::count] = {};
  __builtin_memcpy(part, from, n * sizeof(T));
  return load(part);
}

template <class T, class V>
GT_INLINE void store_part(T* to, V value, int64_t n) {
  T part[Lanes<typename Accumulate<T>::type>::count];
  store(part, value);
  __builtin_memcpy(to, part, n * sizeof(T));
}

// The sum of all lanes, in pairs.
template <class A>
GT_INLINE A total(Vec<A> value) {
  A lane[Lanes<A>::count];
  store(lane, value);
  for (int width = Lanes<A>::count / 2; width > 0; width /= 2) {
    for (int i = 0; i < width; i++) lane[i] += lane[i + width];
  }
  return lane[0];
}

// How exactly functions are computed: to the last place of the type, or as bfloat16 needs it.
enum class Precision { full, bf16 };

#ifdef __AVX512F__
// Intrinsics take a mask here: for those without one GCC 12 warns of a variable of its own.
constexpr __mmask16 kAll = 0xffff;
#endif

// The nearest whole number, for x within 2^22 of 0.
GT_INLINE Vec<float> whole(Vec<float> x) {
#ifdef __AVX512F__
  return (Vec<float>)_mm512_maskz_roundscale_ps(kAll, (__m512)x,
                                                _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC);
#else
  const Vec<float> magic = splat(12582912.0f);
  return (x + magic) - magic;
#endif
}

// p 2^n for p near 1 and a whole n from -127 to 127.
GT_INLINE Vec<float> scaled(Vec<float> p, Vec<float> n) {
#ifdef __AVX512F__
  return (Vec<float>)_mm512_maskz_scalef_ps(kAll, (__m512)p, (__m512)n);
#else
  using Integers = Lanes<float>::Integers;
  return bits<Vec<float>>(bits<Integers>(p) + (__builtin_convertvector(n, Integers) << 23));
#endif
}

// 1 / x for x from 1.
template <Precision precision>
GT_INLINE Vec<float> reciprocal(Vec<float> x) {
#ifdef __AVX512F__
  // Division takes as long as all the rest. This is exact to 14 bits, and to 24 after a step of Newton's
  // method.
  Vec<float> y = (Vec<float>)_mm512_maskz_rcp14_ps(kAll, (__m512)x);
  if constexpr (precision == Precision::full) y = y + y * (1 - x * y);
  return y;
#else
  return 1 / x;
#endif
}

// 1 / (1 + e^-x). Of -x = n ln 2 + r the whole n goes into the exponent.
template <Precision precision>
GT_INLINE Vec<float> sigmoid(Vec<float> x) {
  const Vec<float> most = splat(87.0f), least = splat(-87.0f);
#ifdef __AVX512F__
  x = (Vec<float>)_mm512_maskz_max_ps(kAll, _mm512_maskz_min_ps(kAll, (__m512)x, (__m512)most),
                                      (__m512)least);
#else
  x = x < most ? x : most;
  x = x > least ? x : least;
#endif
  Vec<float> n = whole(x * -1.44269504088896341f);
  Vec<float> p;
  if constexpr (precision == Precision::full) {
    Vec<float> r = n * -0.693359375f - x;
    r = n * 2.12194440e-4f + r;
    // The polynomial of Cephes' expf.
    p = splat(1.9875691500e-4f);
    p = p * r + 1.3981999507e-3f;
    p = p * r + 8.3334519073e-3f;
    p = p * r + 4.1665795894e-2f;
    p = p * r + 1.6666665459e-1f;
    p = p * r + 5.0000001201e-1f;
    p = p * (r * r) + (r + 1.0f);
  } else {
    // 2^f by the polynomial through five of Chebyshev's nodes: to 4e-6.
    Vec<float> f = x * -1.44269504088896341f - n;
    p = splat(0.00966637f);
    p = p * f + 0.05592198f;
    p = p * f + 0.24022349f;
    p = p * f + 0.69312105f;
    p = p * f + 1.0f;
  }
  return reciprocal<precision>(1 + scaled(p, n));
}

template <Precision>
GT_INLINE Vec<double> sigmoid(Vec<double> x) {
  const Vec<double> most = splat(708.0), least = splat(-708.0);
  x = x < most ? x : most;
  x = x > least ? x : least;
  // Added to this, a small number is rounded to a whole one, which the lowest bits then hold.
  const Vec<double> magic = splat(6755399441055744.0);
  Vec<double> shifted = x * -1.4426950408889634 + magic;
  Vec<double> n = shifted - magic;
  Vec<double> r = n * -0.693147180369123816490 - x;
  r = r - n * 1.90821492927058770002e-10;
  // Taylor's series: with |r| < 0.35 the next term is below 5e-18.
  constexpr double inverse_factorials[] = {1.0 / 6227020800, 1.0 / 479001600, 1.0 / 39916800, 1.0 / 3628800,
                                           1.0 / 362880,     1.0 / 40320,     1.0 / 5040,     1.0 / 720,
                                           1.0 / 120,        1.0 / 24,        1.0 / 6,        0.5};
  Vec<double> p = splat(inverse_factorials[0]);
  for (int i = 1; i < 12; i++) p = p * r + inverse_factorials[i];
  p = p * (r * r) + (r + 1.0);
  auto exponent = bits<Lanes<double>::Integers>(shifted) - 0x4338000000000000;
  return 1 / (1 + p * bits<Vec<double>>((exponent + 1023) << 52));
}

}  // namespace
