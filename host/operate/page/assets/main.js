"use strict";

const panels = [showHeader, showAttention, showTiles, showFailures, showFlows, showCalls, showWaits, showNodes, showTimeline];

let drawn = false;

// show draws a state, unless nobody can see it.
function show(state) {
  if (document.hidden && drawn) return;
  drawn = true;
  document.body.classList.add("live");
  document.body.classList.remove("stale");
  for (const panel of panels) panel(state);
}

// tell says why there is no news.
function tell(message, code) {
  document.body.classList.add("stale");
  const state = find("#state");
  put(state, "data-state", "lost");
  write(state, message || "no connection to eslua" + (page.state ? "; the figures are of " + clockTime.format(page.state.now) : ""));
  if (code === 401 && !find("#signin").open) openSignIn();
}

const themes = ["auto", "light", "dark"];

function setTheme(theme) {
  const text = { auto: "Auto", light: "Light", dark: "Dark" }[theme];
  document.documentElement.dataset.theme = theme;
  write(find("#theme"), text);
  put(find("#theme"), "aria-label", "Colours: " + text);
  localStorage.setItem("theme", theme);
}

takeToken();
setTheme(themes.includes(localStorage.getItem("theme")) ? localStorage.getItem("theme") : "auto");
beginPanels();
beginCalls();
identify();

find("#theme").addEventListener("click", () => setTheme(themes[(themes.indexOf(document.documentElement.dataset.theme) + 1) % themes.length]));
find("#drain").addEventListener("click", openDrain);
find("#who").addEventListener("click", () => openSignIn());
for (const cancel of document.querySelectorAll("dialog [value=cancel]")) cancel.addEventListener("click", () => cancel.closest("dialog").close());

// A stream that is silent is a connection that is gone. A page that nobody sees gives its
// place to others after a while.
let hidden = 0;
setInterval(() => {
  hidden = document.hidden ? hidden + 1 : 0;
  if (hidden > 60 || (page.heard && performance.now() - page.heard > 8000)) reconnect();
}, 1000);
document.addEventListener("visibilitychange", () => {
  if (document.hidden) return;
  if (page.state) show(page.state);
  if (page.wake) page.wake();
});

watch(show, tell);
