// What the tests of threads share.
#pragma once

#include <thread>
#include <vector>

#include "check.h"

namespace threads {

inline gt_tensor ones(int64_t size) { return gt_ones(&size, 1, F32, CPU, -1, 0); }

template <class Body>
void in_threads(int count, Body body) {
  std::vector<std::thread> threads;
  for (int i = 0; i < count; i++) threads.emplace_back([=] { body(i); });
  for (auto& thread : threads) thread.join();
}

}  // namespace threads
