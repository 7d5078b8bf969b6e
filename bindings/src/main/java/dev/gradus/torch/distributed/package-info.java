/**
 * Several processes that compute together, by libtorch's own engine (c10d), with the conventions of torchrun.
 *
 * <pre>{@code
 * Environment environment = Environment.read().orElseThrow();         // RANK, WORLD_SIZE, MASTER_ADDR, ...
 * try (ProcessGroup group = ProcessGroup.join(environment, Device.cpu())) {
 *     Tensor sum = Torch.ones(3);
 *     group.allReduce(sum);                                          // every rank has WORLD_SIZE now
 *     try (Work work = group.allReduceAsync(sum, Reduction.MAX)) {
 *         ...                                                        // meanwhile
 *         work.await();
 *     }
 * }
 * }</pre>
 *
 * <p>All ranks call the same operations in the same order. What goes wrong is a {@link
 * dev.gradus.torch.distributed.DistributedException}, which names the rank, the operation and, where it can be found out, the
 * rank at fault.
 */
package dev.gradus.torch.distributed;
