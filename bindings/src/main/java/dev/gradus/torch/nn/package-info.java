/**
 * Neural network modules with PyTorch's names, defaults and initialisation.
 *
 * <pre>{@code
 * try (Sequential net = new Sequential(new Linear(784, 128), new ReLU(), new Linear(128, 10));
 *         AdamW optimizer = new AdamW(net.namedParameters(), 1e-3, AdamW.Options.defaults())) {
 *     try (TensorScope scope = TensorScope.open()) {
 *         optimizer.zeroGrad();
 *         F.crossEntropy(net.forward(images), labels).backward();
 *         optimizer.step();
 *     }
 * }
 * }</pre>
 *
 * <p>A {@link dev.gradus.torch.nn.Module} owns its parameters: they live outside every
 * {@link dev.gradus.torch.TensorScope} and are freed by {@link dev.gradus.torch.nn.Module#close()}. Their names are the
 * keys of PyTorch's state dict, and they are listed in PyTorch's order. A {@link dev.gradus.torch.nn.Layer} is a module from
 * one tensor to one tensor; a {@link dev.gradus.torch.nn.Sequential} runs several. {@link dev.gradus.torch.nn.F} holds the
 * functions without parameters, {@link dev.gradus.torch.nn.Init} the initialisers. Layers that are one function with options
 * are generated from the table in src/main/layers.
 *
 * <p>Weights are drawn from the {@link dev.gradus.torch.Generator} that a layer is given, in PyTorch's order, so that equal
 * seeds give equal weights; without one, from the default generator.
 */
package dev.gradus.torch.nn;
