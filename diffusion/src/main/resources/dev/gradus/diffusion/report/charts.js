// Charts of training runs, drawn by uPlot: made of the log of a run, as RunLog writes it.
"use strict";

const GradusCharts = (() => {
    const DISTINCT = {
        light: ["#0072B2", "#D55E00", "#009E73", "#B3558F", "#8A6D00", "#3A8FC4", "#444444"],
        dark: ["#5AB4F0", "#FF8A3D", "#2FD3A0", "#F09AD0", "#F0C040", "#9AD5F5", "#DDDDDD"],
    };
    const HEIGHT = 240;
    const TABLE_ROWS = 40;
    const plots = new Set();
    let printing = false;

    function element(name, attributes = {}, ...children) {
        const made = document.createElement(name);
        for (const [key, value] of Object.entries(attributes)) {
            if (key === "text") {
                made.textContent = value;
            } else if (value !== null && value !== undefined) {
                made.setAttribute(key, value);
            }
        }
        made.append(...children);
        return made;
    }

    function isDark() {
        if (printing) {
            return false;
        }
        const chosen = document.documentElement.dataset.theme;
        return chosen ? chosen === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
    }

    // Distinct colours for a few lines, a scale for many, which are then ordered.
    function lineColor(index, count) {
        const colors = DISTINCT[isDark() ? "dark" : "light"];
        if (count <= colors.length) {
            return colors[index];
        }
        return `hsl(${275 - 225 * index / (count - 1)} 70% ${isDark() ? 66 : 38}%)`;
    }

    const textColor = () => (isDark() ? "#9aa4b1" : "#5b6470");
    const gridColor = () => (isDark() ? "#343b46" : "#e3e7ec");
    const areaColor = () => (isDark() ? "#6cb6ff55" : "#0b62b040");

    function short(value) {
        if (value === null || value === undefined) {
            return "–";
        }
        const size = Math.abs(value);
        if (size !== 0 && (size < 1e-3 || size >= 1e7)) {
            return value.toExponential(2);
        }
        return String(size >= 1000 ? Math.round(value) : Number(value.toPrecision(4)));
    }

    // One line of numbers and the steps they belong to.
    const line = (name, x, y) => ({name, x, y: y.map(value => (value === undefined ? null : value))});

    function aligned(lines) {
        if (lines.length === 0) {
            return [[]];
        }
        const same = lines.every(one => one.x === lines[0].x);
        return same ? [lines[0].x, ...lines.map(one => one.y)] : uPlot.join(lines.map(one => [one.x, one.y]));
    }

    function logRange(low, high) {
        if (low === null || low === undefined || !(low > 0)) {
            return [0.1, 1];
        }
        return uPlot.rangeLog(low, high === low ? low * 1.1 : high, 10, false);
    }

    // Powers of ten alone would leave most of a narrow axis without numbers.
    function logSplits(low, high) {
        const splits = [];
        const few = high > 50 * low;
        for (let power = Math.floor(Math.log10(low)); power <= Math.log10(high); power++) {
            for (const part of few ? [1] : high > 5 * low ? [1, 2, 5] : [1, 1.5, 2, 3, 4, 5, 6, 7, 8, 9]) {
                const value = part * 10 ** power;
                if (value >= low * 0.999 && value <= high * 1.001) {
                    splits.push(value);
                }
            }
        }
        return splits;
    }

    // spec: title, unit, lines, log (axis), fromZero, most (top of the axis), stepped, areas: [[x0, x1, low, high]]
    class Plot {
        constructor(parent, spec) {
            this.holder = element("div", {
                class: "plot", tabindex: 0, role: "group",
                "aria-label": `Chart ${spec.title}: the left and right arrow keys read its values`,
            });
            this.reading = element("p", {class: "reader reading", "aria-live": "polite"});
            this.rows = element("div", {class: "scroll", tabindex: 0, role: "group", "aria-label": `Values of ${spec.title}`});
            this.table = element("details", {}, element("summary", {text: "Values as a table"}), this.rows);
            this.table.addEventListener("toggle", () => this.fillTable());
            this.figure = element("figure", {class: "chart card"},
                element("figcaption", {}, element("h3", {text: spec.title}), element("span", {class: "soft", text: spec.unit})),
                this.holder, this.reading, this.table);
            parent.append(this.figure);
            this.holder.addEventListener("keydown", event => this.readNext(event));
            this.observer = new ResizeObserver(() => this.resize());
            this.observer.observe(this.holder);
            plots.add(this);
            this.set(spec);
        }

        set(spec) {
            const data = aligned(spec.lines);
            const names = spec.lines.map(one => one.name).join("\n");
            this.spec = spec;
            this.data = data;
            if (this.chart && names === this.names) {
                this.chart.setData(data);
            } else {
                this.names = names;
                this.create();
            }
            this.chart.root.querySelector("canvas").setAttribute("aria-label", this.summary());
            this.fillTable();
        }

        create() {
            this.chart?.destroy();
            const count = this.spec.lines.length;
            this.figure.classList.toggle("many", count > DISTINCT.light.length);
            const axis = {stroke: textColor, grid: {stroke: gridColor, width: 1}, ticks: {stroke: gridColor, width: 1}};
            this.chart = new uPlot({
                width: this.width(),
                height: HEIGHT,
                scales: {x: {time: false}, y: this.verticalScale()},
                axes: [
                    {...axis, size: 34, values: (_, values) => values.map(short)},
                    {...axis, size: 58, splits: this.spec.log ? (_, __, low, high) => logSplits(low, high) : undefined,
                        filter: this.spec.log ? (_, splits) => splits : undefined,
                        values: (_, values) => values.map(short)},
                ],
                series: [
                    {label: "step", value: (_, value) => short(value)},
                    ...this.spec.lines.map((one, index) => ({
                        label: one.name,
                        stroke: () => lineColor(index, count),
                        width: 1.75,
                        spanGaps: true,
                        points: {show: one.x.length < 3, size: 6},
                        paths: this.spec.stepped ? uPlot.paths.stepped({align: 1}) : undefined,
                        value: (_, value) => short(value),
                    })),
                ],
                cursor: {drag: {x: true, y: false}, focus: {prox: count > 1 ? 16 : -1}},
                legend: {show: true},
                hooks: {drawClear: [chart => this.drawAreas(chart)]},
            }, this.data, this.holder);
            const canvas = this.chart.root.querySelector("canvas");
            canvas.setAttribute("role", "img");
        }

        verticalScale() {
            if (this.spec.log) {
                return {distr: 3, range: (_, low, high) => logRange(low, high)};
            }
            return {range: (_, low, high) => {
                const top = this.spec.most ?? (high > 0 ? high * 1.05 : 1);
                return this.spec.fromZero ? [0, top] : uPlot.rangeNum(low ?? 0, high ?? 1, 0.05, true);
            }};
        }

        drawAreas(chart) {
            const context = chart.ctx;
            context.save();
            context.beginPath();
            context.rect(chart.bbox.left, chart.bbox.top, chart.bbox.width, chart.bbox.height);
            context.clip();
            context.fillStyle = areaColor();
            for (const [from, to, low, high] of this.spec.areas ?? []) {
                const left = chart.valToPos(from, "x", true);
                const top = chart.valToPos(high, "y", true);
                context.fillRect(left, top, chart.valToPos(to, "x", true) - left, chart.valToPos(low, "y", true) - top);
            }
            context.restore();
        }

        width() {
            return Math.max(200, Math.floor(this.holder.clientWidth));
        }

        resize() {
            if (this.chart && !printing && this.chart.width !== this.width()) {
                this.chart.setSize({width: this.width(), height: HEIGHT});
            }
        }

        redraw() {
            this.chart.redraw(false);
            this.chart.root.querySelectorAll(".u-legend .u-series:not(:first-child) .u-marker").forEach((marker, index) => {
                marker.style.borderColor = lineColor(index, this.spec.lines.length);
            });
        }

        summary() {
            const parts = this.spec.lines.slice(0, 8).map(one => {
                const known = one.y.map((value, index) => [one.x[index], value]).filter(pair => pair[1] !== null);
                if (known.length === 0) {
                    return `${one.name}: no values`;
                }
                const [first, last] = [known[0], known[known.length - 1]];
                return `${one.name}: ${short(first[1])} at step ${first[0]} to ${short(last[1])} at step ${last[0]}`;
            });
            const more = this.spec.lines.length - parts.length;
            return `${this.spec.title}. ${parts.join(". ")}${more > 0 ? `. And ${more} more lines` : ""}`;
        }

        readNext(event) {
            const steps = {ArrowRight: 1, ArrowLeft: -1, Home: -Infinity, End: Infinity}[event.key];
            if (!steps || this.data[0].length === 0) {
                return;
            }
            event.preventDefault();
            const last = this.data[0].length - 1;
            const stride = Number.isFinite(steps) ? steps * Math.max(1, Math.round(last / 60)) : steps;
            this.at = Math.min(last, Math.max(0, (this.at ?? (steps > 0 ? -1 : last + 1)) + stride));
            const x = this.data[0][this.at];
            this.chart.setCursor({left: this.chart.valToPos(x, "x"), top: 10});
            this.reading.textContent = `Step ${x}: ` + this.spec.lines
                .map((one, index) => `${one.name} ${short(this.data[index + 1][this.at])}`).join(", ");
        }

        fillTable() {
            if (!this.table.open) {
                return;
            }
            const count = this.data[0].length;
            const rows = Math.min(count, TABLE_ROWS);
            const head = element("tr", {}, ...["step", ...this.spec.lines.map(one => one.name)]
                .map(name => element("th", {scope: "col", class: "number", text: name})));
            const body = element("tbody");
            for (let i = 0; i < rows; i++) {
                const at = rows === 1 ? 0 : Math.round(i * (count - 1) / (rows - 1));
                body.append(element("tr", {}, ...this.data.map(column =>
                    element("td", {class: "number", text: short(column[at])}))));
            }
            this.rows.replaceChildren(element("table", {}, element("thead", {}, head), body));
        }
    }

    const lossSpec = logs => ({
        title: "Loss",
        unit: "mean of what was drawn, over the steps",
        log: true,
        lines: logs.map(([name, log]) => line(name, log.columns.step, log.columns.loss)),
    });

    function rangeName([from, to], whole) {
        return `t ${whole ? from : short(from)}–${whole ? to - 1 : short(to)}`;
    }

    function clusterSpec(log) {
        const whole = log.clusters.every(range => range.every(Number.isInteger));
        return {
            title: "Loss by timestep cluster",
            unit: "from the lowest noise to the highest",
            log: true,
            lines: log.clusterLoss.map((values, index) =>
                line(log.clusters[index] ? rangeName(log.clusters[index], whole) : `cluster ${index + 1}`, log.columns.step, values)),
        };
    }

    function timelineSpec(log) {
        const steps = log.columns.step;
        const last = steps[steps.length - 1] ?? 0;
        const x = [];
        const lows = [];
        const highs = [];
        const areas = [];
        log.stages.forEach((stage, index) => {
            const end = log.stages[index + 1]?.step ?? Math.max(last, stage.step);
            x.push(stage.step);
            lows.push(stage.active[0][0]);
            highs.push(stage.active[stage.active.length - 1][1]);
            stage.active.forEach(([low, high]) => areas.push([stage.step, end, low, high]));
        });
        if (x.length > 0 && last > x[x.length - 1]) {
            x.push(last);
            lows.push(lows[lows.length - 1]);
            highs.push(highs[highs.length - 1]);
        }
        return {
            title: "Curriculum: the times that are drawn",
            unit: "t over the steps; high t is high noise",
            stepped: true,
            areas,
            lines: [line("from t", x, lows), line("to t", x, highs)],
        };
    }

    function specs(log) {
        const {columns} = log;
        const has = name => columns[name]?.some(value => value !== null);
        const of = (name, label, scale = 1) =>
            line(label, columns.step, columns[name].map(value => (value === null ? null : value * scale)));
        const made = [];
        if (log.clusterLoss.length > 1) {
            made.push(clusterSpec(log));
        }
        if (log.stages.length > 0) {
            made.push(timelineSpec(log));
        }
        made.push({title: "Learning rate", unit: "over the steps", fromZero: true, lines: [of("lr", "learning rate")]});
        made.push({title: "Throughput", unit: "images per second", fromZero: true,
            lines: [of("imagesPerSecond", "images/s")]});
        made.push({title: "Waiting", unit: "% of the time", fromZero: true,
            lines: [of("dataWait", "for images", 100), of("checkpointWait", "for checkpoints", 100),
                ...(has("communicationWait") ? [of("communicationWait", "for other ranks", 100)] : [])]});
        const memory = [];
        if (has("memory")) {
            memory.push(of("memory", "process", 1e-9));
        }
        if (has("deviceMemory")) {
            memory.push(of("deviceMemory", "GPU, peak", 1e-9));
        }
        if (memory.length > 0) {
            made.push({title: "Memory", unit: "GB", fromZero: true, lines: memory});
        }
        return made;
    }

    // Draws all charts of one run but the loss into an element; the answer takes the log again when it has grown.
    function ofRun(parent, log) {
        let drawn = [];
        const update = next => {
            const wanted = specs(next);
            const same = wanted.length === drawn.length && wanted.every((spec, i) => spec.title === drawn[i].spec.title);
            if (same) {
                wanted.forEach((spec, index) => drawn[index].set(spec));
                return;
            }
            drawn.forEach(remove);
            drawn = wanted.map(spec => new Plot(parent, spec));
        };
        update(log);
        return update;
    }

    function remove(plot) {
        plots.delete(plot);
        plot.observer.disconnect();
        plot.chart.destroy();
        plot.figure.remove();
    }

    // The same for the losses of runs: pairs of a name and a log.
    function ofLosses(parent, logs) {
        const plot = new Plot(parent, lossSpec(logs));
        return next => plot.set(lossSpec(next));
    }

    function redraw() {
        plots.forEach(plot => plot.redraw());
    }

    // A button that turns light to dark and back; what was chosen is kept where the browser allows it.
    function themeButton(button) {
        const root = document.documentElement;
        const name = () => {
            button.textContent = isDark() ? "Light" : "Dark";
            button.setAttribute("aria-label", isDark() ? "Use light colours" : "Use dark colours");
        };
        try {
            const kept = localStorage.getItem("gradus-theme");
            if (kept === "light" || kept === "dark") {
                root.dataset.theme = kept;
            }
        } catch {
            // A page from a file may have no storage.
        }
        button.addEventListener("click", () => {
            root.dataset.theme = isDark() ? "light" : "dark";
            try {
                localStorage.setItem("gradus-theme", root.dataset.theme);
            } catch {
                // As above.
            }
            name();
            redraw();
        });
        matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => {
            name();
            redraw();
        });
        name();
    }

    // A slider through the items of a list of pictures.
    function slider(range, output, items, caption) {
        const show = () => {
            const at = Number(range.value);
            items().forEach((item, index) => (item.hidden = index !== at));
            output.textContent = caption(at);
            range.setAttribute("aria-valuetext", caption(at));
        };
        range.addEventListener("input", show);
        show();
        return show;
    }

    addEventListener("beforeprint", () => {
        printing = true;
        plots.forEach(plot => plot.chart.setSize({width: 330, height: 200}));
        redraw();
    });
    addEventListener("afterprint", () => {
        printing = false;
        plots.forEach(plot => plot.resize());
        redraw();
    });

    return {element, short, ofRun, ofLosses, themeButton, slider};
})();
