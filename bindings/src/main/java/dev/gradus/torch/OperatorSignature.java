package dev.gradus.torch;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;

import dev.gradus.torch.ffi.GradusTorch;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;

/** What the schema of an operator says, read once. */
record OperatorSignature(
        String schema, List<Operator.Argument> arguments, List<Operator.Argument> returns, List<ArgumentType> types) {

    /** Where gt_argument has its flags, behind three strings. */
    private static final long FLAGS = 3 * ADDRESS.byteSize();

    static OperatorSignature read(long operator) {
        int count = GradusTorch.gt_operator_argument_count(operator);
        int returnCount = GradusTorch.gt_operator_return_count(operator);
        List<Operator.Argument> all = new ArrayList<>();
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment memory = arena.allocate(FLAGS + 2 * JAVA_INT.byteSize(), ADDRESS.byteAlignment());
            for (int i = 0; i < count + returnCount; i++) {
                Tensor.check(GradusTorch.gt_operator_argument(operator, i, memory));
                int flags = memory.get(JAVA_INT, FLAGS);
                all.add(new Operator.Argument(
                        text(memory, 0),
                        text(memory, 1),
                        text(memory, 2),
                        (flags & GradusTorch.GT_ARGUMENT_KEYWORD_ONLY()) != 0,
                        (flags & GradusTorch.GT_ARGUMENT_WRITTEN()) != 0));
            }
        }
        List<Operator.Argument> arguments = List.copyOf(all.subList(0, count));
        return new OperatorSignature(
                Strings.of(GradusTorch.gt_operator_schema(operator)),
                arguments,
                List.copyOf(all.subList(count, all.size())),
                arguments.stream()
                        .map(argument -> ArgumentType.parse(argument.type()))
                        .toList());
    }

    @SuppressWarnings("restricted")
    private static String text(MemorySegment memory, int index) {
        MemorySegment address = memory.getAtIndex(ADDRESS, index);
        return Strings.of(address.address() == 0 ? address : address.reinterpret(Long.MAX_VALUE));
    }

    /** The place of an argument; -1 if there is none of that name. */
    int indexOf(String argument) {
        for (int i = 0; i < arguments.size(); i++) {
            if (arguments.get(i).name().equals(argument)) {
                return i;
            }
        }
        return -1;
    }

    boolean answersOneTensor() {
        return returns.size() == 1 && isTensor(returns.get(0));
    }

    boolean answersTensors() {
        return returns.stream().allMatch(OperatorSignature::isTensor)
                || (returns.size() == 1 && returns.get(0).type().matches("Tensor\\??\\[\\d*]"));
    }

    private static boolean isTensor(Operator.Argument result) {
        return result.type().equals("Tensor") || result.type().equals("Tensor?");
    }
}
