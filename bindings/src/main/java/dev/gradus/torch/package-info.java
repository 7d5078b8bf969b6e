/** Tensors and automatic differentiation on libtorch. */
package dev.gradus.torch;
