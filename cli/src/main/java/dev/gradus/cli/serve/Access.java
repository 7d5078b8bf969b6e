package dev.gradus.cli.serve;

import com.sun.net.httpserver.Headers;
import com.sun.net.httpserver.HttpExchange;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;

/**
 * Who is answered. Pages of other sites can make a browser send requests here, so the name that a request is addressed to must be
 * one of this server's (a name that was pointed here meanwhile is not), and a request that says that another site caused it is
 * refused.
 *
 * @param hosts the names of this server, without a port; empty for any
 * @param token what a visitor must know; null for nothing
 */
record Access(Set<String> hosts, String token) {
    private static final String COOKIE = "gradus-token";

    Access {
        hosts = Set.copyOf(hosts);
    }

    /** The status of a refusal; empty for a visitor who is let in. */
    Optional<Integer> refusal(HttpExchange exchange) {
        Headers headers = exchange.getRequestHeaders();
        if (!exchange.getRequestMethod().equals("GET")) {
            return Optional.of(405);
        }
        String host = headers.getFirst("Host");
        if (!hosts.isEmpty() && (host == null || !hosts.contains(withoutPort(host)))) {
            return Optional.of(403);
        }
        String site = headers.getFirst("Sec-Fetch-Site");
        boolean navigation = "navigate".equals(headers.getFirst("Sec-Fetch-Mode"));
        if (site != null && !site.equals("same-origin") && !site.equals("none") && !navigation) {
            return Optional.of(403);
        }
        return token == null || knows(exchange) ? Optional.empty() : Optional.of(401);
    }

    private static String withoutPort(String host) {
        return host.replaceFirst(":\\d+$", "").toLowerCase(Locale.ROOT);
    }

    /** By a cookie, or in the address; then it gets the cookie. */
    private boolean knows(HttpExchange exchange) {
        String cookies = Optional.ofNullable(exchange.getRequestHeaders().getFirst("Cookie"))
                .orElse("");
        if (Arrays.stream(cookies.split(";\\s*")).anyMatch(cookie -> same(cookie, COOKIE + "=" + token))) {
            return true;
        }
        String query =
                Optional.ofNullable(exchange.getRequestURI().getRawQuery()).orElse("");
        if (Arrays.stream(query.split("&")).noneMatch(part -> same(part, "token=" + token))) {
            return false;
        }
        exchange.getResponseHeaders().add("Set-Cookie", COOKIE + "=" + token + "; HttpOnly; SameSite=Strict; Path=/");
        return true;
    }

    /** In a time that does not tell how much of it was right. */
    private static boolean same(String a, String b) {
        return MessageDigest.isEqual(a.getBytes(StandardCharsets.UTF_8), b.getBytes(StandardCharsets.UTF_8));
    }
}
