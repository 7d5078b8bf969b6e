/**
 * Tensors, automatic differentiation and everything else of libtorch, the C++ core of PyTorch.
 *
 * <p>Start with {@link dev.gradus.torch.Torch}, which makes tensors, and {@link dev.gradus.torch.Tensor}, whose methods have
 * PyTorch's names in camelCase and PyTorch's order of arguments; names that end in {@code _} change the tensor in place.
 * Around them:
 *
 * <ul>
 *   <li>Memory: {@link dev.gradus.torch.TensorScope} frees what a thread makes inside it. A tensor of a scope belongs to
 *       the thread; any other is shared by all threads and closed by one of them, or by the garbage collector.
 *   <li>Gradients: {@link dev.gradus.torch.Autograd}, {@link dev.gradus.torch.AutogradFunction} for functions with a
 *       backward in Java, {@link dev.gradus.torch.Autocast} and {@link dev.gradus.torch.GradScaler} for mixed precision. Modes are those of the thread, and last until their {@link dev.gradus.torch.Guard} is closed.
 *   <li>Plain values that describe tensors: {@link dev.gradus.torch.DType}, {@link dev.gradus.torch.Device},
 *       {@link dev.gradus.torch.TensorOptions}.
 *   <li>Elements: {@link dev.gradus.torch.Index} stands between PyTorch's brackets; {@link dev.gradus.torch.TensorArena}
 *       holds memory of Java that tensors lie in without a copy.
 *   <li>{@link dev.gradus.torch.Operators} finds each operator that libtorch registers by its name, also those that have no
 *       method here.
 *   <li>TorchScript: {@link dev.gradus.torch.ScriptModule} loads and runs what Python saved.
 *   <li>GPUs: {@link dev.gradus.torch.Cuda}, {@link dev.gradus.torch.CudaStream}, {@link dev.gradus.torch.CudaGraph}.
 *       Without CUDA each says so in one line.
 * </ul>
 *
 * <p>What goes wrong in libtorch is a {@link dev.gradus.torch.TorchException} or one of its subclasses, with libtorch's
 * message; use after close is an {@link java.lang.IllegalStateException}. What libtorch warns of goes to the
 * {@link java.lang.System.Logger} {@code dev.gradus.torch}, at the end of the call, in its thread. (Threads that libtorch
 * starts for itself still write to the standard error.) The native library is found and loaded by
 * {@link dev.gradus.torch.NativeLibrary} at the first call; the JVM wants
 * {@code --enable-native-access=dev.gradus.torch} for it, or {@code ALL-UNNAMED} on the class path.
 */
package dev.gradus.torch;
