/**
 * Captions for networks with text: {@link dev.gradus.diffusion.text.BytePairVocabulary} cuts them into tokens,
 * {@link dev.gradus.diffusion.text.TokenBatch} holds the tokens of several, and a
 * {@link dev.gradus.diffusion.text.TextEncoder} makes vectors of them, which a network attends to.
 *
 * <p>There are two encoders: {@link dev.gradus.diffusion.text.TransformerTextEncoder} is small and trained with the network;
 * {@link dev.gradus.diffusion.text.ScriptTextEncoder} is any trained one, given as a TorchScript file.
 *
 * <p>The empty caption stands for no text: training puts it in place of dropped captions, and guidance uses it.
 */
package dev.gradus.diffusion.text;
