package dev.gradus.torch.distributed;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** What launchers tell their processes. */
class EnvironmentTest {
    @Test
    void aLoneProcessHasNone() {
        assertTrue(Environment.read(Map.of()).isEmpty());
        assertTrue(Environment.read(Map.of("SLURM_PROCID", "0", "SLURM_NTASKS", "1"))
                .isEmpty());
    }

    @Test
    void thatOfTorchrunIsRead() {
        Environment read = Environment.read(Map.of(
                        "RANK", "3",
                        "WORLD_SIZE", "4",
                        "LOCAL_RANK", "1",
                        "MASTER_ADDR", "node1",
                        "MASTER_PORT", "1234",
                        "TORCHELASTIC_USE_AGENT_STORE", "True",
                        "TORCHELASTIC_RUN_ID", "abc",
                        "TORCHELASTIC_RESTART_COUNT", "2"))
                .orElseThrow();
        assertEquals(3, read.rank());
        assertEquals(4, read.worldSize());
        assertEquals(1, read.localRank());
        assertEquals("node1", read.host());
        assertEquals(1234, read.port());
        assertEquals(false, read.servesStore());
        assertEquals("abc", read.job());
        assertEquals(2, read.attempt());
    }

    @Test
    void thatOfSlurmIsRead() {
        Environment read = Environment.read(Map.of(
                        "SLURM_PROCID", "5",
                        "SLURM_NTASKS", "8",
                        "SLURM_LOCALID", "1",
                        "SLURM_STEP_NODELIST", "gpu[07-10,12]",
                        "SLURM_JOB_ID", "12345"))
                .orElseThrow();
        assertEquals(5, read.rank());
        assertEquals(8, read.worldSize());
        assertEquals(1, read.localRank());
        assertEquals("gpu07", read.host());
        assertEquals(22345, read.port());
        assertEquals("slurm-12345.0", read.job());
        assertTrue(read.servesStore());
    }

    @Test
    void oneNodeOfSlurmHasItsPlainName() {
        Map<String, String> variables =
                Map.of("SLURM_PROCID", "0", "SLURM_NTASKS", "2", "SLURM_STEP_NODELIST", "login", "SLURM_JOB_ID", "1");
        assertEquals("login", Environment.read(variables).orElseThrow().host());
    }

    @Test
    void timeoutsAreSeconds() {
        Environment read = Environment.read(Map.of(
                        "RANK", "0",
                        "WORLD_SIZE", "1",
                        "MASTER_ADDR", "a",
                        "GRADUS_TIMEOUT", "7",
                        "GRADUS_RENDEZVOUS_TIMEOUT", "8",
                        "GRADUS_BIND", "0.0.0.0",
                        "GRADUS_JOB", "x"))
                .orElseThrow();
        assertEquals(Duration.ofSeconds(7), read.timeout());
        assertEquals(Duration.ofSeconds(8), read.rendezvousTimeout());
        assertEquals("0.0.0.0", read.bind());
        assertEquals("x", read.job());
        assertEquals(29500, read.port());
    }

    @Test
    void whatIsMissingOrWrongIsNamed() {
        refuse("WORLD_SIZE is not set", Map.of("RANK", "0"));
        refuse("RANK is not set", Map.of("WORLD_SIZE", "2"));
        refuse("MASTER_ADDR is not set", Map.of("RANK", "0", "WORLD_SIZE", "2"));
        refuse("RANK must be a whole number, is 'x'", Map.of("RANK", "x", "WORLD_SIZE", "2", "MASTER_ADDR", "a"));
        refuse("RANK must be from 0 to 1", Map.of("RANK", "2", "WORLD_SIZE", "2", "MASTER_ADDR", "a"));
        refuse("WORLD_SIZE must be at least 1", Map.of("RANK", "0", "WORLD_SIZE", "0", "MASTER_ADDR", "a"));
        refuse(
                "MASTER_PORT must be from 1",
                Map.of("RANK", "1", "WORLD_SIZE", "2", "MASTER_ADDR", "a", "MASTER_PORT", "0"));
        refuse(
                "GRADUS_TIMEOUT must be at least 1",
                Map.of("RANK", "1", "WORLD_SIZE", "2", "MASTER_ADDR", "a", "GRADUS_TIMEOUT", "0"));
    }

    private static void refuse(String part, Map<String, String> variables) {
        assertMessage(
                part,
                assertThrows(IllegalArgumentException.class, () -> Environment.read(variables))
                        .getMessage());
    }

    private static void assertMessage(String part, String text) {
        assertTrue(text.contains(part), text);
    }
}
