package dev.gradus.diffusion.report;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Base64;

/** The scripts and styles that pages about runs share. */
public final class PageParts {
    private static final String UPLOT = "META-INF/resources/webjars/uplot/1.6.30/dist/";

    private PageParts() {}

    /** The library uPlot, a script that defines {@code uPlot}. */
    public static String uPlotScript() {
        return text(UPLOT + "uPlot.iife.min.js");
    }

    /** What uPlot needs of styles. */
    public static String uPlotStyle() {
        return text(UPLOT + "uPlot.min.css");
    }

    /** The styles of all pages, light and dark, on screen and on paper. */
    public static String style() {
        return text("style.css");
    }

    /** A script that defines {@code GradusCharts}; needs uPlot. */
    public static String charts() {
        return text("charts.js");
    }

    /** A part of this program: of this package, or by an absolute name of a library. */
    static String text(String name) {
        try (InputStream part = name.startsWith(UPLOT)
                ? PageParts.class.getClassLoader().getResourceAsStream(name)
                : PageParts.class.getResourceAsStream(name)) {
            if (part == null) {
                throw new IllegalStateException("a part of this program is missing: " + name);
            }
            return new String(part.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException("cannot read a part of this program, " + name, e);
        }
    }

    /** The source expression of a Content-Security-Policy that allows exactly this script or style. */
    static String hash(String text) {
        try {
            byte[] digest = MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8));
            return "'sha256-" + Base64.getEncoder().encodeToString(digest) + "'";
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java has SHA-256", e);
        }
    }

    /** Text as the content of an element or of an attribute in quotes. */
    static String escape(String text) {
        StringBuilder escaped = new StringBuilder();
        for (char c : text.toCharArray()) {
            switch (c) {
                case '&' -> escaped.append("&amp;");
                case '<' -> escaped.append("&lt;");
                case '>' -> escaped.append("&gt;");
                case '"' -> escaped.append("&quot;");
                case '\'' -> escaped.append("&#39;");
                default -> escaped.append(c);
            }
        }
        return escaped.toString();
    }
}
