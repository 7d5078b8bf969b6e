package dev.gradus.diffusion;

/** A configuration value that is missing, out of range or in contradiction with another one. */
public final class ConfigException extends IllegalArgumentException {
    private static final long serialVersionUID = 1L;

    private final String key;
    private final String problem;

    /**
     * @param key the dotted key as the YAML file spells it, for example {@code curriculum.clusters}
     * @param problem what is wrong and what is allowed, for example {@code "must be from 1 to 1000, is 0"}
     */
    public ConfigException(String key, String problem) {
        super(key + ": " + problem);
        this.key = key;
        this.problem = problem;
    }

    /** The dotted key at fault, as the YAML file spells it. */
    public String key() {
        return key;
    }

    /** What is wrong, without the key. */
    public String problem() {
        return problem;
    }
}
