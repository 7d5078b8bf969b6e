#include "group_norm.h"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <ATen/Version.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "group_norm_loops.h"

namespace gt::norm {
namespace {

const Table& table() {
  // libtorch's own choice, which the environment may lower: ATEN_CPU_CAPABILITY.
  static const Table& chosen = [&]() -> const Table& {
#if defined(__x86_64__)
    const std::string capability = at::get_cpu_capability();
    if (capability.rfind("AVX512", 0) == 0)
      return __builtin_cpu_supports("avx512bf16") ? avx512_bf16 : avx512;
    if (capability == "AVX2") return avx2;
#endif
    return plain;
  }();
  return chosen;
}

template <class T>
struct Kind;

template <>
struct Kind<float> {
  using A = float;
  static const Loops<float, float>& loops(bool nhwc) {
    return nhwc ? table().nhwc_float : table().nchw_float;
  }
};
template <>
struct Kind<double> {
  using A = double;
  static const Loops<double, double>& loops(bool nhwc) {
    return nhwc ? table().nhwc_double : table().nchw_double;
  }
};
template <>
struct Kind<Bf16> {
  using A = float;
  static const Loops<Bf16, float>& loops(bool nhwc) { return nhwc ? table().nhwc_bf16 : table().nchw_bf16; }
};

// Sums are made of pieces of about this many numbers, whatever threads there are, so that their bits are the
// same.
constexpr int64_t kPiece = 32768;

bool is_nhwc(const at::Tensor& x) {
  return x.size(1) > 1 && x.stride(1) == 1 && x.movedim(1, -1).is_contiguous();
}

// How a tensor lies in memory.
struct Shape {
  int64_t batch, channels, pixels, groups;
  bool nhwc;

  Shape(const at::Tensor& x, int64_t groups)
      : batch(x.size(0)),
        channels(x.size(1)),
        pixels(x.numel() / std::max<int64_t>(1, batch * channels)),
        groups(groups),
        nhwc(!x.is_contiguous() && is_nhwc(x)) {}

  int64_t image() const { return channels * pixels; }
  int64_t per_group() const { return channels / groups; }
  // Pieces of an image: some rows in NHWC, some channels in NCHW.
  int64_t rows() const { return nhwc ? pixels : channels; }
  int64_t row() const { return nhwc ? channels : pixels; }
  // From one row of a tensor that lies like this one to the next.
  int64_t step(const at::Tensor& tensor) const {
    return nhwc && tensor.dim() > 2 ? tensor.stride(tensor.dim() - 1) : row();
  }
  int64_t rows_of_piece() const { return std::max<int64_t>(1, kPiece / std::max<int64_t>(1, row())); }
  int64_t pieces() const { return (rows() + rows_of_piece() - 1) / rows_of_piece(); }
};

// A parameter of an operator in double; zeros, or ones, if there is none.
struct Parameter {
  bool given;
  at::Tensor values;

  Parameter(const at::Tensor& from, int64_t rows, int64_t columns, double without)
      : given(from.defined()),
        values(given ? from.detach().to(at::kDouble).contiguous()
                     : at::full({1, columns}, without, at::kDouble)),
        step_(given && rows > 1 ? columns : 0) {}

  const double* row(int64_t index) const { return values.const_data_ptr<double>() + index * step_; }

 private:
  int64_t step_;
};

template <class T>
struct Norm {
  using A = typename Kind<T>::A;
  Shape shape;
  Options options;
  Parameter gamma, beta, added, scale_shift;
  const Loops<T, A>& loops;

  Norm(const at::Tensor& x, const Inputs& inputs, const Options& options)
      : shape(x, options.groups),
        options(options),
        gamma(inputs.weight, 1, shape.channels, 1),
        beta(inputs.bias, 1, shape.channels, 0),
        added(inputs.added, shape.batch, shape.channels, 0),
        scale_shift(inputs.scale_shift, shape.batch, 2 * shape.channels, 0),
        loops(Kind<T>::loops(shape.nhwc)) {}

  // What a thread needs to work on an image: parameters for each channel, and sums of `kinds` kinds. Sums of
  // pieces have the type that is computed in, those over the pieces, in their order, double.
  struct Scratch {
    int64_t channels, kinds, copies;
    std::vector<A> parameters, parts;
    std::vector<double> sums;

    // In NCHW a channel is in one piece, so there is one copy for all.
    Scratch(const Shape& shape, int64_t kinds)
        : channels(shape.channels),
          kinds(kinds),
          copies(shape.nhwc ? shape.pieces() : 1),
          parameters(static_cast<size_t>(6 * channels)),
          parts(static_cast<size_t>(copies * kinds * channels)),
          sums(static_cast<size_t>(kinds * channels)) {}

    A* parameter(int64_t i) { return parameters.data() + i * channels; }
    Affine<A> affine(int64_t c) { return {parameter(0) + c, parameter(1) + c, parameter(2) + c}; }
    Slopes<A> slopes(int64_t c) {
      return {parameter(0) + c, parameter(3) + c, parameter(4) + c, parameter(5) + c};
    }
    A* part(int64_t piece, int64_t kind, int64_t c) {
      return parts.data() + ((copies == 1 ? 0 : piece) * kinds + kind) * channels + c;
    }
    void add() {
      const int64_t n = kinds * channels;
      for (int64_t i = 0; i < n; i++) sums[i] = parts[i];
      for (int64_t copy = 1; copy < copies; copy++) {
        for (int64_t i = 0; i < n; i++) sums[i] += parts[copy * n + i];
      }
    }
    const double* sum(int64_t kind) const { return sums.data() + kind * channels; }
  };

  Rows<T> at_offset(Rows<T> rows, int64_t offset) const {
    return {rows.first == nullptr ? nullptr : rows.first + offset / shape.row() * rows.step, rows.step};
  }

  static const T* data(const at::Tensor& x) { return static_cast<const T*>(x.const_data_ptr()); }

  // Whether there are enough images for all threads; if not, threads share the pieces of an image.
  bool by_image() const { return shape.batch >= at::get_num_threads() || shape.pieces() == 1; }

  // Calls body(image, scratch) on all threads, or on this one where threads share the image.
  template <class Body>
  void images(int64_t kinds, Body body) const {
    const auto some = [&](int64_t begin, int64_t end) {
      Scratch scratch(shape, kinds);
      for (int64_t image = begin; image < end; image++) body(image, scratch);
    };
    if (by_image()) {
      at::parallel_for(0, shape.batch, 1, some);
    } else {
      some(0, shape.batch);
    }
  }

  // Calls body(piece, rows, c, offset) for the pieces of an image: in NCHW for each of their channels.
  template <class Body>
  void pieces(Body body) const {
    const auto some = [&](int64_t begin, int64_t end) {
      for (int64_t piece = begin; piece < end; piece++) {
        const int64_t first = piece * shape.rows_of_piece();
        const int64_t last = std::min(shape.rows(), first + shape.rows_of_piece());
        if (shape.nhwc) {
          body(piece, last - first, 0, first * shape.channels);
        } else {
          for (int64_t c = first; c < last; c++) body(piece, 1, c, c * shape.pixels);
        }
      }
    };
    if (by_image()) {
      some(0, shape.pieces());
    } else {
      at::parallel_for(0, shape.pieces(), 1, some);
    }
  }

  // The first number of each channel of an image, from which its sums are counted, so that they stay small.
  void origin(const T* x, A* into) const {
    const int64_t step = shape.nhwc ? 1 : shape.pixels;
    for (int64_t c = 0; c < shape.channels; c++) into[c] = number(x[c * step]);
  }
  static A number(A value) { return value; }
  static float number(Bf16 value) { return c10::detail::f32_from_bits(value.bits); }

  void statistics(const T* x, int64_t image, Scratch& scratch, double* mean, double* inverse) const {
    A* start = scratch.parameter(0);
    origin(x, start);
    pieces([&](int64_t piece, int64_t rows, int64_t c, int64_t offset) {
      loops.moments(x + offset, rows, shape.row(), start + c, scratch.part(piece, 0, c),
                    scratch.part(piece, 1, c));
    });
    scratch.add();
    const double* sum = scratch.sum(0);
    const double* square = scratch.sum(1);
    const double* plus = added.row(image);
    const int64_t size = shape.per_group();
    const double pixels = static_cast<double>(shape.pixels);
    for (int64_t group = 0, first = 0; group < shape.groups; group++, first += size) {
      double total = 0;
      for (int64_t c = first; c < first + size; c++) total += sum[c] + pixels * (start[c] + plus[c]);
      const double center = total / (size * pixels);
      double away_square = 0;
      for (int64_t c = first; c < first + size; c++) {
        const double away = center - (start[c] + plus[c]);
        away_square += square[c] - 2 * away * sum[c] + pixels * away * away;
      }
      mean[group] = center;
      inverse[group] = 1 / std::sqrt(std::max(0.0, away_square) / (size * pixels) + options.eps);
    }
  }

  // z = (x - mean) a + b for each channel of an image.
  void transform(int64_t image, const double* mean, const double* inverse, Scratch& scratch) const {
    A *center = scratch.parameter(0), *a = scratch.parameter(1), *b = scratch.parameter(2);
    const double *weight = gamma.row(0), *bias = beta.row(0), *plus = added.row(image);
    const double *scale = scale_shift.row(image), *shift = scale + shape.channels;
    const int64_t size = shape.per_group();
    for (int64_t group = 0, first = 0; group < shape.groups; group++, first += size) {
      for (int64_t c = first; c < first + size; c++) {
        const double exact = mean[group] - plus[c];
        const double slope = inverse[group] * weight[c] * (1 + scale[c]);
        center[c] = static_cast<A>(exact);
        a[c] = static_cast<A>(slope);
        // With what the rounding of the mean took away.
        b[c] = static_cast<A>((center[c] - exact) * slope + bias[c] * (1 + scale[c]) + shift[c]);
      }
    }
  }

  void forward(const at::Tensor& x, Output& output) const {
    double* means = output.mean.mutable_data_ptr<double>();
    double* inverses = output.inverse.mutable_data_ptr<double>();
    T* y = static_cast<T*>(output.y.mutable_data_ptr());
    images(2, [&](int64_t image, Scratch& scratch) {
      const T* from = data(x) + image * shape.image();
      T* into = y + image * shape.image();
      double* mean = means + image * shape.groups;
      double* inverse = inverses + image * shape.groups;
      statistics(from, image, scratch, mean, inverse);
      transform(image, mean, inverse, scratch);
      pieces([&](int64_t, int64_t rows, int64_t c, int64_t offset) {
        loops.apply(from + offset, rows, shape.row(), scratch.affine(c), options.silu, into + offset);
      });
    });
  }

  // Where gradients go; null where they are not wanted.
  struct Into {
    T* x;
    double* weight;  // (B, C): of each image
    double* bias;
    A* added;
    A* scale_shift;
  };

  // From the sums: the gradients of what belongs to a channel, and dx = dz p + (x - mean) q + r.
  void slopes(int64_t image, const double* inverse, Scratch& scratch, const Into& into) const {
    A *p = scratch.parameter(3), *q = scratch.parameter(4), *r = scratch.parameter(5);
    const double *weight = gamma.row(0), *bias = beta.row(0), *scale = scale_shift.row(image);
    const double *dz = scratch.sum(0), *dz_x = scratch.sum(1), *x = scratch.sum(2);
    const int64_t size = shape.per_group();
    const int64_t at = image * shape.channels;
    const double pixels = static_cast<double>(shape.pixels);
    for (int64_t group = 0, first = 0; group < shape.groups; group++, first += size) {
      double all = 0, along = 0;
      for (int64_t c = first; c < first + size; c++) {
        all += weight[c] * (1 + scale[c]) * dz[c];
        along += weight[c] * (1 + scale[c]) * dz_x[c];
      }
      const double slope = inverse[group];
      const double q_of_all = -slope * slope * slope * along / (size * pixels);
      const double r_of_all = -slope * all / (size * pixels);
      for (int64_t c = first; c < first + size; c++) {
        const double factor = slope * weight[c] * (1 + scale[c]);
        const double normalized = slope * dz_x[c];
        p[c] = static_cast<A>(factor);
        q[c] = static_cast<A>(q_of_all);
        r[c] = static_cast<A>(r_of_all);
        if (into.weight != nullptr) into.weight[at + c] = (1 + scale[c]) * normalized;
        if (into.bias != nullptr) into.bias[at + c] = (1 + scale[c]) * dz[c];
        if (into.added != nullptr) {
          into.added[at + c] = static_cast<A>(factor * dz[c] + q_of_all * x[c] + r_of_all * pixels);
        }
        if (into.scale_shift != nullptr) {
          into.scale_shift[2 * at + c] = static_cast<A>(weight[c] * normalized + bias[c] * dz[c]);
          into.scale_shift[2 * at + shape.channels + c] = static_cast<A>(dz[c]);
        }
      }
    }
  }

  void backward(const at::Tensor& dy, const at::Tensor& plus, const at::Tensor& x, const double* mean,
                const double* inverse, const Into& into) const {
    const int64_t dy_step = shape.step(dy), plus_step = plus.defined() ? shape.step(plus) : 0;
    images(3, [&](int64_t image, Scratch& scratch) {
      const T* from = data(x) + image * shape.image();
      const Rows<T> given{data(dy) + image * shape.rows() * dy_step, dy_step};
      const Rows<T> more{plus.defined() ? data(plus) + image * shape.rows() * plus_step : nullptr, plus_step};
      T* result = into.x + image * shape.image();
      transform(image, mean + image * shape.groups, inverse + image * shape.groups, scratch);
      pieces([&](int64_t piece, int64_t rows, int64_t c, int64_t offset) {
        // dz lies where dx will be.
        loops.gradient_sums(from + offset, at_offset(given, offset), rows, shape.row(), scratch.affine(c),
                            options.silu, result + offset, scratch.part(piece, 0, c),
                            scratch.part(piece, 1, c), scratch.part(piece, 2, c));
      });
      scratch.add();
      slopes(image, inverse + image * shape.groups, scratch, into);
      pieces([&](int64_t, int64_t rows, int64_t c, int64_t offset) {
        loops.gradient(from + offset, rows, shape.row(), scratch.slopes(c), at_offset(more, offset),
                       result + offset);
      });
    });
  }
};

template <class Body>
auto with_type(const at::Tensor& x, Body body) {
  switch (x.scalar_type()) {
    case at::kDouble:
      return body(double());
    case at::kFloat:
      return body(float());
    default:
      return body(Bf16());
  }
}

// Whether a gradient lies as x does, but for the distance between the rows of NHWC: a part of the channels of
// a tensor that was joined of several.
bool has_rows_of(const at::Tensor& x, const at::Tensor& gradient) {
  if (gradient.strides() == x.strides()) return true;
  if (x.is_contiguous() || x.dim() < 3 || gradient.stride(1) != 1) return false;
  int64_t step = gradient.stride(-1);
  for (int64_t i = x.dim() - 1; i > 1; i--) {
    if (gradient.stride(i) != step) return false;
    step *= x.size(i);
  }
  return gradient.stride(0) == step;
}

template <class N>
N* numbers(at::Tensor& tensor) {
  return tensor.defined() ? tensor.mutable_data_ptr<N>() : nullptr;
}

at::Tensor over_images(const at::Tensor& of_each, at::ScalarType type) { return of_each.sum(0).to(type); }

}  // namespace

bool has_kernels(at::DeviceType device) {
#ifdef GT_WITH_CUDA_KERNELS
  if (device == at::kCUDA) return true;
#endif
  return device == at::kCPU;
}

bool takes(const at::Tensor& x, int64_t groups) {
  if (!has_kernels(x.device().type()) || x.layout() != at::kStrided || x.dim() < 2 || x.numel() == 0 ||
      !(x.is_contiguous() || is_nhwc(x))) {
    return false;
  }
#ifdef GT_WITH_CUDA_KERNELS
  if (x.is_cuda()) return cuda_takes(x, groups);
#else
  (void)groups;
#endif
  const auto type = x.scalar_type();
  return type == at::kFloat || type == at::kDouble || type == at::kBFloat16;
}

Output forward(const at::Tensor& x, const Inputs& inputs, const Options& options) {
#ifdef GT_WITH_CUDA_KERNELS
  if (x.is_cuda()) return cuda_forward(x, Shape(x, options.groups).nhwc, inputs, options);
#endif
  const auto per_group = x.options().dtype(at::kDouble);
  Output output{at::empty_like(x), at::empty({x.size(0), options.groups}, per_group),
                at::empty({x.size(0), options.groups}, per_group)};
  with_type(x, [&](auto type) { Norm<decltype(type)>(x, inputs, options).forward(x, output); });
  return output;
}

Gradients backward(const at::Tensor& dy, const at::Tensor& plus, const at::Tensor& x, const Inputs& inputs,
                   const Options& options, const at::Tensor& mean, const at::Tensor& inverse) {
  const auto laid_out = [&](const at::Tensor& gradient) {
    if (!gradient.defined()) return gradient;
    const at::Tensor same = gradient.to(x.scalar_type());
    return has_rows_of(x, same) ? same : at::empty_like(x).copy_(same);
  };
  const at::Tensor given = laid_out(dy), more = laid_out(plus);
#ifdef GT_WITH_CUDA_KERNELS
  if (x.is_cuda()) {
    const Shape shape(x, options.groups);
    return cuda_backward(given, shape.step(given), more, more.defined() ? shape.step(more) : 0, x, shape.nhwc,
                         inputs, options, mean, inverse);
  }
#endif
  const auto computed = x.scalar_type() == at::kDouble ? at::kDouble : at::kFloat;
  Gradients result;
  result.x = at::empty_like(x);
  const std::vector<int64_t> each{x.size(0), x.size(1)};
  at::Tensor weight, bias;
  if (inputs.weight.defined()) weight = at::empty(each, x.options().dtype(at::kDouble));
  if (inputs.bias.defined()) bias = at::empty(each, x.options().dtype(at::kDouble));
  if (inputs.added.defined()) result.added = at::empty(each, x.options().dtype(computed));
  if (inputs.scale_shift.defined()) {
    result.scale_shift = at::empty({x.size(0), 2 * x.size(1)}, x.options().dtype(computed));
  }
  with_type(x, [&](auto type) {
    using T = decltype(type);
    using A = typename Kind<T>::A;
    const typename Norm<T>::Into into{static_cast<T*>(result.x.mutable_data_ptr()), numbers<double>(weight),
                                      numbers<double>(bias), numbers<A>(result.added),
                                      numbers<A>(result.scale_shift)};
    Norm<T>(x, inputs, options)
        .backward(given, more, x, mean.const_data_ptr<double>(), inverse.const_data_ptr<double>(), into);
  });
  if (weight.defined()) result.weight = over_images(weight, computed);
  if (bias.defined()) result.bias = over_images(bias, computed);
  return result;
}

at::Tensor composite(const at::Tensor& x, const Inputs& inputs, const Options& options) {
  const auto spread = [&](const at::Tensor& of_image) {
    std::vector<int64_t> shape(static_cast<size_t>(x.dim()), 1);
    shape[0] = of_image.size(0);
    shape[1] = of_image.size(1);
    return of_image.reshape(shape);
  };
  const auto given = [](const at::Tensor& tensor) {
    return tensor.defined() ? std::optional<at::Tensor>(tensor) : std::nullopt;
  };
  at::Tensor y = inputs.added.defined() ? x + spread(inputs.added) : x;
  y = at::group_norm(y, options.groups, given(inputs.weight), given(inputs.bias), options.eps);
  if (inputs.scale_shift.defined()) {
    const auto parts = inputs.scale_shift.chunk(2, 1);
    y = y * (spread(parts[0]) + 1) + spread(parts[1]);
  }
  return options.silu ? at::silu(y) : y;
}

}  // namespace gt::norm
