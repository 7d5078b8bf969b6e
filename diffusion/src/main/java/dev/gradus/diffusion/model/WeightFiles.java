package dev.gradus.diffusion.model;

import com.fasterxml.jackson.databind.JsonNode;
import dev.gradus.diffusion.internal.JsonFiles;
import dev.gradus.torch.Tensor;
import dev.gradus.torch.io.PyTorchFile;
import dev.gradus.torch.io.SafeTensors;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * The weights in a model folder, as diffusers writes them: one file, or several with an index of which tensor is where; each
 * with the name of a half precision in it, or without. Else one that PyTorch wrote: {@code diffusion_pytorch_model.bin}, or the
 * only file that ends in {@code .pt}.
 */
final class WeightFiles {
    /** The name of the one file that this library writes. */
    static final String SINGLE = "diffusion_pytorch_model.safetensors";

    private static final String NAME = "diffusion_pytorch_model";
    private static final List<String> VARIANTS = List.of("", ".fp16", ".bf16");

    /** The parts of an attention before diffusers 0.14, and what they are called since. */
    private static final Map<String, String> ATTENTION =
            Map.of("query", "to_q", "key", "to_k", "value", "to_v", "proj_attn", "to_out.0");

    private static final Pattern OLD_ATTENTION =
            Pattern.compile("(.*\\battentions\\.\\d+)\\.(query|key|value|proj_attn)\\.(weight|bias)");

    private WeightFiles() {}

    /**
     * The file with the weights, or the index of several.
     *
     * @throws ModelFolderException if there is neither
     */
    static Path find(Path folder) throws IOException {
        for (String variant : VARIANTS) {
            for (String name :
                    List.of(NAME + variant + ".safetensors", NAME + ".safetensors.index" + variant + ".json")) {
                if (Files.isRegularFile(folder.resolve(name))) {
                    return folder.resolve(name);
                }
            }
        }
        for (String name : List.of(NAME + ".bin", "pytorch_model.bin")) {
            if (Files.isRegularFile(folder.resolve(name))) {
                return folder.resolve(name);
            }
        }
        try (Stream<Path> files = Files.list(folder)) {
            List<Path> published =
                    files.filter(file -> file.toString().endsWith(".pt")).toList();
            if (published.size() == 1) {
                return published.getFirst();
            }
        }
        throw new ModelFolderException("the model folder " + folder + " has no file " + SINGLE);
    }

    /**
     * All tensors of what {@link #find} found, by the names of today, in the dtypes of the file; of the scope that is open.
     *
     * @throws ModelFolderException if the index is not one, or a file or a tensor that it names is missing
     */
    static Map<String, Tensor> load(Path file) throws IOException {
        String ending = file.toString().replaceFirst(".*\\.", "");
        Map<String, Tensor> named = switch (ending) {
            case "json" -> loadAll(file);
            case "safetensors" -> SafeTensors.load(file);
            // Checkpoints of a training have the averaged weights beside others.
            default -> PyTorchFile.load(file, "ema");
        };
        Map<String, Tensor> renamed = new LinkedHashMap<>();
        named.forEach((name, tensor) -> renamed.put(nameOfToday(name), tensor));
        return renamed;
    }

    private static String nameOfToday(String name) {
        var old = OLD_ATTENTION.matcher(name);
        return old.matches() ? old.group(1) + "." + ATTENTION.get(old.group(2)) + "." + old.group(3) : name;
    }

    private static Map<String, Tensor> loadAll(Path index) throws IOException {
        JsonNode map = JsonFiles.read(index).path("weight_map");
        if (!map.isObject() || map.isEmpty()) {
            throw new ModelFolderException(index + " has no weight_map that says which tensor is in which file");
        }
        Map<String, List<String>> namesOf = new TreeMap<>();
        for (Map.Entry<String, JsonNode> entry : map.properties()) {
            namesOf.computeIfAbsent(entry.getValue().asText(), _ -> new ArrayList<>())
                    .add(entry.getKey());
        }
        Map<String, Tensor> tensors = new LinkedHashMap<>();
        for (Map.Entry<String, List<String>> shard : namesOf.entrySet()) {
            Path file = shard(index, shard.getKey());
            try (SafeTensors.File content = SafeTensors.read(file)) {
                for (String name : shard.getValue()) {
                    if (!content.names().contains(name)) {
                        throw new ModelFolderException(
                                index + " says that '" + name + "' is in " + shard.getKey() + ", but it is not");
                    }
                    tensors.put(name, content.tensor(name));
                }
            }
        }
        return tensors;
    }

    /** A file beside the index; an index must not lead out of its folder. */
    private static Path shard(Path index, String name) throws ModelFolderException {
        Path file = index.resolveSibling(name);
        if (!name.endsWith(".safetensors") || file.getNameCount() != index.getNameCount() || name.contains("..")) {
            throw new ModelFolderException(index + " names '" + name + "', which is no safetensors file beside it");
        }
        if (!Files.isRegularFile(file)) {
            throw new ModelFolderException(index + " names the file " + name + ", which is not there");
        }
        return file;
    }
}
