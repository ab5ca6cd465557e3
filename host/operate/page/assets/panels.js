"use strict";

const tiles = {};

function beginPanels() {
  tiles.running = tile(find("#tile-running"), "Calls now", 300);
  tiles.rate = tile(find("#tile-rate"), "Calls per second", 300);
  tiles.failed = tile(find("#tile-failed"), "Failed, last 5 minutes", 300, "failures");
  tiles.cpu = tile(find("#tile-cpu"), "Script CPU", 300);
  tiles.memory = tile(find("#tile-memory"), "Memory", 300);
}

const sum = (values) => values.reduce((a, b) => a + b, 0);
const last = (values) => (values.length ? values[values.length - 1] : 0);
const recent = (values, n) => values.slice(-n);

function showTiles(s) {
  const { load, series } = s;
  tiles.running.update(count(load.running), load.max ? "of " + count(load.max) : "", "at most " + count(Math.max(load.running, ...series.running)) + " in 5 minutes", series.running);
  const rate = recent(series.started, 5);
  tiles.rate.update(figure(rate.length ? sum(rate) / rate.length : 0), "/s", count(load.started) + " in all", series.started);
  const failed = sum(series.failed);
  tiles.failed.update(count(failed), failed ? share(failed, sum(series.started)) : "", count(load.failed) + " in all" + (load.refused ? ", " + count(load.refused) + " got no script" : ""), series.failed);
  put(tiles.failed, "data-level", failed ? "high" : null);
  const cpu = recent(series.cpu, 5);
  tiles.cpu.update(((cpu.length ? sum(cpu) / cpu.length : 0) * 100).toFixed(cpu.length && sum(cpu) >= 0.5 ? 0 : 1), "%", "of one processor", series.cpu, [], 0.01);
  const full = load.memory ? load.heap / load.memory : 0;
  tiles.memory.update(size(load.heap), "", load.memory ? share(load.heap, load.memory) + " of " + size(load.memory) : "", series.heap, [], load.heap * 1.5);
  put(tiles.memory, "data-level", full > 0.9 ? "high" : full > 0.7 ? "raised" : null);
}

function showHeader(s) {
  write(find("#host"), s.host);
  write(find("#about"), s.version + " · up " + age(s.now - s.started) + " · process " + s.pid);
  const state = find("#state");
  if (s.draining) {
    write(state, "draining: " + plural(s.load.running, "call", "calls") + " left" + (s.draining.until ? ", given back " + when(s.draining.until, s.now) : ""));
    put(state, "data-state", "draining");
  } else {
    write(state, "taking calls on " + s.listen);
    put(state, "data-state", "good");
  }
  find("#drain").disabled = Boolean(s.draining);
  const down = s.nodes.filter((n) => !n.up).length, failed = sum(recent(s.series.failed, 60));
  const trouble = failed ? plural(failed, "failure", "failures") + " · " : down ? plural(down, "node", "nodes") + " down · " : "";
  document.title = trouble + plural(s.load.running, "call", "calls") + " · eslua " + s.host;
}

function showAttention(s) {
  const wrong = [];
  if (s.config_problem) wrong.push({ text: s.config_problem, bad: true });
  for (const text of s.scripts.problems) wrong.push({ text, bad: s.scripts.refused });
  for (const text of s.advice) wrong.push({ text, bad: false });
  find("#attention").hidden = !wrong.length;
  list(find("#attention ul"), wrong, (w) => w.text, () => make("li"), (li, w) => {
    write(li, w.text);
    put(li, "data-level", w.bad ? "high" : null);
  });
}

// place splits "menu.lua:12: message" into the place and the message.
function place(error) {
  const found = /^([^\s:]{1,100}:\d+): /.exec(error);
  return found ? [found[1], error.slice(found[0].length)] : ["", error];
}

function showFailures(s) {
  find("#failures .none").hidden = s.failures.length > 0;
  list(find("#failures ol"), s.failures, (f) => f.flow + "\n" + f.error, () => {
    const open = make("button", { type: "button" }, "Ladder");
    const li = make("li", {}, make("span", { class: "times" }), make("span", { class: "flow" }), make("code", { class: "place" }), make("time"), make("p"), open);
    open.addEventListener("click", () => openLadder(li.item.id));
    return li;
  }, (li, f) => {
    const [where, what] = place(f.error);
    write(find(".times", li), count(f.count) + "×");
    write(find(".flow", li), f.flow);
    write(find(".place", li), where);
    write(find("p", li), what);
    write(find("time", li), when(f.last, s.now));
    find("time", li).title = f.count > 1 ? "the first at " + when(f.first, s.now) : "";
    find("button", li).hidden = !f.id;
    put(li, "data-level", s.now - f.last < 60e3 ? "high" : null);
  });
}

// row makes a row of a table, with a label in each cell for narrow screens.
function row(...labels) {
  return make("tr", { role: "row" }, ...labels.map((label, i) => make(i ? "td" : "th", i ? { role: "cell", "data-label": label } : { role: "rowheader", scope: "row" })));
}

function showFlows(s) {
  find("#flows .none").hidden = s.flows.length > 0;
  find("#flows table").hidden = !s.flows.length;
  list(find("#flows tbody"), s.flows, (f) => f.name, (f) => {
    const tr = row("Flow", "Now", "Last minute", "Calls", "Failed", "CPU of a call", "Memory", "Serves");
    const [name, now, minute, calls, failed, cpu, memory, serves] = tr.children;
    for (const cell of [now, calls, failed]) cell.className = "n";
    calls.classList.add("total");
    name.append(make("span", { class: "name" }));
    minute.append(make("span", { class: "pace" }, (tr.spark = sparkline(60)), (tr.rate = make("span", { class: "rate" }))));
    cpu.append((tr.cpu = meter()));
    memory.append((tr.memory = meter()));
    const button = make("button", { type: "button", class: "serves" }, (tr.serves = make("code")), (tr.badge = make("span", { class: "badge" })));
    button.addEventListener("click", () => openVersions(tr.item.name));
    serves.append(button);
    return tr;
  }, (tr, f) => {
    const [name, now, , calls, failed] = tr.children;
    write(name.firstChild, f.name);
    put(name, "data-gone", f.gone || null);
    name.title = f.gone ? "no longer in the script directory" : "";
    write(now, count(f.running));
    tr.spark.update(f.recent, f.recent_failed);
    const five = recent(f.recent, 5);
    write(tr.rate, figure(five.length ? sum(five) / five.length : 0) + "/s");
    write(calls, count(f.started));
    write(failed, f.failed ? count(f.failed) + " · " + share(f.failed, f.ended) : "0");
    put(failed, "data-level", sum(recent(f.recent_failed, 60)) ? "high" : null);
    tr.cpu.update(f.cpu, f.cpu_limit, f.ended ? span(f.cpu) : "–", "on average; a call may use " + span(f.cpu_limit));
    tr.memory.update(f.memory, f.memory_limit, f.memory ? size(f.memory) : "–", "of the call that holds most; a call may hold " + size(f.memory_limit));
    const canary = s.canaries.find((c) => c.flow === f.name);
    write(tr.serves, f.generation.slice(0, 8) + "…");
    put(tr.serves.parentNode, "aria-label", "Versions of " + f.name + "; it serves " + f.generation);
    write(tr.badge, f.override ? (f.override.pinned ? "pinned" : "rolled back") : canary ? "canary " + canary.share + " %" : "");
    put(tr.badge, "data-kind", f.override ? "back" : null);
  });
  write(find("#flows-title"), s.flows_omitted ? "Flows (" + s.flows.length + " of " + (s.flows.length + s.flows_omitted) + ")" : "Flows");
}

function showNodes(s) {
  find("#nodes .none").hidden = s.nodes.length > 0;
  const order = [...s.nodes].sort((a, b) => a.up - b.up);
  list(find("#nodes ul"), order, (n) => n.name, () => make("li", {}, make("span", { class: "lamp", role: "img" }), make("strong"), make("span", { class: "address" }), make("span", { class: "since" }), make("p")), (li, n) => {
    put(li, "data-level", !n.up ? "high" : n.draining ? "raised" : null);
    put(find(".lamp", li), "aria-label", n.up ? (n.draining ? "draining" : "up") : "down");
    put(find("strong", li), "title", n.software || null);
    write(find("strong", li), n.name);
    write(find(".address", li), n.address === n.name ? "" : n.address);
    write(find(".since", li), (n.up ? "up " : "down ") + age(s.now - n.since));
    const facts = [];
    if (!n.up && n.error) facts.push(n.error);
    if (n.draining) facts.push("drained: no new calls");
    if (n.up && n.max_sessions) facts.push(count(n.sessions) + " of " + count(n.max_sessions) + " sessions", figure(Math.round(100 - n.idle_cpu)) + " % CPU", "answers in " + span(n.ping));
    if (n.restarts) facts.push("FreeSWITCH restarted " + plural(n.restarts, "time", "times"));
    if (n.connects > 1 + n.restarts) facts.push("connected " + count(n.connects) + " times");
    if (n.lost) facts.push(plural(n.lost, "event", "events") + " lost");
    write(find("p", li), facts.join(" · "));
  });
}
