"use strict";

// sparkline makes a small chart; update shows values, the newest at the right.
function sparkline(points, kind = "") {
  const area = draw("path", { class: "area" }), line = draw("path", { class: "line" }), bad = draw("path", { class: "bad" });
  const svg = draw("svg", { class: "spark " + kind, viewBox: "0 0 " + (points - 1) + " 100", preserveAspectRatio: "none", "aria-hidden": "true" }, area, line, bad);
  svg.update = (values, failed = [], least = 1) => {
    const top = Math.max(least, ...values) * 1.08;
    const x = (i, of) => points - of.length + i, y = (v) => (100 - (v / top) * 96).toFixed(1);
    const trace = values.map((v, i) => x(i, values) + " " + y(v)).join("L");
    put(line, "d", trace && "M" + trace);
    put(area, "d", trace && "M" + x(0, values) + " 100L" + trace + "L" + (points - 1) + " 100Z");
    put(bad, "d", failed.map((v, i) => (v > 0 ? "M" + x(i, failed) + " 100V" + Math.min(92, y(v)) : "")).join(""));
  };
  return svg;
}

// meter makes a bar that shows how much of a limit is used.
function meter() {
  const bar = make("span", { class: "bar" }), text = make("span", { class: "text" });
  const element = make("span", { class: "meter" }, text, make("span", { class: "track", "aria-hidden": "true" }, bar));
  element.update = (used, limit, written, title) => {
    const part = limit > 0 ? Math.min(1, used / limit) : 0;
    bar.style.width = (used > 0 ? Math.max(2, part * 100) : 0) + "%";
    put(element, "data-level", part >= 0.9 ? "high" : part >= 0.7 ? "raised" : null);
    write(text, written);
    bar.parentNode.hidden = !(used > 0);
    put(element, "title", title || null);
  };
  return element;
}

// tile makes one of the large figures.
function tile(element, label, points, kind) {
  const value = make("span", { class: "value" }), unit = make("span", { class: "unit" }), note = make("p", { class: "note" });
  const chart = sparkline(points, kind);
  element.append(make("h3", {}, label), make("p", { class: "figure" }, value, unit), note, chart);
  element.update = (figureText, unitText, noteText, values, failed, least) => {
    write(value, figureText);
    write(unit, unitText);
    write(note, noteText);
    chart.update(values, failed, least);
  };
  return element;
}
