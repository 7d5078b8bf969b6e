/**
 * Neural network modules with PyTorch's names, defaults and initialisation.
 *
 * <p>A {@link dev.gradus.torch.nn.Module} owns its parameters: they live outside every
 * {@link dev.gradus.torch.TensorScope} and are freed by {@link dev.gradus.torch.nn.Module#close()}. Their names are the
 * keys of PyTorch's state dict, and they are listed in PyTorch's order. {@link dev.gradus.torch.nn.F} holds the
 * functions without parameters.
 */
package dev.gradus.torch.nn;
