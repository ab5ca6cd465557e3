"use strict";

const kinds = { served: "generation", pinned: "pinned", "rolled back": "rolled back", canary: "canary" };

// changed lists the files that a generation changed.
function changed(e) {
  const parts = [];
  if (e.edited) parts.push("edited " + e.edited.join(", "));
  if (e.added) parts.push("added " + e.added.join(", "));
  if (e.removed) parts.push("removed " + e.removed.join(", "));
  if (e.files) parts.push("and " + plural(e.files, "file", "files") + " more");
  return parts.join("; ") || (e.scripts ? plural(e.scripts, "script", "scripts") : "");
}

function showTimeline(s) {
  const everything = s.timeline.find((e) => e.kind !== "served" && e.kind !== "canary" && !e.flow);
  const serving = everything ? everything.generation : s.scripts.generation;
  list(find("#timeline ol"), s.timeline, (e) => [e.at, e.kind, e.generation, e.flow].join(), (e) => {
    const head = make("div", { class: "head" }, make("span", { class: "what" }), make("code"), make("time"), make("span", { class: "badge" }));
    const li = make("li", {}, head);
    if (e.kind === "served") {
      const again = make("button", { type: "button", "aria-label": "Serve generation " + e.generation + " again" }, "Serve…");
      again.addEventListener("click", () => openVersions("", e.generation));
      li.append(again);
    }
    li.append(make("p"), make("div", { class: "arms" }));
    return li;
  }, (li, e) => {
    put(li, "data-kind", e.kind);
    write(find("time", li), when(e.at, s.now));
    write(find(".what", li), e.flow ? e.flow + " " + kinds[e.kind] : kinds[e.kind]);
    write(find("code", li), e.generation.slice(0, 8));
    const now = e.kind === "served" && e.generation === serving;
    write(find(".badge", li), now ? "serves now" : e.kind === "served" && e.current ? "in the directory" : "");
    put(find(".badge", li), "data-kind", now ? "now" : null);
    put(li, "data-now", now || null);
    write(find("p", li), e.kind === "served" ? changed(e) : e.why || "");
    if (e.kind === "served") find("button", li).hidden = now;
    const canary = e.kind === "canary" && s.canaries.find((c) => c.flow === (e.flow || ""));
    showArms(find(".arms", li), canary, s.now);
  });
}

// showArms compares the two versions of a canary.
function showArms(element, canary, now) {
  element.hidden = !canary;
  if (!canary) return;
  if (!element.firstChild) {
    element.append((element.old = meter()), (element.new = meter()), (element.until = make("p")));
  }
  const arm = (c) => plural(c.ended, "call", "calls") + ", " + share(c.failed, c.ended) + " failed";
  element.old.update(canary.old.failed, canary.old.ended, canary.old.generation.slice(0, 8) + ": " + arm(canary.old));
  element.new.update(canary.new.failed, canary.new.ended, canary.new.generation.slice(0, 8) + ": " + arm(canary.new));
  write(element.until, canary.share + " % of the calls get it; decided after " + plural(canary.calls, "call", "calls") + ", not before " + when(canary.until, now));
}
