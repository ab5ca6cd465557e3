"use strict";

// button makes a button of a dialog.
function button(text, kind, act) {
  const b = make("button", { type: "button", class: kind }, text);
  b.addEventListener("click", act);
  return b;
}

// withToken calls act when it is known who orders.
function withToken(act) {
  if (page.who) act();
  else openSignIn(act);
}

function openSignIn(then = () => {}) {
  const dialog = find("#signin"), input = find("input", dialog), said = find(".said", dialog);
  input.value = "";
  write(said, "");
  dialog.showModal();
  const enter = async () => {
    page.token = input.value.trim();
    sessionStorage.setItem("token", page.token);
    await identify();
    if (!page.who) return write(said, "This token is not valid, or no longer.");
    dialog.close();
    reconnect();
    then();
  };
  find("[value=ok]", dialog).onclick = enter;
  input.onkeydown = (event) => event.key === "Enter" && enter();
}

// openOrder asks for confirmation, and gives the order.
function openOrder(title, effect, choices) {
  const dialog = find("#order"), said = find(".said", dialog), buttons = find(".buttons", dialog);
  write(find("h2", dialog), title);
  write(find(".effect", dialog), effect);
  write(said, "");
  find(".choice", dialog).hidden = true;
  find(".diff", dialog).hidden = true;
  const cancel = button("Cancel", "", () => dialog.close());
  buttons.replaceChildren(cancel, ...choices.map((c) => button(c.text, c.kind || "main", async () => {
    for (const b of buttons.children) b.disabled = true;
    try {
      const answer = await ask("page/" + c.order, c.body());
      write(said, "");
      put(said, "data-level", null);
      write(find(".effect", dialog), answer.message);
      buttons.replaceChildren(button("Close", "main", () => dialog.close()));
      buttons.firstChild.focus();
    } catch (error) {
      write(said, error.message);
      for (const b of buttons.children) b.disabled = false;
    }
  })));
  dialog.showModal();
  cancel.focus();
  return dialog;
}

function openDrain() {
  withToken(() => openOrder("Drain this host?", "eslua takes no new calls from now on: FreeSWITCH gives them to the next host or continues with their dialplans. It ends after the last of " + plural(page.state.load.running, "call", "calls") + ". This cannot be undone; systemd starts eslua again if the unit says so.", [{ text: "Drain", kind: "grave", order: "drain", body: () => ({}) }]));
}

// openVersions offers what calls of a flow, or of all flows, can get instead.
function openVersions(flow, generation) {
  withToken(() => {
    const s = page.state, name = flow || "all flows";
    const override = flow ? (s.flows.find((f) => f.name === flow) || {}).override : s.timeline.find((e) => !e.flow && (e.kind === "pinned" || e.kind === "rolled back"));
    const select = find("#order select");
    const chosen = () => ({ flow, generation: select.value });
    const choices = [
      { text: "Roll back", order: "rollback", body: chosen },
      { text: "Pin", kind: "plain", order: "pin", body: () => (select.value ? chosen() : { flow, generation: s.scripts.generation }) },
    ];
    if (override) choices.unshift({ text: "Unpin", kind: "plain", order: "unpin", body: () => ({ flow, generation: "" }) });
    const dialog = openOrder("Versions of " + name, "Roll back: new calls get the generation until the next change in the directory. Pin: whatever changes there, until it is unpinned. Running calls keep what they have.", choices);
    const offered = s.timeline.filter((e) => e.kind === "served");
    select.replaceChildren(
      make("option", { value: "" }, flow ? "the last one in which " + flow + " was different" : "the one before"),
      ...offered.map((e) => make("option", { value: e.generation }, e.generation.slice(0, 8) + " · " + when(e.at, s.now) + " · " + changed(e).slice(0, 60))),
    );
    select.value = generation || "";
    find(".choice", dialog).hidden = false;
    const preview = async () => {
      const diff = find(".diff", dialog);
      try {
        const answer = await ask("page/diff?" + new URLSearchParams({ flow, from: select.value ? s.scripts.generation : "", to: select.value }));
        showDiff(diff, answer.message);
      } catch (error) {
        showDiff(diff, error.message);
      }
      diff.hidden = false;
    };
    select.onchange = preview;
    preview();
  });
}

// showDiff colours the lines of a diff.
function showDiff(element, text) {
  element.replaceChildren(...text.split("\n").map((line) => make("span", { class: /^\+(?!\+\+)/.test(line) ? "plus" : /^-(?!--)/.test(line) ? "minus" : "" }, line + "\n")));
}
