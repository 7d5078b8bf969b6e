/**
 * How near generated images come to those of a data set, in numbers.
 *
 * <p>A {@link dev.gradus.diffusion.eval.FeatureExtractor} makes a vector of numbers of each image; the metrics compare the
 * vectors of generated images with those of the reference. {@link dev.gradus.diffusion.eval.Evaluator} puts the parts
 * together: it computes the features of the reference once, and then scores any number of generated sets.
 * <ul>
 *   <li>{@link dev.gradus.diffusion.eval.FrechetDistance}: FID, the distance of two Gaussians;
 *   <li>{@link dev.gradus.diffusion.eval.KernelDistance}: KID, the unbiased squared maximum mean discrepancy;
 *   <li>{@link dev.gradus.diffusion.eval.InceptionScore};
 *   <li>{@link dev.gradus.diffusion.eval.Manifolds}: precision, recall, density and coverage.
 * </ul>
 *
 * <p>A score means something beside another one with the same features, reference and number of images, which is why
 * each {@link dev.gradus.diffusion.eval.Score} carries these. All arithmetic on features is in float64 on the CPU.
 */
package dev.gradus.diffusion.eval;
