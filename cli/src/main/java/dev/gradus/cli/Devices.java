package dev.gradus.cli;

import dev.gradus.torch.Device;
import dev.gradus.torch.Torch;

/** Devices as named on the command line. */
final class Devices {
    private Devices() {}

    /**
     * The device for {@code auto}, {@code cpu}, {@code cuda} or {@code cuda:N}.
     *
     * @throws UsageException if it is not there or the name is of none
     */
    static Device resolve(String name) {
        if (name.equals("auto")) {
            return Torch.cudaIsAvailable() ? Device.cuda() : Device.cpu();
        }
        Device device;
        try {
            device = Device.parse(name);
        } catch (IllegalArgumentException e) {
            throw new UsageException("--device: must be auto, cpu, cuda or cuda:N, is " + name, e);
        }
        if (device.isCuda() && !Torch.cudaIsAvailable()) {
            throw new UsageException("--device: there is no usable CUDA device ('gradus doctor' says more)");
        }
        return device;
    }
}
