// Fills the report of one run: the charts, and the slider through its pictures.
"use strict";

(() => {
    const log = JSON.parse(document.getElementById("log").textContent);
    GradusCharts.themeButton(document.getElementById("theme"));
    const charts = document.getElementById("charts");
    if (log.columns.step.length > 0) {
        GradusCharts.ofLosses(charts, [["loss", log]]);
        GradusCharts.ofRun(charts, log);
    }
    const slide = document.getElementById("slide");
    if (slide) {
        slide.hidden = false;
        const items = [...document.querySelectorAll(".pictures li")];
        GradusCharts.slider(document.getElementById("picture"), document.getElementById("picture-step"), () => items,
            at => items[at].dataset.caption);
    }
})();
