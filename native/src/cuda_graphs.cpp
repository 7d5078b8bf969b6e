// CUDA graphs: capture and replay.
#include <ATen/cuda/CUDAGraph.h>

#include <memory>
#include <stdexcept>
#include <string>

#include "cuda_internal.h"

namespace {

struct Graph : at::cuda::CUDAGraph {
  bool capturing = false;
};

Graph& graph(gt_cuda_graph handle) { return gt::object<Graph>(handle, "graph"); }

cudaStreamCaptureMode capture_mode(int32_t mode) {
  switch (mode) {
    case GT_CAPTURE_GLOBAL:
      return cudaStreamCaptureModeGlobal;
    case GT_CAPTURE_THREAD_LOCAL:
      return cudaStreamCaptureModeThreadLocal;
    case GT_CAPTURE_RELAXED:
      return cudaStreamCaptureModeRelaxed;
    default:
      throw std::invalid_argument("capture mode " + std::to_string(mode) + " is not one of gt_capture_mode");
  }
}

// The type has had several names.
using Pool = decltype(at::cuda::graph_pool_handle());

void write(const Pool& pool, int64_t* first, int64_t* second) {
  *first = static_cast<int64_t>(pool.first);
  *second = static_cast<int64_t>(pool.second);
}

}  // namespace

int32_t gt_cuda_pool_new(int64_t* first, int64_t* second) {
  return gt::run([&] {
    gt::require_cuda();
    write(at::cuda::graph_pool_handle(), first, second);
  });
}

gt_cuda_graph gt_cuda_graph_new(void) {
  return gt::value_or<gt_cuda_graph>(0, [] {
    gt::require_cuda();
    return gt::give(std::make_unique<Graph>());
  });
}

void gt_cuda_graph_free(gt_cuda_graph handle) { gt::take<Graph>(handle); }

namespace {

// Since libtorch 2.14 or so a generator is known to a graph as soon as the capture draws from it.
template <class Target>
void know(Target& target, const at::Generator& generator) {
  if constexpr (requires { target.register_generator_state(generator); }) {
    target.register_generator_state(generator);
  }
}

}  // namespace

int32_t gt_cuda_graph_register_generator(gt_cuda_graph handle, gt_generator generator) {
  return gt::run([&] {
    const auto source = gt::generator(generator);
    if (!source.has_value()) gt::throw_null("generator");
    if (!source->device().is_cuda())
      throw std::invalid_argument("a graph can draw from generators of a GPU only");
    at::cuda::CUDAGraph& target = graph(handle);
    know(target, *source);
  });
}

int32_t gt_cuda_graph_begin(gt_cuda_graph handle, int64_t pool_first, int64_t pool_second, int32_t mode) {
  return gt::run([&] {
    Graph& target = graph(handle);
    target.capture_begin(
        {static_cast<Pool::first_type>(pool_first), static_cast<Pool::second_type>(pool_second)},
        capture_mode(mode));
    target.capturing = true;
  });
}

int32_t gt_cuda_graph_end(gt_cuda_graph handle) {
  return gt::run([&] {
    Graph& target = graph(handle);
    target.capturing = false;
    target.capture_end();
  });
}

int32_t gt_cuda_graph_replay(gt_cuda_graph handle) {
  return gt::run([&] { graph(handle).replay(); });
}

int32_t gt_cuda_graph_reset(gt_cuda_graph handle) {
  return gt::run([&] {
    Graph& target = graph(handle);
    if (target.capturing) {
      target.capturing = false;
      try {
        target.capture_end();  // or the stream would go on capturing
      } catch (...) {
        gt::record_exception();  // it is dropped anyway
      }
    }
    target.reset();
  });
}

int32_t gt_cuda_graph_pool(gt_cuda_graph handle, int64_t* first, int64_t* second) {
  return gt::run([&] { write(graph(handle).pool(), first, second); });
}
