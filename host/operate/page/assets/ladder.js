"use strict";
// One call as a sequence diagram: a rung is a line of an ordered list, with an arrow
// between the lifelines of who did something and of who it was done to.

const lanes = ["caller", "switch", "script", "services"];
const laneNames = { caller: "Caller", switch: "FreeSWITCH", script: "Script", services: "Servers" };

// What a script's function reaches; what is in neither list stays in the script.
const reaches = [
  [/^(session|api|freeswitch|event|originate|callback|conference|esl|chat|con|consumer|leg)\b/i, "switch"],
  [/^(http|dbh|outbox|kv|queue|socket|smtp|mail|udp|tcp|stream|env|luasql|conn|cur)\b/i, "services"],
];

// ends returns from where to where a rung goes.
function ends(rung) {
  if (rung.who === "caller") return ["caller", "switch"];
  if (rung.who === "switch") return ["switch", "script"];
  if (rung.who === "script") {
    const found = reaches.find(([pattern]) => pattern.test(rung.what));
    if (found) return ["script", found[1]];
  }
  return ["script", "script"];
}

const ladder = { of: {}, timer: 0 };

// openLadder shows a call, and what happens in it while it runs.
function openLadder(id, uuid) {
  const dialog = find("#ladder");
  ladder.of = id ? { id } : { uuid };
  write(find("h2", dialog), "Call");
  write(find(".facts", dialog), "");
  write(find(".said", dialog), "");
  find(".lanes", dialog).replaceChildren();
  find("ol", dialog).replaceChildren();
  dialog.showModal();
  follow();
}

async function follow() {
  clearTimeout(ladder.timer);
  const dialog = find("#ladder"), of = ladder.of;
  if (!dialog.open) return;
  let call = null;
  try {
    call = await ask("page/call?" + new URLSearchParams(of));
    if (of !== ladder.of) return;
    write(find(".said", dialog), "");
    showLadder(dialog, call);
  } catch (error) {
    write(find(".said", dialog), error.message);
  }
  if (!call || !call.until) ladder.timer = setTimeout(follow, 1000);
}

function showLadder(dialog, call) {
  write(find("h2", dialog), [call.flow, call.caller && "from " + call.caller, call.destination && "to " + call.destination].filter(Boolean).join(" "));
  const facts = [call.uuid, clockTime.format(call.since), call.until ? "lasted " + age(call.until - call.since) : "runs since " + age(page.state.now - call.since), call.state];
  if (call.cause) facts.push(call.cause);
  if (call.cpu) facts.push("CPU " + span(call.cpu));
  if (call.memory) facts.push(size(call.memory));
  if (call.omitted) facts.push(plural(call.omitted, "step", "steps") + " not kept");
  write(find(".facts", dialog), facts.filter(Boolean).join(" · "));
  const used = lanes.filter((lane) => lane !== "services" || call.ladder.some((rung) => ends(rung).includes(lane)));
  put(dialog, "data-lanes", used.length);
  list(find(".lanes", dialog), used, (lane) => lane, () => make("span"), (span, lane) => write(span, laneNames[lane]));
  list(find("ol", dialog), call.ladder, (rung) => rung.n, beginRung, (li, rung) => showRung(li, rung, used));
}

function beginRung() {
  return make("li", {}, make("time"), make("div", { class: "lane-area" }, make("p", {}, make("span", { class: "what" }), make("span", { class: "line" })), make("i", { class: "arrow", "aria-hidden": "true" })));
}

function showRung(li, rung, used) {
  const [from, to] = ends(rung), start = used.indexOf(from), end = used.indexOf(to);
  write(find("time", li), (rung.ms / 1000).toFixed(3));
  write(find(".what", li), rung.what);
  const facts = [];
  if (rung.line) facts.push((rung.file || "line") + ":" + rung.line);
  if (rung.took >= 1) facts.push("took " + span(rung.took / 1000));
  if (rung.open) facts.push("waits");
  write(find(".line", li), facts.join(" · "));
  put(li, "data-who", rung.who);
  put(li, "data-level", rung.failed ? "high" : null);
  put(li, "data-open", rung.open || null);
  put(li, "data-arrow", start === end ? "self" : start < end ? "right" : "left");
  put(li, "data-left", Math.min(start, end));
  put(li, "data-reach", Math.abs(start - end));
}
