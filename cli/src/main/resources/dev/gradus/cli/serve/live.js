// The live page: all runs, kept up to date by server-sent events, and drawing on demand.
"use strict";

(() => {
    const {element, short, ofRun, ofLosses, themeButton} = GradusCharts;
    const FIELDS = [
        ["seed", "Seed", "0"], ["count", "Images", "16"], ["steps", "Steps", "25"], ["guidance", "Guidance", ""],
        ["class", "Class", ""], ["prompt", "Prompt", ""],
    ];
    const runs = [];
    let updateLosses = null;

    const state = document.getElementById("state");
    themeButton(document.getElementById("theme"));

    async function json(path) {
        const answer = await fetch(path);
        if (!answer.ok) {
            throw new Error(`${path}: ${answer.status}`);
        }
        return answer.json();
    }

    function summary(log) {
        const last = log.last;
        if (last.step === undefined) {
            return "Nothing is logged yet.";
        }
        const stages = log.stages.length ? log.stages[log.stages.length - 1].stages : 1;
        return `Step ${last.step}, stage ${last.stage} of ${stages}, loss ${short(last.loss)}, `
            + `${short(last.imagesPerSecond)} images/s`;
    }

    function drawForm(run) {
        const form = element("form", {"aria-label": `Draw with ${run.name}`});
        for (const [name, label, value] of FIELDS) {
            const id = `${name}-${run.id}`;
            form.append(element("label", {for: id, text: label}), element("input", {id, name, value, autocomplete: "off"}));
        }
        const strip = `strip-${run.id}`;
        form.append(element("label", {for: strip, text: "Strip"}),
            element("input", {id: strip, name: "strip", type: "checkbox", value: "true"}));
        const button = element("button", {type: "submit", text: "Draw"});
        const progress = element("progress", {max: "1", value: "0", "aria-label": "Progress of the drawing"});
        progress.hidden = true;
        const message = element("p", {role: "alert"});
        const picture = element("img", {alt: ""});
        picture.hidden = true;
        form.append(button, progress, message);
        form.addEventListener("submit", event => {
            event.preventDefault();
            button.disabled = true;
            progress.hidden = false;
            progress.value = 0;
            message.textContent = "";
            const wishes = new URLSearchParams(new FormData(form));
            const source = new EventSource(`/runs/${run.id}/draw?${wishes}`);
            const end = text => {
                source.close();
                button.disabled = false;
                progress.hidden = true;
                message.textContent = text;
            };
            source.addEventListener("progress", e => {
                const {done, total} = JSON.parse(e.data);
                progress.max = total;
                progress.value = done;
            });
            source.addEventListener("drawn", e => {
                picture.src = JSON.parse(e.data).picture;
                picture.alt = `Drawn with seed ${form.elements.seed.value || 0}`;
                picture.hidden = false;
                end("");
            });
            source.addEventListener("failed", e => end(JSON.parse(e.data).message));
            source.addEventListener("error", () => end("The connection was lost."));
        });
        return [form, picture];
    }

    async function add(entry) {
        const run = {id: entry.id, name: entry.name, log: await json(`/runs/${entry.id}/log`)};
        run.line = element("p", {class: "soft"});
        run.newest = element("img", {alt: ""});
        const side = element("div", {class: "card"}, run.line, run.newest, ...drawForm(run));
        const charts = element("div", {class: "grid"});
        const section = element("section", {"aria-label": run.name}, element("h2", {text: run.name}),
            element("div", {class: "live"}, side, charts));
        document.getElementById("runs").append(section);
        run.update = ofRun(charts, run.log);
        runs.push(run);
        show(run);
    }

    function show(run) {
        run.line.textContent = summary(run.log);
        const samples = run.log.samples;
        run.newest.hidden = samples.length === 0;
        if (samples.length) {
            const step = samples[samples.length - 1];
            const source = `/runs/${run.id}/samples/${step}`;
            if (run.newest.getAttribute("src") !== source) {
                run.newest.src = source;
                run.newest.alt = `Samples of step ${step}`;
            }
        }
    }

    const losses = () => runs.map(run => [run.name, run.log]);

    async function changed(id) {
        const run = runs.find(one => one.id === id);
        run.log = await json(`/runs/${id}/log`);
        run.update(run.log);
        updateLosses(losses());
        show(run);
    }

    async function start() {
        for (const entry of await json("/api/runs")) {
            await add(entry);
        }
        updateLosses = ofLosses(document.getElementById("losses"), losses());
        const events = new EventSource("/api/events");
        events.addEventListener("open", () => (state.textContent = "Live"));
        events.addEventListener("error", () => (state.textContent = "The server does not answer; trying again"));
        events.addEventListener("changed", e => changed(JSON.parse(e.data).id));
    }

    start().catch(problem => (state.textContent = String(problem)));
})();
