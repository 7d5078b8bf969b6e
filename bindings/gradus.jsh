// What jshell imports for Gradus, beside its own defaults: see README.md.
import dev.gradus.torch.*;
import dev.gradus.torch.io.*;
import dev.gradus.torch.nn.*;
import dev.gradus.torch.nn.Module;
import dev.gradus.torch.optim.*;
