"""The cases of the call benchmarks in Python, as a PyTorch user writes them.

    calls.py --version          the version of torch
    calls.py CASE MILLIS COUNT  nanoseconds per call, in the fastest of COUNT iterations of MILLIS ms
"""
import sys
from time import perf_counter_ns

import torch


def add():
    a, b = torch.ones(1), torch.ones(1)
    return lambda: a + b


def matmul():
    matrix = torch.ones(64, 64)
    return lambda: matrix @ matrix


def conv():
    image, weight, bias = torch.ones(1, 16, 16, 16), torch.ones(16, 16, 3, 3), torch.ones(16)
    conv2d = torch.nn.functional.conv2d
    return lambda: conv2d(image, weight, bias, padding=1)


def dim():
    x = torch.ones(4, 8, 8, 16)
    return lambda: x.dim()


def shape():
    x = torch.ones(4, 8, 8, 16)
    return lambda: x.shape


def array():
    import numpy

    floats = numpy.zeros(1024, dtype=numpy.float32)
    return lambda: torch.from_numpy(floats).clone().numpy().copy()


def boxed():
    a, b = torch.ones(1), torch.ones(1)
    operator = torch.ops.aten.add.Tensor
    return lambda: operator(a, b)


def select():
    x = torch.ones(4, 8, 8, 16)
    return lambda: x[2]


def index():
    x = torch.ones(4, 8, 8, 16)
    return lambda: x[1:3, ..., 0]


def perceptron():
    linear, relu = torch.nn.Linear, torch.nn.ReLU
    model = torch.nn.Sequential(linear(64, 128), relu(), linear(128, 128), relu(), linear(128, 10))
    x, target = torch.randn(32, 64), torch.randn(32, 10)
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-7, fused=True)
    mse_loss = torch.nn.functional.mse_loss

    def step():
        loss = mse_loss(model(x), target)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()

    return step


def temporaries():
    a, b = torch.ones(1), torch.ones(1)

    def sums():
        kept = []
        for _ in range(100):
            kept.append(a + b)

    return sums


def fastest(call, millis, count):
    calls, elapsed = 1, 0
    while elapsed < millis * 1e6 / 4:  # warms up, too
        calls *= 2
        elapsed = min(nanoseconds_of(call, calls) for _ in range(3))
    calls = max(1, int(calls * millis * 1e6 / elapsed))
    return min(nanoseconds_of(call, calls) for _ in range(count)) / calls


def nanoseconds_of(call, calls):
    start = perf_counter_ns()
    for _ in range(calls):
        call()
    return perf_counter_ns() - start


CASES = {f.__name__: f for f in (add, matmul, conv, dim, shape, array, boxed, select, index, perceptron, temporaries)}

if __name__ == "__main__":
    if sys.argv[1:] == ["--version"]:
        print(torch.__version__)
    else:
        torch.set_num_threads(1)
        print(fastest(CASES[sys.argv[1]](), int(sys.argv[2]), int(sys.argv[3])))
