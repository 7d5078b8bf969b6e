/**
 * Optimization: {@link dev.gradus.torch.optim.SGD}, {@link dev.gradus.torch.optim.Adam},
 * {@link dev.gradus.torch.optim.AdamW} and {@link dev.gradus.torch.optim.RMSprop} behind one
 * {@link dev.gradus.torch.optim.Optimizer}; {@link dev.gradus.torch.optim.LearningRate} and
 * {@link dev.gradus.torch.optim.ReduceOnPlateau}; {@link dev.gradus.torch.optim.GradientClipping} and
 * {@link dev.gradus.torch.optim.Ema}. Each does its work for all parameters in one native call, and gives the bits of
 * PyTorch's fused and foreach implementations.
 */
package dev.gradus.torch.optim;
