package dev.gradus.diffusion.sampler;

import dev.gradus.diffusion.config.SamplingConfig;
import dev.gradus.diffusion.config.SamplingConfig.Spacing;
import dev.gradus.diffusion.schedule.NoiseLevel;
import dev.gradus.diffusion.schedule.NoiseSchedule;
import java.util.ArrayList;
import java.util.List;
import java.util.function.DoubleUnaryOperator;
import java.util.function.IntToDoubleFunction;

/**
 * The noise levels at which a sampler stops, from high noise to low. N steps need N + 1 levels: the last one is where the
 * last step ends.
 *
 * @param schedule what the levels belong to
 * @param levels at least two, each with a smaller sigma / alpha than the one before
 */
public record SamplingSteps(NoiseSchedule schedule, List<NoiseLevel> levels) {
    public SamplingSteps {
        levels = List.copyOf(levels);
        if (levels.size() < 2) {
            throw new IllegalArgumentException(
                    "a sampler needs at least 2 noise levels, where it begins and where it ends");
        }
        for (int i = 1; i < levels.size(); i++) {
            if (!(levels.get(i).ratio() < levels.get(i - 1).ratio())) {
                throw new IllegalArgumentException("the noise must fall from level to level, but " + levels.get(i)
                        + " follows " + levels.get(i - 1));
            }
        }
    }

    /** How many steps there are. */
    public int count() {
        return levels.size() - 1;
    }

    /** The stops of a configuration; see {@link #of(Spacing, int, double, NoiseSchedule)}. */
    public static SamplingSteps of(SamplingConfig config, NoiseSchedule schedule) {
        return of(config.stops(), config.steps(), config.rho(), schedule);
    }

    /**
     * N stops and the image itself. With i from 0 to N - 1 they are
     *
     * <pre>
     *              T discrete timesteps                        continuous t from m to M
     * leading      floor(T / N) (N - 1 - i)                    m + (N - 1 - i) (M - m) / N
     * trailing     round(T - i T / N) - 1                      M - i (M - m) / N
     * linspace     round((T - 1) (N - 1 - i) / (N - 1))        M - i (M - m) / (N - 1)
     * karras       sigma / alpha = (a^(1/rho) + i / (N - 1) (b^(1/rho) - a^(1/rho)))^rho
     * exponential  sigma / alpha = a^(1 - i / (N - 1)) b^(i / (N - 1))
     * </pre>
     *
     * where a and b are the greatest and the least sigma / alpha of the schedule. The first three are those of Lin et al.
     * (arXiv 2305.08891, table 2), with halves rounded to even, and of DDIMScheduler in the diffusers library. The other
     * two are those of Karras et al. (arXiv 2206.00364, equation 5) and of {@code get_sigmas_exponential} in k-diffusion;
     * on a discrete schedule they stop between timesteps, where the log-SNR is linear in t. A single step begins at the
     * most noise in all but {@code leading}.
     *
     * @param spacing any but {@code AUTO}, which depends on the sampler
     * @param count N, at least 1, and at most T for a discrete schedule
     * @param rho greater than 0; used by {@code karras}
     */
    public static SamplingSteps of(Spacing spacing, int count, double rho, NoiseSchedule schedule) {
        if (count < 1) {
            throw new IllegalArgumentException("steps must be at least 1, not " + count);
        }
        if (schedule.isDiscrete() && count > schedule.timesteps()) {
            throw new IllegalArgumentException("steps must be from 1 to " + schedule.timesteps()
                    + ", the timesteps of the schedule, not " + count);
        }
        IntToDoubleFunction times = switch (spacing) {
            case LEADING, TRAILING, LINSPACE -> equalTimes(spacing, count, schedule);
            case KARRAS -> equalInScale(s -> Math.pow(s, 1 / rho), r -> Math.pow(r, rho), count, schedule);
            case AUTO -> throw new IllegalArgumentException("the spacing must be another one than auto");
            case EXPONENTIAL -> equalInScale(Math::log, Math::exp, count, schedule);
        };
        List<NoiseLevel> levels = new ArrayList<>(count + 1);
        for (int i = 0; i < count; i++) {
            levels.add(schedule.at(times.applyAsDouble(i)));
        }
        levels.add(NoiseLevel.clean(schedule.tMin()));
        return new SamplingSteps(schedule, levels);
    }

    private static IntToDoubleFunction equalTimes(Spacing spacing, int count, NoiseSchedule schedule) {
        double first = schedule.tMin();
        double last = schedule.tMax();
        int gaps = Math.max(1, count - 1);
        if (!schedule.isDiscrete()) {
            return switch (spacing) {
                case LEADING -> i -> first + (count - 1 - i) * ((last - first) / count);
                case TRAILING -> i -> last - i * ((last - first) / count);
                default -> i -> i == gaps ? first : last - i * ((last - first) / gaps);
            };
        }
        int timesteps = schedule.timesteps();
        // rint rounds halves to even, as numpy does.
        return switch (spacing) {
            case LEADING -> i -> (count - 1 - i) * (timesteps / count);
            case TRAILING -> i -> Math.rint(timesteps - i * ((double) timesteps / count)) - 1;
            default -> i -> Math.rint((gaps - i) * (last / gaps));
        };
    }

    private static IntToDoubleFunction equalInScale(
            DoubleUnaryOperator scale, DoubleUnaryOperator inverse, int count, NoiseSchedule schedule) {
        double most = scale.applyAsDouble(schedule.at(schedule.tMax()).ratio());
        double least = scale.applyAsDouble(schedule.at(schedule.tMin()).ratio());
        return i -> {
            if (i == 0) {
                return schedule.tMax();
            }
            if (i == count - 1) {
                return schedule.tMin();
            }
            double ratio = inverse.applyAsDouble(most + i * (least - most) / (count - 1));
            return schedule.timeOf(-2 * Math.log(ratio));
        };
    }
}
