/** A library for libtorch: tensors, automatic differentiation, layers, optimizers and files of tensors. */
module dev.gradus.torch {
    requires com.fasterxml.jackson.core;

    exports dev.gradus.torch;
    exports dev.gradus.torch.distributed;
    exports dev.gradus.torch.io;
    exports dev.gradus.torch.nn;
    exports dev.gradus.torch.optim;

    uses dev.gradus.torch.NativeFiles;
}
