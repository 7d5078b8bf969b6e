package dev.gradus.torch;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The shape of a tensor, which is read where libtorch keeps it. */
class ShapeQueriesTest extends ScopedTest {
    private static void assertShape(Tensor x, long... shape) {
        assertArrayEquals(shape, x.shape());
        assertEquals(shape.length, x.dim());
        assertEquals(Arrays.stream(shape).reduce(1, (a, b) -> a * b), x.numel());
        for (int i = 0; i < shape.length; i++) {
            assertEquals(shape[i], x.size(i));
            assertEquals(shape[i], x.size(i - shape.length));
        }
        assertThrows(TorchIndexException.class, () -> x.size(shape.length));
        assertThrows(TorchIndexException.class, () -> x.size(-shape.length - 1));
    }

    /** libtorch keeps up to 5 sizes inside of the tensor, more elsewhere. */
    private static Stream<long[]> shapes() {
        long[] sizes = {2, 1, 3, 1, 2, 2, 1, 2, 3, 1, 2, 1};
        return IntStream.rangeClosed(0, sizes.length).mapToObj(dim -> Arrays.copyOf(sizes, dim));
    }

    @ParameterizedTest
    @MethodSource("shapes")
    void everyNumberOfDimensions(long[] shape) {
        assertShape(Torch.empty(shape), shape);
    }

    @Test
    void emptyTensorsAndViews() {
        assertShape(Torch.empty(0), 0);
        assertShape(Torch.empty(2, 0, 3), 2, 0, 3);
        Tensor x = Torch.empty(2, 3, 4);
        assertShape(x.transpose(0, 2), 4, 3, 2);
        assertShape(x.expand(7, -1, -1, -1), 7, 2, 3, 4);
    }

    @Test
    void aShapeChangedInPlaceIsSeen() {
        Tensor x = Torch.empty(2, 3);
        assertShape(x, 2, 3);
        Operators.find("aten::resize_").call(x, new long[] {4, 5, 6});
        assertShape(x, 4, 5, 6);
        Operators.find("aten::resize_").call(x, new long[] {1, 2, 1, 2, 1, 2, 1, 2, 1});
        assertShape(x, 1, 2, 1, 2, 1, 2, 1, 2, 1);
        Operators.find("aten::squeeze_").call(x);
        assertShape(x, 2, 2, 2, 2);
        Operators.find("aten::unsqueeze_").call(x, 0);
        assertShape(x, 1, 2, 2, 2, 2);
        Operators.find("aten::transpose_").call(x, 0, 1);
        assertShape(x, 2, 1, 2, 2, 2);
        Operators.find("aten::set_.source_Tensor").call(x, Torch.empty(3));
        assertShape(x, 3);
        Operators.find("aten::resize_").call(x, new long[] {});
        assertShape(x);
    }

    @Test
    void anArrayAnsweredIsTheCallers() {
        Tensor x = Torch.empty(2, 3);
        x.shape()[0] = 99;
        assertShape(x, 2, 3);
    }

    private static List<String> layouts() {
        return List.of("aten::to_sparse", "aten::to_sparse_csr", "aten::to_mkldnn");
    }

    @ParameterizedTest
    @MethodSource("layouts")
    void tensorsOfOtherLayoutsHaveTheirShape(String conversion) {
        Tensor x = Torch.eye(3);
        assertShape(Operators.find(conversion).callTensor(x), 3, 3);
    }

    @Test
    void aNestedTensorHasNoShape() {
        Tensor nested = Operators.find("aten::_nested_tensor_from_tensor_list")
                .callTensor(List.of(Torch.ones(2, 2), Torch.ones(3, 2)));
        assertFalse(ShapeFields.isPlain(nested.handle()));
        assertEquals(3, nested.dim());
        assertEquals(10, nested.numel());
        for (Callable<?> query : List.<Callable<?>>of(nested::shape, nested::strides, () -> nested.size(0))) {
            var e = assertThrows(TorchException.class, query::call);
            assertTrue(e.getMessage().contains("NestedTensorImpl doesn't support"), e.getMessage());
        }
        assertEquals(3, nested.dim());
    }

    @Test
    void plainTensorsAreReadWithoutACall() {
        assertTrue(ShapeFields.isPlain(Torch.ones(2, 2).handle()));
    }

    private static Tensor shared() {
        try (TensorScope scope = TensorScope.open()) {
            return scope.keep(Torch.ones(2, 3));
        }
    }

    private static List<Callable<?>> queries(Tensor x) {
        return List.of(x::dim, x::numel, x::shape, () -> x.size(0), x::strides);
    }

    @Test
    void closedTensorsAndOtherThreadsAreRefused() {
        Tensor confined = Torch.ones(2);
        Tensor shared = shared();
        try (var thread = Executors.newSingleThreadExecutor()) {
            for (Callable<?> query : queries(confined)) {
                var e = assertThrows(
                        ExecutionException.class, () -> thread.submit(query).get());
                assertEquals(WrongThreadException.class, e.getCause().getClass());
            }
        }
        confined.close();
        shared.close();
        for (Tensor closed : List.of(confined, shared)) {
            for (Callable<?> query : queries(closed)) {
                assertThrows(IllegalStateException.class, query::call);
            }
        }
    }

    @Test
    void aQueryLetsGoOfASharedTensor() {
        long before = Torch.liveHandles();
        Tensor x = shared();
        assertShape(x, 2, 3);
        x.close();
        assertEquals(before, Torch.liveHandles());
    }
}
