// Group norm on a GPU: what a block of threads does. Takes nothing from CUDA or ATen but what GT_DEVICE
// stands for, so that a test can run the same code on a processor, a thread for each of the GPU's
// (test/group_norm_block_test.cpp).
//
// A block has the channels of some whole groups, a slab, of one image, and all of its pixels, or a piece of
// them. Sums are made by each thread over its pixels in their order, then over threads by halves, then over
// pieces in their order: the same shape gives the same bits on the same kind of GPU. Numbers are summed as
// float, over pieces and channels as double.
#pragma once

#include <math.h>
#include <stdint.h>

#include "group_norm_loops.h"

#ifdef __CUDACC__
#include <cuda_fp16.h>

#define GT_DEVICE __device__ __forceinline__
#define GT_BOTH __host__ __device__ inline
#else
#define GT_DEVICE inline
#define GT_BOTH inline
#endif

namespace gt::norm::gpu {

constexpr int kThreads = 256, kWarp = 32, kWarps = kThreads / kWarp;
// Of these memory is shared by the threads of a block.
constexpr int kMostChannels = 512;
constexpr int kMostVector = 8;
// Kinds of sums, and of parameters of a channel.
constexpr int kSums = 3, kParameters = 6;
constexpr int kSharedBytes = kMostChannels * (kSums * 8 + kParameters * 4) + kThreads * kMostVector * 4;

// A number of IEEE's binary16; libtorch's has the same bits.
struct F16 {
  uint16_t bits;
};

// Waits for all threads of the block.
#ifdef __CUDACC__
GT_DEVICE void sync() { __syncthreads(); }
#else
void sync();
#endif
// The value of the thread of this warp whose number differs in the bits of the mask.
template <class A>
GT_DEVICE A exchange(A value, int mask)
#ifdef __CUDACC__
{
  return __shfl_xor_sync(0xffffffffu, value, mask);
}
#else
    ;
#endif

// How a tensor (B, C, pixels) is cut into blocks.
struct Plan {
  int64_t batch, channels, pixels, groups;
  bool nhwc;
  int vector;     // numbers that are read at once, along the channels in NHWC, along the pixels in NCHW
  int slab;       // channels of a block
  int chunks;     // pieces that the pixels of an image are cut into
  int64_t chunk;  // pixels of each but the last

  GT_BOTH int64_t slabs() const { return channels / slab; }
  GT_BOTH int64_t blocks() const { return batch * slabs() * chunks; }
  GT_BOTH int group() const { return static_cast<int>(channels / groups); }
};

// What a block has.
struct Part {
  int64_t image;
  int64_t first;  // channel
  int64_t chunk;
  int64_t from, to;  // pixels

  GT_BOTH static Part of(const Plan& plan, int64_t block) {
    const int64_t chunk = block % plan.chunks, rest = block / plan.chunks;
    const int64_t from = chunk * plan.chunk, end = from + plan.chunk;
    return {rest / plan.slabs(), rest % plan.slabs() * plan.slab, chunk, from,
            end < plan.pixels ? end : plan.pixels};
  }
};

// The smallest number of whole groups that has at least `least` channels, a multiple of `step`, and divides
// all of them.
inline int slab_of(int64_t channels, int64_t groups, int64_t least, int64_t step) {
  const int64_t group = channels / groups;
  for (int64_t count = 1; count < groups; count++) {
    const int64_t slab = count * group;
    if (groups % count == 0 && slab >= least && slab % step == 0) return static_cast<int>(slab);
  }
  return static_cast<int>(channels);
}

// bytes: of a number. aligned: whether all tensors begin, and their rows follow each other, at multiples of
// 16 bytes. processors: of the GPU, which are to have something to do. A slab beyond kMostChannels cannot be
// computed.
inline Plan plan_of(int64_t batch, int64_t channels, int64_t pixels, int64_t groups, bool nhwc, int bytes,
                    bool aligned, int processors) {
  const int most = 16 / bytes;
  const int64_t row = nhwc ? channels : pixels;
  Plan plan{batch, channels, pixels, groups, nhwc, aligned && row % most == 0 ? most : 1, 0, 1, pixels};
  // In NHWC the numbers of a pixel that a block reads fill a sector of the memory, 32 bytes; in NCHW each
  // warp has a channel.
  plan.slab =
      nhwc ? slab_of(channels, groups, 32 / bytes, plan.vector) : slab_of(channels, groups, kWarps, 1);
  const int64_t whole = batch * plan.slabs(), work = plan.slab * pixels, wanted = 4LL * processors;
  if (whole < wanted / 2 && work > 32768) {
    const int64_t pieces = (wanted + whole - 1) / whole, most_pieces = (work + 16383) / 16384;
    const int64_t count = pieces < most_pieces ? pieces : most_pieces;
    const int64_t chunk = (pixels + count - 1) / count;
    plan.chunk = nhwc ? chunk : (chunk + plan.vector - 1) / plan.vector * plan.vector;
    plan.chunks = static_cast<int>((pixels + plan.chunk - 1) / plan.chunk);
  }
  return plan;
}

GT_DEVICE float number(float value) { return value; }
GT_DEVICE float number(Bf16 value) {
  const uint32_t word = static_cast<uint32_t>(value.bits) << 16;
  float result;
  __builtin_memcpy(&result, &word, sizeof(result));
  return result;
}

GT_DEVICE void put(float* to, float value) { *to = value; }
// Rounds to the nearest, to even where two are; what is no number stays none.
GT_DEVICE void put(Bf16* to, float value) {
  uint32_t word;
  __builtin_memcpy(&word, &value, sizeof(word));
  const uint32_t rounded = (word + 0x7fff + ((word >> 16) & 1)) >> 16;
  to->bits = static_cast<uint16_t>(value == value ? rounded : (word >> 16) | 0x40);
}

#ifdef __CUDACC__
GT_DEVICE float number(F16 value) { return __half2float(__ushort_as_half(value.bits)); }
GT_DEVICE void put(F16* to, float value) { to->bits = __half_as_ushort(__float2half_rn(value)); }
#endif

// Types of parameters.
enum class Type : int32_t { none, f32, f64, bf16, f16 };

// A parameter of an operator, of any type, read once for each channel.
struct Parameter {
  const void* values;
  Type type;

  GT_DEVICE double at(int64_t index, double without) const {
    switch (type) {
      case Type::f32:
        return static_cast<const float*>(values)[index];
      case Type::f64:
        return static_cast<const double*>(values)[index];
      case Type::bf16:
        return number(static_cast<const Bf16*>(values)[index]);
#ifdef __CUDACC__
      case Type::f16:
        return number(static_cast<const F16*>(values)[index]);
#endif
      default:
        return without;
    }
  }
};

// What a launch does: all, or where the pixels are in pieces first the sums of each piece, then the rest.
enum class Stage : int32_t { all, sums, rest };

// step: in NHWC from one pixel to the next.
struct Rows {
  const void* first;
  int64_t step;
};

struct Task {
  Plan plan;
  Stage stage;
  bool silu;
  double eps;
  const void* x;
  Parameter weight, bias, added, scale_shift;
  double *mean, *inverse;  // (B, G): results of forward, given to backward
  float* partial;          // (B, chunks, kSums, C)
  void* result;            // y, or the gradient of x
  // Of backward; what is null is not wanted.
  Rows dy, plus;
  float *weight_gradient, *bias_gradient;  // (B, C): of each image
  float* added_gradient;                   // (B, C)
  float* scale_shift_gradient;             // (B, 2 C)
};

template <class A>
GT_DEVICE A warp_sum(A value) {
  for (int mask = kWarp / 2; mask > 0; mask /= 2) value += exchange(value, mask);
  return value;
}

GT_DEVICE float sigmoid(float z, bool exact) {
#ifdef __CUDACC__
  if (!exact) return __fdividef(1.0f, 1.0f + __expf(-z));
#else
  (void)exact;
#endif
  return 1.0f / (1.0f + expf(-z));
}

template <class T, int V>
struct alignas(sizeof(T) * V) Pack {
  T number[V];
};

template <class T, int V, bool nhwc>
struct Block {
  static constexpr bool exact = sizeof(T) == sizeof(float);
  const Task& task;
  const Plan& plan;
  const Part part;
  const int thread;
  double* sums;       // kSums for each channel of the slab
  float* parameters;  // kParameters for each: center, a, b, p, q, r
  float* scratch;     // V for each thread

  GT_DEVICE Block(const Task& task, int64_t block, int thread, char* shared)
      : task(task),
        plan(task.plan),
        part(Part::of(task.plan, block)),
        thread(thread),
        sums(reinterpret_cast<double*>(shared)),
        parameters(reinterpret_cast<float*>(shared + kMostChannels * kSums * 8)),
        scratch(parameters + kMostChannels * kParameters) {}

  GT_DEVICE float& parameter(int kind, int c) const { return parameters[kind * kMostChannels + c]; }
  GT_DEVICE double& sum(int kind, int c) const { return sums[kind * kMostChannels + c]; }
  // Of number i of a vector whose first one is of channel c.
  GT_DEVICE float parameter(int kind, int c, int i) const { return parameter(kind, nhwc ? c + i : c); }

  // Where the numbers of a pixel and a channel of the slab lie, in a tensor with this step between its
  // pixels.
  GT_DEVICE int64_t place(int64_t pixel, int c, int64_t step) const {
    return nhwc ? (part.image * plan.pixels + pixel) * step + part.first + c
                : (part.image * plan.channels + part.first + c) * plan.pixels + pixel;
  }

  GT_DEVICE void take(const void* from, int64_t at, float (&into)[V]) const {
    const auto pack = *reinterpret_cast<const Pack<T, V>*>(static_cast<const T*>(from) + at);
    for (int i = 0; i < V; i++) into[i] = number(pack.number[i]);
  }
  GT_DEVICE void give(int64_t at, const float (&from)[V]) const {
    Pack<T, V> pack;
    for (int i = 0; i < V; i++) put(&pack.number[i], from[i]);
    *reinterpret_cast<Pack<T, V>*>(static_cast<T*>(task.result) + at) = pack;
  }

  // In NHWC a thread has vectors of channels of every rows-th pixel.
  GT_DEVICE int columns() const { return plan.slab / V; }
  GT_DEVICE int across() const { return columns() < kThreads ? columns() : kThreads; }
  GT_DEVICE int rows() const { return kThreads / across(); }
  GT_DEVICE int row() const { return thread / across(); }

  // Calls body(pixel, channel) for all that this thread has.
  template <class Body>
  GT_DEVICE void each(Body body) const {
    if (nhwc) {
      if (row() >= rows()) return;
      for (int column = thread % across(); column < columns(); column += across()) {
        for (int64_t pixel = part.from + row(); pixel < part.to; pixel += rows()) body(pixel, column * V);
      }
    } else {
      for (int c = thread / kWarp; c < plan.slab; c += kWarps) {
        for (int64_t pixel = part.from + thread % kWarp * V; pixel < part.to; pixel += kWarp * V) {
          body(pixel, c);
        }
      }
    }
  }

  // The sums over the pixels of what terms(pixel, channel, kinds) adds.
  template <int kinds, class Terms>
  GT_DEVICE void sum_up(Terms terms) const {
    if (nhwc) {
      for (int begin = 0; begin < columns(); begin += across()) {
        const int column = begin + thread % across();
        const bool mine = row() < rows() && column < columns();
        float found[kinds][V] = {};
        if (mine) {
          for (int64_t pixel = part.from + row(); pixel < part.to; pixel += rows())
            terms(pixel, column * V, found);
        }
        for (int kind = 0; kind < kinds; kind++) {
          for (int i = 0; i < V; i++) scratch[thread * V + i] = found[kind][i];
          sync();
          for (int half = kThreads / 2; half > 0; half /= 2) {
            if (mine && row() < half && row() + half < rows()) {
              for (int i = 0; i < V; i++)
                scratch[thread * V + i] += scratch[(thread + half * across()) * V + i];
            }
            sync();
          }
          if (mine && row() == 0) {
            for (int i = 0; i < V; i++) sum(kind, column * V + i) = scratch[thread * V + i];
          }
          sync();
        }
      }
    } else {
      for (int c = thread / kWarp; c < plan.slab; c += kWarps) {
        float found[kinds][V] = {};
        for (int64_t pixel = part.from + thread % kWarp * V; pixel < part.to; pixel += kWarp * V) {
          terms(pixel, c, found);
        }
        for (int kind = 0; kind < kinds; kind++) {
          float all = found[kind][0];
          for (int i = 1; i < V; i++) all += found[kind][i];
          all = warp_sum(all);
          if (thread % kWarp == 0) sum(kind, c) = all;
        }
      }
      sync();
    }
  }

  GT_DEVICE int64_t partial_place(int64_t chunk, int kind, int c) const {
    return ((part.image * plan.chunks + chunk) * kSums + kind) * plan.channels + part.first + c;
  }
  template <int kinds>
  GT_DEVICE void write_partial() const {
    for (int c = thread; c < plan.slab; c += kThreads) {
      for (int kind = 0; kind < kinds; kind++) {
        task.partial[partial_place(part.chunk, kind, c)] = static_cast<float>(sum(kind, c));
      }
    }
  }
  template <int kinds>
  GT_DEVICE void read_partial() const {
    for (int c = thread; c < plan.slab; c += kThreads) {
      for (int kind = 0; kind < kinds; kind++) {
        double all = 0;
        for (int64_t chunk = 0; chunk < plan.chunks; chunk++)
          all += task.partial[partial_place(chunk, kind, c)];
        sum(kind, c) = all;
      }
    }
    sync();
  }

  // Calls body(group of the slab, its first channel of the slab) in each warp for its groups.
  template <class Body>
  GT_DEVICE void groups(Body body) const {
    for (int group = thread / kWarp; group < plan.slab / plan.group(); group += kWarps) {
      body(group, group * plan.group());
    }
  }
  // The sum of what term(channel of the slab) gives for the channels of a group; the same in all threads of
  // the warp.
  template <class Term>
  GT_DEVICE double over_group(int first, Term term) const {
    double all = 0;
    for (int i = thread % kWarp; i < plan.group(); i += kWarp) all += term(first + i);
    return warp_sum(all);
  }

  GT_DEVICE double added(int c) const {
    return task.added.at(part.image * plan.channels + part.first + c, 0);
  }
  GT_DEVICE double weight(int c) const { return task.weight.at(part.first + c, 1); }
  GT_DEVICE double bias(int c) const { return task.bias.at(part.first + c, 0); }
  GT_DEVICE double scale(int c) const {
    return 1 + task.scale_shift.at(2 * part.image * plan.channels + part.first + c, 0);
  }
  GT_DEVICE double shift(int c) const {
    return task.scale_shift.at((2 * part.image + 1) * plan.channels + part.first + c, 0);
  }
  GT_DEVICE int64_t group_place(int group) const {
    return part.image * plan.groups + part.first / plan.group() + group;
  }

  // z = (x - center) a + b. Of the channels of a group that this thread of the warp has.
  GT_DEVICE void transform(int first, double mean, double inverse) const {
    for (int c = first + thread % kWarp; c < first + plan.group(); c += kWarp) {
      const double exact_center = mean - added(c), slope = inverse * weight(c) * scale(c);
      const float center = static_cast<float>(exact_center);
      parameter(0, c) = center;
      parameter(1, c) = static_cast<float>(slope);
      // With what the rounding of the center took away.
      parameter(2, c) = static_cast<float>((center - exact_center) * slope + bias(c) * scale(c) + shift(c));
    }
  }

  GT_DEVICE void statistics() const {
    const double pixels = static_cast<double>(plan.pixels), count = pixels * plan.group();
    groups([&](int group, int first) {
      const auto origin = [&](int c) { return parameter(0, c) + added(c); };
      const double mean = over_group(first, [&](int c) { return sum(0, c) + pixels * origin(c); }) / count;
      const double square = over_group(first, [&](int c) {
        const double away = mean - origin(c);
        return sum(1, c) - 2 * away * sum(0, c) + pixels * away * away;
      });
      const double inverse = 1 / sqrt((square > 0 ? square : 0) / count + task.eps);
      if (part.chunk == 0 && thread % kWarp == 0) {
        task.mean[group_place(group)] = mean;
        task.inverse[group_place(group)] = inverse;
      }
      transform(first, mean, inverse);
    });
    sync();
  }

  GT_DEVICE void forward() const {
    // Sums are counted from the first number of each channel, so that they stay small.
    for (int c = thread; c < plan.slab; c += kThreads) {
      parameter(0, c) = number(static_cast<const T*>(task.x)[place(0, c, plan.channels)]);
    }
    sync();
    if (task.stage == Stage::rest) {
      read_partial<2>();
    } else {
      sum_up<2>([&](int64_t pixel, int c, float (&found)[2][V]) {
        float x[V];
        take(task.x, place(pixel, c, plan.channels), x);
        for (int i = 0; i < V; i++) {
          const float d = x[i] - parameter(0, c, i);
          found[0][i] += d;
          found[1][i] += d * d;
        }
      });
    }
    if (task.stage == Stage::sums) {
      write_partial<2>();
      return;
    }
    statistics();
    each([&](int64_t pixel, int c) {
      const int64_t at = place(pixel, c, plan.channels);
      float x[V];
      take(task.x, at, x);
      for (int i = 0; i < V; i++) {
        const float z = (x[i] - parameter(0, c, i)) * parameter(1, c, i) + parameter(2, c, i);
        x[i] = task.silu ? z * sigmoid(z, exact) : z;
      }
      give(at, x);
    });
  }

  // x becomes x - center, and g the gradient of z.
  GT_DEVICE void through(int64_t pixel, int c, float (&x)[V], float (&g)[V]) const {
    take(task.x, place(pixel, c, plan.channels), x);
    take(task.dy.first, place(pixel, c, task.dy.step), g);
    for (int i = 0; i < V; i++) {
      x[i] -= parameter(0, c, i);
      if (task.silu) {
        const float z = x[i] * parameter(1, c, i) + parameter(2, c, i), s = sigmoid(z, exact);
        g[i] *= s * (1 + z * (1 - s));
      }
    }
  }

  // From the sums of dz, dz (x - center) and x - center: dx = dz p + (x - center) q + r, and the gradients of
  // parameters.
  GT_DEVICE void slopes() const {
    const double pixels = static_cast<double>(plan.pixels), count = pixels * plan.group();
    groups([&](int group, int first) {
      const double all = over_group(first, [&](int c) { return weight(c) * scale(c) * sum(0, c); });
      const double along = over_group(first, [&](int c) { return weight(c) * scale(c) * sum(1, c); });
      const double slope = task.inverse[group_place(group)];
      const double q = -slope * slope * slope * along / count, r = -slope * all / count;
      for (int c = first + thread % kWarp; c < first + plan.group(); c += kWarp) {
        const double p = slope * weight(c) * scale(c);
        parameter(3, c) = static_cast<float>(p);
        parameter(4, c) = static_cast<float>(q);
        parameter(5, c) = static_cast<float>(r);
        if (part.chunk == 0)
          write_gradients(c, slope * sum(1, c), p * sum(0, c) + q * sum(2, c) + r * pixels);
      }
    });
    sync();
  }

  GT_DEVICE void write_gradients(int c, double normalized, double of_added) const {
    const int64_t at = part.image * plan.channels + part.first + c;
    const double dz = sum(0, c);
    if (task.weight_gradient != nullptr) task.weight_gradient[at] = static_cast<float>(scale(c) * normalized);
    if (task.bias_gradient != nullptr) task.bias_gradient[at] = static_cast<float>(scale(c) * dz);
    if (task.added_gradient != nullptr) task.added_gradient[at] = static_cast<float>(of_added);
    if (task.scale_shift_gradient != nullptr) {
      float* into = task.scale_shift_gradient + part.image * plan.channels + at;
      into[0] = static_cast<float>(weight(c) * normalized + bias(c) * dz);
      into[plan.channels] = static_cast<float>(dz);
    }
  }

  GT_DEVICE void backward() const {
    groups([&](int group, int first) {
      transform(first, task.mean[group_place(group)], task.inverse[group_place(group)]);
    });
    sync();
    if (task.stage == Stage::rest) {
      read_partial<3>();
    } else {
      sum_up<3>([&](int64_t pixel, int c, float (&found)[3][V]) {
        float x[V], g[V];
        through(pixel, c, x, g);
        for (int i = 0; i < V; i++) {
          found[0][i] += g[i];
          found[1][i] += g[i] * x[i];
          found[2][i] += x[i];
        }
      });
    }
    if (task.stage == Stage::sums) {
      write_partial<3>();
      return;
    }
    slopes();
    each([&](int64_t pixel, int c) {
      float x[V], g[V];
      through(pixel, c, x, g);
      for (int i = 0; i < V; i++) {
        g[i] = g[i] * parameter(3, c, i) + (x[i] * parameter(4, c, i) + parameter(5, c, i));
      }
      if (task.plus.first != nullptr) {
        take(task.plus.first, place(pixel, c, task.plus.step), x);
        for (int i = 0; i < V; i++) g[i] += x[i];
      }
      give(place(pixel, c, plan.channels), g);
    });
  }
};

}  // namespace gt::norm::gpu
