package dev.gradus.cli;

/**
 * One thing that {@code gradus doctor} looked at.
 *
 * @param status whether it is as it should be
 * @param subject what was looked at
 * @param detail what was found
 * @param advice what to do; empty where nothing need be done
 */
record Finding(Status status, String subject, String detail, String advice) {
    enum Status {
        OK,
        /** Works, but not as well as it could. */
        WARNING,
        /** Gradus cannot work like this. */
        PROBLEM
    }

    static Finding ok(String subject, String detail) {
        return new Finding(Status.OK, subject, detail, "");
    }

    static Finding warning(String subject, String detail, String advice) {
        return new Finding(Status.WARNING, subject, detail, advice);
    }

    static Finding problem(String subject, String detail, String advice) {
        return new Finding(Status.PROBLEM, subject, detail, advice);
    }
}
