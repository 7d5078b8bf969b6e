package dev.gradus.cli;

import dev.gradus.torch.Device;
import dev.gradus.torch.Torch;

/** Devices as named on the command line. */
final class Devices {
    private Devices() {}

    /**
     * The device for {@code auto}, {@code cpu}, {@code cuda} or {@code cuda:N}.
     *
     * @throws UsageException if it is not there
     */
    static Device resolve(String name) {
        if (name.equals("auto")) {
            return Torch.cudaIsAvailable() ? Device.cuda() : Device.cpu();
        }
        Device device = Device.parse(name);
        if (device.isCuda() && !Torch.cudaIsAvailable()) {
            throw new UsageException("--device: there is no usable CUDA device ('gradus doctor' says more)");
        }
        return device;
    }
}
