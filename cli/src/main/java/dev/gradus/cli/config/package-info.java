/**
 * From text to a typed configuration.
 *
 * <p>Settings come in layers, each replacing single keys of the ones before it: the defaults of the
 * configuration records, a preset, a YAML file, {@code --set} pairs, named options. A layer is a flat list of
 * dotted keys, each with its value and its origin, so that a mistake can be reported where it was
 * made. {@link dev.gradus.cli.config.RecordMapper} then builds the records; which keys exist, their types and the
 * values allowed are known from the records alone.
 */
package dev.gradus.cli.config;
