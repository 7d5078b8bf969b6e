package dev.gradus.diffusion.eval;

import dev.gradus.torch.Tensor;
import dev.gradus.torch.UserCache;
import dev.gradus.torch.io.SafeTensors;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import org.apache.logging.log4j.LogManager;
import org.apache.logging.log4j.Logger;

/**
 * What evaluation keeps between runs: the classifiers it trained and the features of data sets, a safetensors file each.
 * A file is used only if it was made under the same key and has the digest that it was written with; another one is made
 * anew and replaced. Any file may be deleted. A folder that cannot be written costs time, nothing else.
 *
 * @param folder need not exist
 */
public record EvaluationCache(Path folder) {
    private static final Logger LOGGER = LogManager.getLogger(EvaluationCache.class);
    private static final String KEY = "key";
    private static final String DIGEST = "digest";

    /** The user's: {@code $XDG_CACHE_HOME/gradus/eval}, {@code ~/.cache/gradus/eval} by default. */
    public static EvaluationCache ofUser() {
        return new EvaluationCache(UserCache.folder().resolve("eval"));
    }

    /** What a file holds; the tensors belong to the scope that is open. */
    record Entry(Map<String, Tensor> tensors, Map<String, String> facts) {}

    /** The entry that was stored under this name and key; empty where there is none that is whole. */
    Optional<Entry> read(String name, String key) {
        Path file = file(name, key);
        if (!Files.exists(file)) {
            return Optional.empty();
        }
        try (SafeTensors.File content = SafeTensors.read(file)) {
            Map<String, String> facts = new HashMap<>(content.metadata());
            String digest = facts.remove(DIGEST);
            Map<String, Tensor> tensors = content.all();
            if (!digest(tensors, facts).equals(digest) || !key.equals(facts.get(KEY))) {
                LOGGER.warn("{} is damaged; it is made anew", file);
                return Optional.empty();
            }
            return Optional.of(new Entry(tensors, facts));
        } catch (IOException e) {
            LOGGER.warn("{} is damaged; it is made anew ({})", file, e.getMessage());
            return Optional.empty();
        }
    }

    /** Stores an entry, in place of the one of this name and key. */
    void write(String name, String key, Map<String, Tensor> tensors, Map<String, String> facts) {
        Path file = file(name, key);
        Map<String, String> all = new HashMap<>(facts);
        all.put(KEY, key);
        all.put(DIGEST, digest(tensors, all));
        try {
            Files.createDirectories(folder);
            SafeTensors.save(file, tensors, all);
        } catch (IOException e) {
            LOGGER.warn("{} cannot be written, so the next evaluation takes longer ({})", file, e.getMessage());
        }
    }

    private static String digest(Map<String, Tensor> tensors, Map<String, String> facts) {
        StringBuilder text = new StringBuilder(Digests.of(tensors));
        facts.entrySet().stream()
                .sorted(Map.Entry.comparingByKey())
                .forEach(fact -> text.append('\n').append(fact));
        return Digests.of(text.toString());
    }

    Path file(String name, String key) {
        return folder.resolve(name + "-" + key.substring(0, 16) + ".safetensors");
    }
}
