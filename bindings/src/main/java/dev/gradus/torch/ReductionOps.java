package dev.gradus.torch;

import dev.gradus.torch.ffi.GradusTorch;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/** Sums, means and extremes over all elements or over dimensions, scans, and sorting. Negative dimensions count from the end. */
public sealed interface ReductionOps permits Tensor {

    private Tensor self() {
        return (Tensor) this;
    }

    /** The sum over these dimensions; none = over all. */
    default Tensor sum(long... dims) {
        return sum(dims, false);
    }

    /** The sum over these dimensions (none = over all), which stay as size 1 if keepdim. */
    default Tensor sum(long[] dims, boolean keepdim) {
        return Tensor.result(
                GradusTorch.gt_sum(self().handle(), ThreadContext.current().list(dims), dims.length, keepdim ? 1 : 0));
    }

    /** The mean over these dimensions; none = over all. */
    default Tensor mean(long... dims) {
        return mean(dims, false);
    }

    /** The mean over these dimensions (none = over all), which stay as size 1 if keepdim. */
    default Tensor mean(long[] dims, boolean keepdim) {
        return Tensor.result(
                GradusTorch.gt_mean(self().handle(), ThreadContext.current().list(dims), dims.length, keepdim ? 1 : 0));
    }

    /** The largest element over these dimensions; none = over all. */
    default Tensor amax(long... dims) {
        return amax(dims, false);
    }

    /** The largest element over these dimensions (none = over all), which stay as size 1 if keepdim. */
    default Tensor amax(long[] dims, boolean keepdim) {
        return Tensor.result(
                GradusTorch.gt_amax(self().handle(), ThreadContext.current().list(dims), dims.length, keepdim ? 1 : 0));
    }

    /** The smallest element over these dimensions; none = over all. */
    default Tensor amin(long... dims) {
        return amin(dims, false);
    }

    /** The smallest element over these dimensions (none = over all), which stay as size 1 if keepdim. */
    default Tensor amin(long[] dims, boolean keepdim) {
        return Tensor.result(
                GradusTorch.gt_amin(self().handle(), ThreadContext.current().list(dims), dims.length, keepdim ? 1 : 0));
    }

    /** ln of the sum of e<sup>x</sup>, without overflow over these dimensions; none = over all. */
    default Tensor logsumexp(long... dims) {
        return logsumexp(dims, false);
    }

    /** ln of the sum of e<sup>x</sup>, without overflow over these dimensions (none = over all), which stay as size 1 if keepdim. */
    default Tensor logsumexp(long[] dims, boolean keepdim) {
        return Tensor.result(GradusTorch.gt_logsumexp(
                self().handle(), ThreadContext.current().list(dims), dims.length, keepdim ? 1 : 0));
    }

    /** The variance over all elements, unbiased (divided by n - 1). */
    default Tensor var() {
        return var(new long[0], 1, false);
    }

    /** The variance over these dimensions (none = over all), divided by n - correction. */
    default Tensor var(long[] dims, long correction, boolean keepdim) {
        return Tensor.result(GradusTorch.gt_var(
                self().handle(), ThreadContext.current().list(dims), dims.length, correction, keepdim ? 1 : 0));
    }

    /** The standard deviation over all elements, unbiased (divided by n - 1). */
    default Tensor std() {
        return std(new long[0], 1, false);
    }

    /** The standard deviation over these dimensions (none = over all), divided by n - correction. */
    default Tensor std(long[] dims, long correction, boolean keepdim) {
        return Tensor.result(GradusTorch.gt_std(
                self().handle(), ThreadContext.current().list(dims), dims.length, correction, keepdim ? 1 : 0));
    }

    /** The largest element, as a tensor without dimensions. */
    default Tensor max() {
        return Tensor.result(GradusTorch.gt_max(self().handle()));
    }

    /** The smallest element, as a tensor without dimensions. */
    default Tensor min() {
        return Tensor.result(GradusTorch.gt_min(self().handle()));
    }

    /** Whether all elements are true, as a tensor without dimensions. */
    default Tensor all() {
        return Tensor.result(GradusTorch.gt_all(self().handle()));
    }

    /** Whether any element is true, as a tensor without dimensions. */
    default Tensor any() {
        return Tensor.result(GradusTorch.gt_any(self().handle()));
    }

    /** The sums of all up to each element along a dimension. */
    default Tensor cumsum(int dim) {
        return Tensor.result(GradusTorch.gt_cumsum(self().handle(), dim));
    }

    /** The products of all up to each element along a dimension. */
    default Tensor cumprod(int dim) {
        return Tensor.result(GradusTorch.gt_cumprod(self().handle(), dim));
    }

    /** e<sup>x</sup> divided by its sum along a dimension. */
    default Tensor softmax(int dim) {
        return Tensor.result(GradusTorch.gt_softmax(self().handle(), dim));
    }

    /** The logarithm of softmax, without overflow. */
    default Tensor logSoftmax(int dim) {
        return Tensor.result(GradusTorch.gt_log_softmax(self().handle(), dim));
    }

    /** The index of the largest element along a dimension, as INT64. */
    default Tensor argmax(int dim, boolean keepdim) {
        return Tensor.result(GradusTorch.gt_argmax(self().handle(), dim, keepdim ? 1 : 0));
    }

    /** The index of the smallest element along a dimension, as INT64. */
    default Tensor argmin(int dim, boolean keepdim) {
        return Tensor.result(GradusTorch.gt_argmin(self().handle(), dim, keepdim ? 1 : 0));
    }

    /** The Euclidean norm of all elements. */
    default Tensor norm() {
        return norm(2);
    }

    /** The p-norm of all elements. */
    default Tensor norm(double p) {
        return Tensor.result(GradusTorch.gt_norm(self().handle(), p));
    }

    /**
     * Values along a dimension with the places they came from.
     *
     * @param values in order
     * @param indices where each was, as INT64
     */
    record Ranked(Tensor values, Tensor indices) {}

    /** The elements in order along a dimension. */
    default Ranked sort(int dim, boolean descending) {
        MemorySegment out = ThreadContext.current().handles(2);
        Tensor.check(GradusTorch.gt_sort(self().handle(), dim, descending ? 1 : 0, out, out.asSlice(8)));
        return ranked(out);
    }

    /** The k largest (or smallest) elements along a dimension, in order. */
    default Ranked topk(long k, int dim, boolean largest) {
        MemorySegment out = ThreadContext.current().handles(2);
        Tensor.check(GradusTorch.gt_topk(self().handle(), k, dim, largest ? 1 : 0, out, out.asSlice(8)));
        return ranked(out);
    }

    private static Ranked ranked(MemorySegment handles) {
        long values = handles.getAtIndex(ValueLayout.JAVA_LONG, 0);
        long indices = handles.getAtIndex(ValueLayout.JAVA_LONG, 1);
        return new Ranked(Tensor.result(values), Tensor.result(indices));
    }
}
