// Puts the parts together: picks dialogues, passes on what people do, and answers keys.

/** `fetch`, where a server gives the dialogues: key -> promise of the data. */
const page = { fetch: null, entry: null, data: null, list: null, loaded: new Map(), waiting: new Map(), hidden: new Set(HIDDEN_AT_FIRST), hiddenOrigins: new Set() };
const shown = (event) => !page.hidden.has(event.type) && !page.hiddenOrigins.has(event.origin);

const player = new Player((sample, playing) => {
  byId("play").classList.toggle("playing", playing);
  byId("play").setAttribute("aria-label", playing ? "Pause" : "Play");
  showTime(sample);
  timeline.setTime(sample, playing);
  transcript.setTime(sample, playing && byId("follow").checked);
}, (text) => problem(text));
const timeline = new Timeline(byId("timeline"), {
  seek: (sample) => player.seek(sample),
  choose: (event) => choose(event),
  loop: (from, to) => setLoop([from, to]),
});
const transcript = new Transcript(byId("turns"), (sample) => {
  player.seek(sample);
  timeline.reveal(sample);
});

function problem(text) {
  byId("problem").textContent = text;
  byId("problem").hidden = !text;
}

let spoken = "";
function showTime(sample) {
  const { data } = page, seconds = sample / data.rate;
  byId("clock").replaceChildren(clockTime(seconds), element("small", { text: ` / ${clockTime(data.seconds)}` }));
  const root = byId("timeline");
  root.setAttribute("aria-valuenow", seconds.toFixed(2));
  const talking = data.words.map((words, i) => {
    const word = words[upperBound(words, sample, (entry) => entry.start) - 1];
    return word && sample < word.end ? `${data.speakers[i].label}: ${word.text}` : "";
  }).filter(Boolean).join("; ");
  const text = `${clockTime(seconds, 1)} of ${clockTime(data.seconds, 1)}${talking ? `, ${talking}` : ""}`;
  if (text !== spoken) root.setAttribute("aria-valuetext", (spoken = text));
}

/** Loads a dialogue's data: from the page itself, or from a script that lies beside it. */
function load(key) {
  if (page.loaded.has(key)) return Promise.resolve(page.loaded.get(key));
  if (page.fetch) return page.fetch(key).then((data) => keep(key, data));
  const embedded = byId(`data-${key}`);
  if (embedded) return Promise.resolve(keep(key, JSON.parse(embedded.textContent)));
  return new Promise((resolve, reject) => {
    const script = element("script", { src: `data/${encodeURIComponent(key)}.js` });
    page.waiting.set(key, resolve);
    script.addEventListener("load", () => script.remove());
    script.addEventListener("error", () => { script.remove(); reject(new Error("This dialogue’s data could not be read: the data folder must lie beside the page.")); });
    document.head.append(script);
  });
}

/** Keeps the last few dialogues, so that going back is instant and memory stays small. */
function keep(key, data) {
  page.loaded.set(key, prepare(data));
  if (page.loaded.size > 6) page.loaded.delete(page.loaded.keys().next().value);
  return data;
}

async function pick(entry) {
  page.entry = entry;
  page.list.mark(entry);
  byId("list").classList.remove("open");
  byId("open-list").setAttribute("aria-expanded", "false");
  try {
    const data = await load(entry.key);
    if (page.entry !== entry) return; // another one was picked meanwhile
    show(entry, data);
  } catch (error) {
    problem(error.message);
  }
}

function show(entry, data) {
  page.data = data;
  player.show(data);
  problem(player.ready ? "" : "This dialogue has no sound: its lanes show when people talk.");
  try { history.replaceState(null, "", `#${encodeURIComponent(entry.id)}`); } catch { /* some browsers refuse it for a page from a disk */ }
  byId("name").textContent = data.id;
  const people = data.speakers.map((speaker, i) => element("span", { own: i, dir: "auto" }, element("span", { className: "dot" }), speaker.voice ? `${speaker.label}, voice ${speaker.voice}` : speaker.label));
  byId("facts").replaceChildren(...people, element("span", { text: duration(data.seconds) }), element("span", { text: entry.licence || "licence not stated", dir: "auto" }));
  byId("play").disabled = !player.ready;
  byId("timeline").setAttribute("aria-valuemax", data.seconds.toFixed(2));
  transcript.show(data);
  showHear();
  showFilters();
  timeline.show(data, shown);
  byId("about").replaceChildren(...about(data));
  choose(null);
  showTime(0);
}

function showHear() {
  const { data } = page, choices = [[null, "Everybody"], ...data.speakers.map((speaker, i) => [i, speaker.label])];
  const box = byId("hear");
  box.replaceChildren(...choices.map(([only, text]) => {
    const button = element("button", { type: "button", role: "radio", dir: "auto", text, title: only === null ? "Hear everybody" : `Hear only ${text}`, "aria-checked": String(player.only === only) });
    button.tabIndex = player.only === only ? 0 : -1;
    button.disabled = !player.ready || (only !== null && !player.address(only));
    button.addEventListener("click", () => hear(only));
    return button;
  }));
}

function hear(only) {
  if (!player.ready || (only !== null && !player.address(only))) return;
  player.hear(only);
  const focused = byId("hear").contains(document.activeElement);
  showHear();
  if (focused) byId("hear").querySelector('[aria-checked="true"]').focus();
}

function showFilters() {
  const { data } = page;
  const chip = (text, n, off, colour, meaning) => {
    const button = element("button", { type: "button", className: "chip", title: meaning, "aria-pressed": String(!off) }, element("i"), text, element("span", { className: "count", text: String(n) }));
    if (colour) button.style.setProperty("--own", `var(--${colour})`);
    return button;
  };
  const fill = (box, names, field, hidden, colour) => {
    const present = names.map((name) => [name, data.events.filter((event) => event[field] === name).length]).filter(([, n]) => n);
    byId(box).replaceChildren(...present.map(([name, n]) => {
      const button = chip(typeName(name), n, hidden.has(name), colour(name), MEANING[name] ?? `events with the origin “${name}”`);
      if (field === "origin") button.dataset.origin = name;
      button.addEventListener("click", () => {
        if (!hidden.delete(name)) hidden.add(name);
        button.setAttribute("aria-pressed", String(!hidden.has(name)));
        timeline.arrange();
        showEvents();
      });
      return button;
    }));
    return present.length;
  };
  const inOrder = TYPES.toSorted((a, b) => HIDDEN_AT_FIRST.includes(a) - HIDDEN_AT_FIRST.includes(b));
  fill("types", inOrder, "type", page.hidden, (name) => name);
  byId("origins").hidden = fill("origins", ORIGINS, "origin", page.hiddenOrigins, () => "") < 2;
  showEvents();
}

function showEvents() {
  const events = distinct(page.data.events.filter(shown));
  byId("all-events").querySelector("summary").textContent = `All ${events.length.toLocaleString("en")} shown events as a list`;
  const details = byId("all-events");
  const fill = () => fillEvents(byId("events"), events, page.data, choose);
  details.ontoggle = () => { if (details.open) fill(); };
  if (details.open) fill();
}

function choose(event) {
  const { data } = page;
  timeline.chosen = event;
  byId("event").replaceChildren(...(event ? eventDetails(event, data)
    : [element("p", { className: "quiet", text: data.events.length ? "Pick an event on the timeline, or step through them with N and P." : "This dialogue has no events." })]));
  if (event) {
    setLoop(null);
    player.seek(event.start);
    timeline.reveal(event.start, event.end);
  }
  timeline.redraw();
}

/** The next shown event after the chosen one (or after the playhead), in direction `step`. */
function stepEvent(step) {
  const events = distinct(page.data.events.filter(shown));
  const at = events.indexOf(timeline.chosen);
  const next = at >= 0 ? at + step : upperBound(events, timeline.time, (event) => event.start) - (step < 0 ? 1 : 0);
  if (events[next]) choose(events[next]);
}

function setLoop(loop) {
  timeline.loop = loop;
  player.setLoop(loop);
  timeline.redraw();
}

/** A loop a little wider than the chosen event, so that one hears what leads to it. */
function loopChosen() {
  const { data } = page, event = timeline.chosen;
  if (timeline.loop || !event) { setLoop(null); return; }
  const loop = [Math.max(0, event.start - 1.5 * data.rate), Math.min(data.length, event.end + data.rate)];
  timeline.reveal(...loop);
  setLoop(loop);
  player.play();
}

function go(step) {
  const next = page.list.neighbour(page.entry, step);
  if (next) pick(next);
}

function onKey(event) {
  const { target } = event;
  if (!page.data || event.ctrlKey || event.metaKey || event.altKey || byId("help").open) return;
  if (target.matches("input:not([type=checkbox]), select, textarea")) return;
  const presses = target.closest("button, summary, a, [type=checkbox]");
  if (presses && [" ", "Enter"].includes(event.key)) return;
  const arrow = (step) => {
    if (target.getAttribute("role") === "radio") {
      const all = [null, ...page.data.speakers.keys()];
      hear(all[clamp(all.indexOf(player.only) + step, 0, all.length - 1)]);
    } else nudge(step * (event.shiftKey ? 5 : 1));
  };
  const nudge = (seconds) => {
    player.seek(timeline.time + seconds * page.data.rate);
    timeline.reveal(timeline.time);
  };
  const actions = {
    " ": () => player.toggle(), ArrowLeft: () => arrow(-1), ArrowRight: () => arrow(1),
    Home: () => nudge(-1e9), End: () => nudge(1e9),
    "+": () => timeline.zoom(1 / 1.5), "=": () => timeline.zoom(1 / 1.5), "-": () => timeline.zoom(1.5), 0: () => timeline.fit(),
    n: () => stepEvent(1), p: () => stepEvent(-1), l: loopChosen, j: () => go(1), k: () => go(-1), b: () => hear(null),
    Escape: () => { setLoop(null); choose(null); }, "?": () => byId("help").showModal(),
  };
  const action = /^[1-9]$/.test(event.key) ? () => hear(Number(event.key) - 1) : actions[event.key.length === 1 ? event.key.toLowerCase() : event.key];
  if (!action) return;
  event.preventDefault();
  action();
}

function start(corpus) {
  showFigures(corpus);
  page.list = new DialogueList(corpus, pick);
  const wanted = decodeURIComponent(location.hash.slice(1));
  pick(page.list.entries.find((entry) => entry.id === wanted) ?? page.list.entries[0]);
}

byId("play").addEventListener("click", () => player.toggle());
byId("speed").addEventListener("change", (event) => player.setSpeed(Number(event.target.value)));
byId("zoom-in").addEventListener("click", () => timeline.zoom(1 / 1.6));
byId("zoom-out").addEventListener("click", () => timeline.zoom(1.6));
byId("zoom-fit").addEventListener("click", () => timeline.fit());
byId("event-before").addEventListener("click", () => stepEvent(-1));
byId("event-after").addEventListener("click", () => stepEvent(1));
byId("open-help").addEventListener("click", () => byId("help").showModal());
byId("open-list").addEventListener("click", () => {
  byId("open-list").setAttribute("aria-expanded", String(byId("list").classList.toggle("open")));
});
document.addEventListener("keydown", onKey);
window.matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => {
  colourScheme.current = readColours();
  timeline.recolour();
  page.list?.repaint();
});

const receive = (key, data) => {
  const resolve = page.waiting.get(key);
  page.waiting.delete(key);
  if (resolve) resolve(keep(key, data));
};
window.interactspeech = Object.freeze({ start, receive });
if (byId("corpus")) start(JSON.parse(byId("corpus").textContent));
