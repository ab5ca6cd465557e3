"use strict";

const search = { text: "", found: null, timer: 0 };

function beginCalls() {
  const input = find("#calls input");
  input.addEventListener("input", () => {
    search.text = input.value.trim();
    search.found = null;
    clearTimeout(search.timer);
    if (search.text) search.timer = setTimeout(seek, 250);
    else if (page.state) showCalls(page.state);
  });
  document.addEventListener("keydown", (event) => {
    if (event.key !== "/" || event.ctrlKey || event.metaKey || /^(INPUT|SELECT|TEXTAREA)$/.test(event.target.tagName) || find("dialog[open]")) return;
    event.preventDefault();
    input.focus();
  });
}

// seek looks among all calls of the host, those that have ended too.
async function seek() {
  const text = search.text;
  try {
    const found = await ask("page/calls?" + new URLSearchParams({ q: text }));
    if (text === search.text) search.found = found;
  } catch (error) {
    search.found = [];
  }
  if (page.state) showCalls(page.state);
}

function showCalls(s) {
  find("#calls").hidden = !s.calls;
  if (!s.calls) return;
  const shown = search.text ? search.found || [] : s.calls;
  const none = find("#calls .none");
  none.hidden = shown.length > 0;
  find("#calls table").hidden = !shown.length;
  write(none, !search.text ? "No call is running." : search.found ? "There is no such call, and none is remembered." : "…");
  write(find("#calls-title"), search.text || s.calls.length >= s.load.running ? "Calls" : "Calls, the longest first");
  list(find("#calls tbody"), shown, (c) => c.id + c.uuid, () => {
    const tr = row("Flow", "Caller", "Waits at", "Age", "CPU", "Memory", "");
    for (const i of [3, 4, 5]) tr.children[i].className = "n";
    tr.children[1].className = tr.children[2].className = "wide";
    const open = make("button", { type: "button" }, "Ladder");
    open.addEventListener("click", () => openLadder(tr.item.id, tr.item.uuid));
    tr.lastChild.append(open);
    tr.firstChild.append(make("span", { class: "name" }));
    tr.children[1].append(make("span"), make("span", { class: "what" }));
    tr.children[2].append(make("code"), make("span", { class: "what" }));
    return tr;
  }, (tr, c) => {
    const [flow, caller, wait, lasts, cpu, memory, action] = tr.children;
    write(flow.firstChild, c.flow);
    write(caller.firstChild, c.caller || "–");
    write(caller.lastChild, c.destination ? "to " + c.destination : "");
    write(find("code", wait), c.wait ? c.wait.place : "");
    write(find(".what", wait), c.until ? (c.failed ? c.error : "ended " + (c.cause || "")) : c.wait ? c.wait.what : "computes");
    put(wait, "title", [...wait.children].map((e) => e.textContent).join(" "));
    put(caller, "title", [...caller.children].map((e) => e.textContent).join(" "));
    put(wait, "data-level", c.failed ? "high" : null);
    write(lasts, age((c.until || s.now) - c.since));
    write(cpu, span(c.cpu));
    write(memory, size(c.memory));
    action.firstChild.hidden = !c.id;
    put(action.firstChild, "aria-label", "Ladder of the call of " + (c.caller || c.uuid));
  });
}

function showWaits(s) {
  find("#waits").hidden = !s.waits;
  if (!s.waits) return;
  find("#waits .none").hidden = s.waits.length > 0;
  const most = Math.max(1, ...s.waits.map((w) => w.calls));
  list(find("#waits ol"), s.waits, (w) => w.flow + w.place + w.what, () => make("li", {}, make("strong", { class: "n" }), make("code"), make("span", { class: "what" }), make("span", { class: "track", "aria-hidden": "true" }, make("span", { class: "bar" }))), (li, w) => {
    write(find("strong", li), count(w.calls));
    write(find("code", li), w.place);
    write(find(".what", li), w.what);
    find(".bar", li).style.width = (w.calls / most) * 100 + "%";
  });
}
