"use strict";
// The token is kept for this tab only, and sent in a header only.

const page = { token: "", who: "", state: null, heard: 0, link: null, failures: 0 };

// takeToken takes the token out of the link that eslua page has printed.
function takeToken() {
  const given = new URLSearchParams(location.hash.slice(1)).get("token");
  if (given) {
    sessionStorage.setItem("token", given);
    history.replaceState(null, "", location.pathname);
  }
  page.token = sessionStorage.getItem("token") || "";
}

function headers() {
  const sent = { "Eslua-Page": "1" };
  if (page.token) sent.Authorization = "Bearer " + page.token;
  return sent;
}

// ask gets an answer from eslua, or raises an Error with what it said.
async function ask(path, body) {
  const options = { headers: headers(), cache: "no-store", credentials: "omit", redirect: "error" };
  if (body) {
    options.method = "POST";
    options.body = JSON.stringify(body);
  }
  const answer = await fetch(path, options).catch(() => {
    throw new Error("eslua does not answer");
  });
  return read(answer);
}

async function read(answer) {
  const said = await answer.json().catch(() => ({}));
  if (answer.ok) return said;
  const error = new Error(said.error || "eslua answered with status " + answer.status);
  error.code = answer.status;
  throw error;
}

// identify learns whose the token is.
async function identify() {
  page.who = "";
  if (page.token) {
    try {
      page.who = (await ask("page/whoami")).message;
    } catch (error) {
      if (error.code !== 401) return;
      page.token = "";
      sessionStorage.removeItem("token");
    }
  }
  find("#who").textContent = page.who || "Sign in";
  find("#who").title = page.who ? "What you change is logged with this name" : "";
}

// watch reads states for as long as the page is open, and connects again when it must.
async function watch(show, tell) {
  for (;;) {
    page.link = new AbortController();
    try {
      const answer = await fetch("page/stream", { headers: headers(), cache: "no-store", credentials: "omit", redirect: "error", signal: page.link.signal });
      if (!answer.ok) await read(answer);
      page.failures = 0;
      await states(answer.body.getReader(), show);
      tell("");
    } catch (error) {
      page.failures++;
      tell(error.code ? error.message : "", error.code);
    }
    await new Promise((resolve) => {
      page.wake = resolve;
      if (!document.hidden) setTimeout(resolve, Math.min(10, 2 ** page.failures) * 500);
    });
  }
}

const mostText = 4 << 20; // characters of one state

// states shows each state that arrives; of several that arrived together the newest.
async function states(reader, show) {
  const decoder = new TextDecoder();
  let text = "";
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    text += decoder.decode(value, { stream: true });
    const end = text.lastIndexOf("\n\n");
    if (end >= 0) {
      const start = text.lastIndexOf("\n\n", end - 1);
      const event = text.slice(start < 0 ? 0 : start + 2, end);
      text = text.slice(end + 2);
      page.heard = performance.now();
      page.state = JSON.parse(event.slice("data: ".length));
      show(page.state);
    } else if (text.length > mostText) throw new Error("a state is too long");
  }
}

// hang up ends the stream; watch connects again.
const reconnect = () => page.link && page.link.abort();
