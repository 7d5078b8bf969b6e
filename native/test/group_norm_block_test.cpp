// The code of the GPU's group norm, run on the processor: a fiber for each thread of a block, and the blocks
// one after the other. What only a GPU can show, that the kernels are launched rightly and how fast they are,
// is not seen here.
#include "group_norm_block.h"

#include <ucontext.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <vector>

#include "check.h"

extern "C" {
extern const test_case blocks_tests[];
}

namespace {

using namespace gt::norm::gpu;

// The threads of a block take turns; each runs until it has to wait for others.
class Fibers {
 public:
  Fibers() : contexts_(kThreads), stacks_(static_cast<size_t>(kThreads) * kStack) {}

  void run(std::function<void(int)> body) {
    body_ = std::move(body);
    done_.assign(kThreads, false);
    for (int i = 0; i < kThreads; i++) {
      getcontext(&contexts_[i]);
      contexts_[i].uc_stack.ss_sp = stacks_.data() + static_cast<size_t>(i) * kStack;
      contexts_[i].uc_stack.ss_size = kStack;
      contexts_[i].uc_link = &outside_;
      makecontext(&contexts_[i], enter, 0);
    }
    for (bool left = true; left;) {
      left = false;
      for (current_ = 0; current_ < kThreads; current_++) {
        if (done_[current_]) continue;
        left = true;
        swapcontext(&outside_, &contexts_[current_]);
      }
    }
  }

  // Of some threads, all of which come here before any goes on.
  struct Barrier {
    int arrived = 0;
    int64_t turn = 0;
  };
  void wait(Barrier& barrier, int count) {
    if (++barrier.arrived == count) {
      barrier.arrived = 0;
      barrier.turn++;
      return;
    }
    for (const int64_t turn = barrier.turn; turn == barrier.turn;) {
      const int mine = current_;
      swapcontext(&contexts_[mine], &outside_);
    }
  }

  int current() const { return current_; }
  Barrier block, warp[kWarps];
  double slots[kThreads];

 private:
  static constexpr size_t kStack = 65536;
  std::vector<ucontext_t> contexts_;
  std::vector<char> stacks_;
  std::vector<bool> done_;
  ucontext_t outside_;
  int current_ = 0;
  std::function<void(int)> body_;

  static void enter();
};

Fibers& fibers() {
  static Fibers all;
  return all;
}

void Fibers::enter() {
  fibers().body_(fibers().current_);
  fibers().done_[fibers().current_] = true;
}

}  // namespace

namespace gt::norm::gpu {

void sync() { fibers().wait(fibers().block, kThreads); }

template <class A>
A exchange(A value, int mask) {
  Fibers& all = fibers();
  const int thread = all.current();
  Fibers::Barrier& warp = all.warp[thread / kWarp];
  all.slots[thread] = value;
  all.wait(warp, kWarp);
  const A found = static_cast<A>(all.slots[thread ^ mask]);
  all.wait(warp, kWarp);
  return found;
}

}  // namespace gt::norm::gpu

namespace {

double uniform() { return 2.0 * rand() / RAND_MAX - 1; }

template <class T>
std::vector<T> random_numbers(int64_t count, double center, double size) {
  std::vector<T> numbers(static_cast<size_t>(count));
  for (T& number : numbers) put(&number, static_cast<float>(center + size * uniform()));
  return numbers;
}

template <class T>
std::vector<double> exact(const std::vector<T>& numbers) {
  std::vector<double> result;
  for (const T value : numbers) result.push_back(number(value));
  return result;
}

// All that goes in and comes out, in NCHW, in double.
struct Case {
  int64_t batch, channels, pixels, groups;
  bool silu;
  double eps = 1e-5;
  std::vector<double> x, weight, bias, added, scale_shift, dy, plus;
  std::vector<double> y, dx, d_weight, d_bias, d_added, d_scale_shift;

  // By the definition.
  void compute() {
    const int64_t size = channels / groups;
    y.resize(x.size()), dx.resize(x.size());
    d_weight.resize(static_cast<size_t>(batch * channels)), d_bias.resize(d_weight.size());
    d_added.resize(d_weight.size()), d_scale_shift.resize(2 * d_weight.size());
    for (int64_t b = 0; b < batch; b++) {
      for (int64_t g = 0; g < groups; g++) {
        const auto each = [&](auto body) {
          for (int64_t c = g * size; c < (g + 1) * size; c++) {
            for (int64_t i = 0; i < pixels; i++) body(c, (b * channels + c) * pixels + i, b * channels + c);
          }
        };
        const double count = static_cast<double>(size * pixels);
        double mean = 0, variance = 0;
        each([&](int64_t, int64_t at, int64_t of) { mean += (x[at] + added[of]) / count; });
        each([&](int64_t, int64_t at, int64_t of) {
          variance += (x[at] + added[of] - mean) * (x[at] + added[of] - mean) / count;
        });
        const double inverse = 1 / std::sqrt(variance + eps);
        double all = 0, along = 0;
        const auto z_gradient = [&](int64_t c, int64_t at, double normal) {
          const double z = (normal * weight[c] + bias[c]) * (1 + scale_shift[b * 2 * channels + c]) +
                           scale_shift[(b * 2 + 1) * channels + c];
          const double s = 1 / (1 + std::exp(-z));
          y[at] = silu ? z * s : z;
          return dy[at] * (silu ? s * (1 + z * (1 - s)) : 1);
        };
        each([&](int64_t c, int64_t at, int64_t of) {
          const double normal = (x[at] + added[of] - mean) * inverse, dz = z_gradient(c, at, normal);
          const double scale = 1 + scale_shift[b * 2 * channels + c];
          d_weight[of] += dz * scale * normal;
          d_bias[of] += dz * scale;
          d_scale_shift[b * 2 * channels + c] += dz * (normal * weight[c] + bias[c]);
          d_scale_shift[(b * 2 + 1) * channels + c] += dz;
          all += dz * scale * weight[c];
          along += dz * scale * weight[c] * normal;
        });
        each([&](int64_t c, int64_t at, int64_t of) {
          const double normal = (x[at] + added[of] - mean) * inverse, dz = z_gradient(c, at, normal);
          const double scale = 1 + scale_shift[b * 2 * channels + c];
          const double through = inverse * (dz * scale * weight[c] - all / count - normal * along / count);
          d_added[of] += through;
          dx[at] = through + plus[at];
        });
      }
    }
  }
};

// From NCHW to what the kernels get, or back; step is from pixel to pixel in NHWC.
template <class From, class To, class Convert>
void arrange(const Case& of, bool nhwc, int64_t step, const From& from, To& to, bool back, Convert convert) {
  for (int64_t b = 0; b < of.batch; b++) {
    for (int64_t c = 0; c < of.channels; c++) {
      for (int64_t i = 0; i < of.pixels; i++) {
        const int64_t plain = (b * of.channels + c) * of.pixels + i;
        const int64_t at = nhwc ? (b * of.pixels + i) * step + c : plain;
        convert(from[back ? at : plain], to[back ? plain : at]);
      }
    }
  }
}

template <class A, class B>
double apart(const std::vector<A>& found, const std::vector<B>& expected) {
  double most = 0, size = 0.1;
  for (size_t i = 0; i < expected.size(); i++) {
    most = std::max(most, std::abs(static_cast<double>(found[i]) - static_cast<double>(expected[i])));
    if (!(found[i] == found[i])) return INFINITY;
    size = std::max(size, std::abs(static_cast<double>(expected[i])));
  }
  return most / size;
}

template <class T, int V, bool nhwc>
void run_blocks(Task& task, bool backward) {
  std::vector<char> shared(kSharedBytes + 16);
  char* memory = shared.data() + 16 - reinterpret_cast<uintptr_t>(shared.data()) % 16;
  const auto stage = [&](Stage which) {
    task.stage = which;
    for (int64_t block = 0; block < task.plan.blocks(); block++) {
      std::memset(memory, 0xff, kSharedBytes);  // NaN: nothing is read that was not written
      fibers().run([&](int thread) {
        const Block<T, V, nhwc> code(task, block, thread, memory);
        backward ? code.backward() : code.forward();
      });
    }
  };
  if (task.plan.chunks == 1) {
    stage(Stage::all);
  } else {
    stage(Stage::sums);
    stage(Stage::rest);
  }
}

template <class T>
void run_as(Task& task, bool backward) {
  constexpr int most = 16 / sizeof(T);
  if (task.plan.nhwc) {
    task.plan.vector == 1 ? run_blocks<T, 1, true>(task, backward)
                          : run_blocks<T, most, true>(task, backward);
  } else {
    task.plan.vector == 1 ? run_blocks<T, 1, false>(task, backward)
                          : run_blocks<T, most, false>(task, backward);
  }
}

// wider: how many channels the tensor has of which dy is a part.
template <class T>
void compare(int64_t batch, int64_t channels, int64_t pixels, int64_t groups, bool nhwc, bool aligned,
             bool with_all, int64_t wider, int processors, double allowed) {
  const int64_t count = batch * channels * pixels;
  Case exactly;
  exactly.batch = batch, exactly.channels = channels, exactly.pixels = pixels, exactly.groups = groups;
  exactly.silu = with_all;
  const auto x = random_numbers<T>(count, 3, 1), dy = random_numbers<T>(count, 0, 1),
             plus = random_numbers<T>(count, 0, 1);
  const auto weight = random_numbers<float>(channels, 1, 0.5), bias = random_numbers<float>(channels, 0, 0.5);
  const auto added = random_numbers<T>(batch * channels, 0, 1),
             scale_shift = random_numbers<T>(2 * batch * channels, 0, 0.5);
  exactly.x = exact(x), exactly.weight = exact(weight), exactly.bias = exact(bias), exactly.dy = exact(dy);
  exactly.added = with_all ? exact(added) : std::vector<double>(added.size());
  exactly.scale_shift = with_all ? exact(scale_shift) : std::vector<double>(scale_shift.size());
  exactly.plus = with_all ? exact(plus) : std::vector<double>(plus.size());
  exactly.compute();

  const int64_t step = nhwc ? channels + wider : channels;
  const auto copy = [](const auto& from, auto& to) { to = from; };
  std::vector<T> x_in(x.size()), dy_in(static_cast<size_t>(batch * pixels * step)), plus_in(x.size()),
      out(x.size());
  arrange(exactly, nhwc, channels, x, x_in, false, copy);
  arrange(exactly, nhwc, step, dy, dy_in, false, copy);
  arrange(exactly, nhwc, channels, plus, plus_in, false, copy);

  Task task{};
  task.plan = plan_of(batch, channels, pixels, groups, nhwc, sizeof(T), aligned, processors);
  task.silu = with_all;
  task.eps = exactly.eps;
  const Type type = sizeof(T) == 4 ? Type::f32 : Type::bf16;
  task.x = x_in.data();
  task.weight = {weight.data(), Type::f32};
  task.bias = {bias.data(), Type::f32};
  if (with_all) {
    task.added = {added.data(), type};
    task.scale_shift = {scale_shift.data(), type};
  }
  std::vector<double> mean(static_cast<size_t>(batch * groups)), inverse(mean.size());
  std::vector<float> partial(static_cast<size_t>(batch * task.plan.chunks * kSums * channels));
  task.mean = mean.data();
  task.inverse = inverse.data();
  task.partial = partial.data();
  task.result = out.data();
  run_as<T>(task, false);
  std::vector<double> found(x.size());
  const auto widen = [](const auto& from, auto& to) { to = number(from); };
  arrange(exactly, nhwc, channels, out, found, true, widen);
  double worst = apart(found, exactly.y);

  std::vector<float> d_weight(static_cast<size_t>(batch * channels)), d_bias(d_weight.size()),
      d_added(d_weight.size()), d_scale_shift(2 * d_weight.size());
  task.dy = {dy_in.data(), step};
  if (with_all) task.plus = {plus_in.data(), channels};
  task.weight_gradient = d_weight.data();
  task.bias_gradient = d_bias.data();
  if (with_all) {
    task.added_gradient = d_added.data();
    task.scale_shift_gradient = d_scale_shift.data();
  }
  run_as<T>(task, true);
  arrange(exactly, nhwc, channels, out, found, true, widen);
  for (const double off : {apart(found, exactly.dx), apart(d_weight, exactly.d_weight),
                           apart(d_bias, exactly.d_bias), with_all ? apart(d_added, exactly.d_added) : 0,
                           with_all ? apart(d_scale_shift, exactly.d_scale_shift) : 0}) {
    worst = std::max(worst, off);
  }
  if (!(worst <= allowed)) {
    fail_at(__FILE__, __LINE__,
            "(%lld, %lld, %lld) in %lld groups, NHWC %d, vectors of %d, %d pieces: off by %g",
            (long long)batch, (long long)channels, (long long)pixels, (long long)groups, nhwc,
            task.plan.vector, task.plan.chunks, worst);
  }
}

struct Shape {
  int64_t batch, channels, pixels, groups, wider;
  int processors;
};

void a_block_computes_group_norm(void) {
  // Rows of whole vectors and not, slabs of several groups and of one, more columns than threads, images in
  // pieces.
  static const Shape shapes[] = {{2, 16, 9, 4, 8, 1},  {1, 6, 4, 3, 0, 1},    {1, 32, 64, 32, 16, 1},
                                 {2, 17, 35, 1, 0, 1}, {1, 75, 30, 15, 0, 1}, {1, 512, 3, 1, 8, 1},
                                 {1, 300, 2, 1, 0, 1}, {1, 8, 5001, 1, 8, 4}, {1, 4, 20000, 2, 0, 3}};
  srand(1);
  for (const Shape& shape : shapes) {
    for (int how = 0; how < 8; how++) {
      const bool nhwc = how & 1, aligned = how & 2, with_all = how & 4;
      compare<float>(shape.batch, shape.channels, shape.pixels, shape.groups, nhwc, aligned, with_all,
                     shape.wider, shape.processors, 1e-4);
      if (aligned != with_all) continue;
      compare<Bf16>(shape.batch, shape.channels, shape.pixels, shape.groups, nhwc, aligned, with_all,
                    shape.wider, shape.processors, 1e-2);
    }
  }
}

// Every pixel of every channel is in one block.
void blocks_cover_everything_once(void) {
  for (const int64_t channels : {4, 12, 64, 96, 320, 512}) {
    for (const int64_t pixels : {1, 49, 784, 5000, 65536}) {
      for (const int64_t groups : {1, 2, 4}) {
        for (int how = 0; how < 4; how++) {
          const Plan plan = plan_of(2, channels, pixels, groups, how & 1, 2, how & 2, 132);
          CHECK(plan.slab % plan.group() == 0 && plan.channels % plan.slab == 0);
          CHECK((plan.nhwc ? plan.slab : plan.chunk) % plan.vector == 0 || plan.chunks == 1);
          CHECK((plan.nhwc ? plan.channels : plan.pixels) % plan.vector == 0);
          int64_t covered = 0;
          for (int64_t block = 0; block < plan.blocks(); block++) {
            const Part part = Part::of(plan, block);
            CHECK(part.image < 2 && part.first + plan.slab <= channels && part.from < part.to &&
                  part.to <= pixels);
            CHECK(part.first == block / plan.chunks % plan.slabs() * plan.slab);
            covered += plan.slab * (part.to - part.from);
          }
          CHECK(covered == 2 * channels * pixels);
        }
      }
    }
  }
}

// There is work for all processors of a GPU where an image is large.
void large_images_are_cut(void) {
  const Plan few = plan_of(1, 128, 65536, 32, true, 2, true, 132);
  CHECK(few.chunks > 1 && few.blocks() >= 2 * 132);
  const Plan many = plan_of(128, 128, 1024, 32, true, 2, true, 132);
  CHECK(many.chunks == 1 && many.slab == 16 && many.vector == 8);
}

}  // namespace

const test_case blocks_tests[] = {
    {"a block computes group norm", a_block_computes_group_norm},
    {"blocks cover everything once", blocks_cover_everything_once},
    {"large images are cut", large_images_are_cut},
    {NULL, NULL},
};
