// The labelling page: picks dialogues, turns what a person does into edits, answers keys.

const work = { task: null, rows: [], total: 0, key: null, data: null, selection: null, chosenId: null, suggestions: [], speech: [], snapping: true, looping: false, listening: true, loads: 0, turn: Promise.resolve() };
const LEVELS = ["", "1", "0.75", "0.5"];

const store = new LabelStore(() => refresh(), (waiting, problem) => {
  const box = byId("saved");
  box.textContent = problem ? `${waiting} not saved: ${problem}` : waiting ? `saving ${waiting}…` : "saved";
  box.classList.toggle("waiting", Boolean(problem));
  byId("problem").textContent = store.blocked;
  byId("problem").hidden = !store.blocked;
});
const player = new TrackPlayer((sample, playing) => {
  byId("play").classList.toggle("playing", playing);
  byId("play").setAttribute("aria-label", playing ? "Pause" : "Play");
  showTime(sample);
  timeline.setTime(sample, playing);
}, (text) => say(text));
const timeline = new LabelTimeline(byId("timeline"), {
  seek: (sample, pointer) => {
    if (pointer) setActive(timeline.trackAt(pointer.clientY));
    choose(null);
    player.seek(sample);
  },
  choose: (event) => choose(event.id),
  word: (word) => choose(word.id),
  loop: (from, to, pointer) => {
    if (pointer) setActive(timeline.trackAt(pointer.clientY));
    select(from, to);
  },
  grab: (pointer) => grab(pointer),
});

const say = (text) => { byId("said").textContent = text; };
const seconds = (sample) => sample / work.data.rate;
const speakerIndex = (id) => work.data.speakers.findIndex((speaker) => speaker.id === id);

// The list of dialogues

async function fillList(from = 0) {
  const search = byId("search").value, state = byId("state").value;
  const answer = await ask(`api/dialogues?search=${encodeURIComponent(search)}&state=${state}&offset=${from}&limit=100`);
  work.rows = from ? [...work.rows, ...answer.rows] : answer.rows;
  work.total = answer.total;
  byId("totals").textContent = `${work.task.annotator}${work.task.adjudicates ? ", who decides" : ""} · ${answer.done.toLocaleString("en")} of ${answer.all.toLocaleString("en")} done`;
  renderList();
  byId("no-items").hidden = work.rows.length > 0;
  byId("more-items").hidden = work.rows.length >= work.total;
}

function renderList() {
  byId("items").replaceChildren(...work.rows.map((row) => {
    const state = { new: "not begun", begun: `${row.events} event${row.events === 1 ? "" : "s"}`, done: `done, ${row.events} event${row.events === 1 ? "" : "s"}` }[row.state];
    const button = element("button", { type: "button", className: "item", "aria-current": String(row.id === work.key) },
      element("span", { className: "item-top" }, element("span", { className: "item-name", text: row.id, dir: "auto" }), element("span", { className: "item-time", text: clockTime(row.seconds, 0) })),
      element("span", { className: `state ${row.state}`, text: state }));
    button.addEventListener("click", () => pick(row.id));
    return element("li", {}, button);
  }));
}

/** What the list says of the dialogue in hand, as its labels change. */
function renewRow() {
  const row = work.rows.find(({ id }) => id === work.key);
  if (!row || !store.edited.size) return;
  const events = work.data.events.filter((event) => event.kind === "event").length;
  const state = store.items.has("done") ? "done" : "begun";
  if (row.events === events && row.state === state) return;
  Object.assign(row, { events, state });
  renderList();
}

async function pick(key) {
  const load = ++work.loads;
  let answer;
  try { answer = await ask(`api/dialogue?id=${encodeURIComponent(key)}`); } catch (error) { say(error.message); return; }
  if (load !== work.loads) return;
  work.key = key;
  const data = prepare(answer.record);
  Object.assign(data, { sound: answer.sound, active: 0, audible: data.speakers.map(() => true) });
  work.speech = answer.speech;
  if (!data.utterances.length) data.spans = answer.speech;
  Object.assign(work, { data, suggestions: answer.suggestions, others: answer.others ?? [], selection: null, chosenId: null });
  store.load(key, answer);
  player.show(data);
  byId("name").textContent = data.id;
  byId("facts").replaceChildren(...data.speakers.map((speaker, i) => element("span", { own: i, dir: "auto" }, element("span", { className: "dot" }), speaker.label)), element("span", { text: duration(data.seconds) }));
  byId("play").disabled = !data.sound;
  byId("timeline").setAttribute("aria-valuemax", data.seconds.toFixed(2));
  byId("list").classList.remove("open");
  try { history.replaceState(null, "", `${location.pathname}#${encodeURIComponent(key)}`); } catch { /* not allowed here */ }
  showTracks();
  refresh(true);
  timeline.show(data, () => true);
  showTime(0);
  if (answer.changed) {
    store.blocked = "This dialogue has changed on the disk since its labels were begun: nothing more is labelled on it.";
    store.report(store.blocked);
  }
  say(data.sound ? "" : "This dialogue has no sound.");
  for (const button of document.querySelectorAll(".item")) button.setAttribute("aria-current", String(button.querySelector(".item-name").textContent === key));
}

// What stands, as the timeline wants it

const verdicts = () => new Map([...store.items.values()].filter((item) => item.kind === "verdict").map((item) => [item.suggestion, item.verdict]));

/** Puts the store's items into the data that the timeline draws. */
function refresh(first = false) {
  const { data } = work;
  if (!data) return;
  const words = data.speakers.map(() => []), events = [];
  for (const [id, item] of store.items) {
    const speaker = speakerIndex(item.speaker);
    if (item.kind === "word" && speaker >= 0) words[speaker].push({ id, kind: "word", text: item.text, start: item.start ?? 0, end: item.end, speaker, utterance: { unsaid: [] } });
    if (item.kind === "event" && speaker >= 0) {
      events.push({ id, kind: "event", type: item.type, speaker, partner: null, start: item.start ?? 0, end: item.end ?? 0, origin: "human", attributes: [], utterance: "", probability: null, confidence: item.confidence, note: item.note,
        label: `${typeName(item.type)}${item.confidence !== undefined && item.confidence < 1 ? " ?" : ""}${item.note ? " ✎" : ""}`, seconds: ((item.end ?? 0) - (item.start ?? 0)) / data.rate });
    }
  }
  const answered = verdicts();
  for (const { id, item, origin, probability } of work.suggestions) {
    const speaker = speakerIndex(item.speaker);
    if (answered.has(id) || speaker < 0) continue;
    const votes = work.task.adjudicates;
    events.push({ id, kind: "suggestion", type: item.type, speaker, partner: null, start: item.start ?? 0, end: item.end ?? 0, origin: ["planned", "rule", "model"].includes(origin) ? origin : "model", said: origin, attributes: [], utterance: "", probability,
      majority: votes && majority(origin), label: votes ? `${typeName(item.type)} ${origin.split(":")[0]}` : typeName(item.type), seconds: ((item.end ?? 0) - (item.start ?? 0)) / data.rate });
  }
  words.forEach((list) => list.sort((a, b) => a.start - b.start));
  events.sort((a, b) => a.start - b.start || a.end - b.end);
  data.words = words;
  data.longestWord = words.map((list) => list.reduce((most, word) => Math.max(most, word.end - word.start), 0));
  data.events = events;
  const found = find(work.chosenId);
  if (!found) work.chosenId = null;
  timeline.chosen = found;
  if (!first) timeline.arrange();
  showEditor();
  showLabels();
  showOthers();
  showConflicts();
  const done = store.items.has("done");
  byId("done").setAttribute("aria-pressed", String(done));
  byId("done").textContent = done ? "Done ✓" : "Done";
  byId("undo").disabled = !store.doneEdits.length;
  byId("redo").disabled = !store.undone.length;
  renewRow();
}

/** Of "2 of 3: anna, ben": whether that is more than half. */
function majority(origin) {
  const found = /^(\d+) of (\d+)/.exec(origin);
  return Boolean(found) && Number(found[1]) * 2 > Number(found[2]);
}

function find(id) {
  if (!id) return null;
  return work.data.events.find((event) => event.id === id) ?? work.data.words.flat().find((word) => word.id === id) ?? null;
}

// Choosing and selecting

function choose(id, { seek = false } = {}) {
  work.chosenId = id;
  const found = find(id);
  timeline.chosen = found;
  if (found) {
    setActive(found.speaker);
    select(null);
    if (seek) {
      timeline.reveal(found.start, found.end);
      if (work.listening && player.ready) player.playRange(found.start, Math.max(found.end, found.start + work.data.rate / 4));
      else player.seek(found.start);
    }
    say(describe(found));
  }
  if (work.looping) setLoop(true);
  showEditor();
  showLabels();
  timeline.redraw();
}

function describe(found) {
  const who = work.data.speakers[found.speaker].label;
  const what = found.kind === "word" ? `word “${found.text}”` : `${found.kind === "suggestion" ? "suggested " : ""}${typeName(found.type)}`;
  return `${who}: ${what}, ${clockTime(seconds(found.start))} to ${clockTime(seconds(found.end))}${found.said && found.kind === "suggestion" ? ` (${found.said})` : ""}`;
}

/** Selects [from, to) of the active track; null selects nothing. */
function select(from, to) {
  const { data } = work;
  work.selection = from === null ? null : [Math.round(clamp(Math.min(from, to), 0, data.length)), Math.round(clamp(Math.max(from, to), 0, data.length))];
  timeline.loop = work.selection;
  if (work.selection) {
    work.chosenId = null;
    timeline.chosen = null;
    say(`${data.speakers[data.active].label}: selected ${clockTime(seconds(work.selection[0]))} to ${clockTime(seconds(work.selection[1]))}. A number labels it.`);
    showEditor();
  }
  if (work.looping) setLoop(true);
  timeline.redraw();
}

function setActive(speaker) {
  const { data } = work;
  if (!data || speaker < 0 || speaker >= data.speakers.length) return;
  data.active = speaker;
  showTracks();
  timeline.redraw();
}

/** The next stretch of speech on the active track, in direction `step`. */
function stepSpeech(step) {
  const { data, selection } = work, spans = work.speech[data.active] ?? [], { chosen } = timeline;
  // From the selection on, or from the label that was made of it and need not share its edges;
  // from the playhead, where a person has moved it away.
  const here = selection ?? (chosen ? [chosen.start, chosen.end] : null), reach = data.rate / 4;
  const at = here && timeline.time >= here[0] - reach && timeline.time <= here[1] + reach;
  const now = !at ? timeline.time - (step > 0 ? 1 : 0) : selection ? selection[0] : step > 0 ? (here[0] + here[1]) / 2 : here[0] - data.rate / 10;
  const next = step > 0 ? spans.find(([start]) => start > now) : spans.findLast(([start]) => start < now);
  if (!next) { say(step > 0 ? "No more speech on this track." : "No speech before this on the track."); return; }
  select(...next);
  timeline.reveal(...next);
  if (work.listening && player.ready) player.playRange(...next); else player.seek(next[0]);
}

function stepLabel(step) {
  const { data } = work, all = [...data.events, ...(timeline.chosen?.kind === "word" ? data.words[timeline.chosen.speaker] : [])].sort((a, b) => a.start - b.start || a.end - b.end);
  const at = all.indexOf(timeline.chosen);
  const next = at >= 0 ? all[at + step] : step > 0 ? all.find((one) => one.start >= timeline.time - 1) : all.findLast((one) => one.start < timeline.time);
  if (next) choose(next.id, { seek: true }); else say(step > 0 ? "No more labels." : "No label before this.");
}

// Snapping

/** The nearest edge of speech or of a label within reach of a boundary, else a zero crossing. */
async function snapped(speaker, sample, without = null) {
  if (!work.snapping) return Math.round(sample);
  const { data } = work, reach = Math.max(0.03 * data.rate, Math.min(0.12 * data.rate, 8 * timeline.perPixel));
  const edges = [...(work.speech[speaker] ?? []).flat(), ...data.events.filter((event) => event.id !== without && event.kind !== "suggestion").flatMap(({ start, end }) => [start, end]), ...data.words[speaker].filter((word) => word.id !== without).flatMap(({ start, end }) => [start, end])];
  const near = edges.reduce((best, edge) => (Math.abs(edge - sample) < Math.abs(best - sample) ? edge : best), Infinity);
  if (Math.abs(near - sample) <= reach) return Math.round(near);
  if (!data.sound) return Math.round(sample);
  try {
    const answer = await ask(`api/zero?id=${encodeURIComponent(data.id)}&speaker=${encodeURIComponent(data.speakers[speaker].id)}&at=${Math.round(sample)}`);
    return answer.sample;
  } catch { return Math.round(sample); }
}

// Edits

/** Does one thing after the other: a boundary may wait for the server to find a zero crossing. */
function inTurn(action) {
  work.turn = work.turn.then(action).catch((error) => say(error.message));
}

/** Puts an item with some fields changed. */
function alter(id, fields) {
  const item = store.item(id);
  if (!item) return;
  const next = { start: 0, end: 0, ...item, ...fields };
  if (next.kind === "word" && next.start >= next.end) { say("A word has a length."); return; }
  if (next.start > next.end) { say("It would end before it starts."); return; }
  if (next.kind === "word" && overlapsWord(id, next)) { say("Words of one speaker do not overlap: move the neighbour first."); refresh(); return; }
  store.change([[id, next]]);
}

function overlapsWord(id, item) {
  return work.data.words[speakerIndex(item.speaker)].some((word) => word.id !== id && word.start < item.end && item.start < word.end);
}

async function addEvent(type) {
  const { data } = work, { chosen } = timeline;
  if (chosen?.kind === "event" && !work.selection) {
    alter(chosen.id, { type });
    say(`Now ${typeName(type)}.`);
    return;
  }
  let range = work.selection;
  if (!range) range = (work.speech[data.active] ?? []).find(([start, end]) => start <= timeline.time && timeline.time < end);
  if (!range) { say("Select first: J takes the next stretch of speech, [ and ] mark a start and an end, Shift and drag select."); return; }
  const speaker = data.active, [start, end] = [await snapped(speaker, range[0]), await snapped(speaker, range[1])];
  const id = freshKey();
  store.change([[id, { kind: "event", speaker: data.speakers[speaker].id, type, start: Math.min(start, end), end: Math.max(start, end) }]]);
  work.selection = timeline.loop = null;
  choose(id);
  say(`${typeName(type)} of ${data.speakers[speaker].label}, ${clockTime(seconds(start))} to ${clockTime(seconds(end))}.`);
}

function askWord() {
  const { chosen } = timeline, dialog = byId("word");
  if (chosen?.kind !== "word" && !work.selection) { say("Select where the word is first: [ and ] mark a start and an end."); return; }
  byId("word-text").value = chosen?.kind === "word" ? chosen.text : "";
  dialog.showModal();
  byId("word-text").select();
}

async function saveWord() {
  const text = byId("word-text").value.trim(), { chosen } = timeline, { data } = work;
  if (!text) return;
  if (chosen?.kind === "word") { alter(chosen.id, { text }); return; }
  const speaker = data.active, range = work.selection;
  if (!range) return;
  const [start, end] = [await snapped(speaker, range[0]), await snapped(speaker, range[1])];
  const item = { kind: "word", speaker: data.speakers[speaker].id, text, start, end };
  if (start >= end) { say("A word has a length."); return; }
  if (overlapsWord("", item)) { say("Words of one speaker do not overlap."); return; }
  const id = freshKey();
  store.change([[id, item]]);
  work.selection = timeline.loop = null;
  choose(id);
}

function remove() {
  const { chosen } = timeline;
  if (!chosen) return;
  if (chosen.kind === "suggestion") { answerSuggestion("refused"); return; }
  const again = chosen.start;
  const item = store.item(chosen.id), proposal = item.suggestion;
  const changes = [[chosen.id, null]];
  // A suggestion that was accepted and deleted is one that was refused.
  if (proposal && store.item(`v:${proposal}`)) changes.push([`v:${proposal}`, { ...store.item(`v:${proposal}`), verdict: "refused" }]);
  store.change(changes);
  player.seek(again);
  say("Deleted.");
}

function answerSuggestion(verdict) {
  const { chosen, data } = { chosen: timeline.chosen, data: work.data };
  if (chosen?.kind !== "suggestion") { say("Choose a suggestion first: N steps to the next."); return; }
  const rest = data.events.filter((event) => event.kind === "suggestion");
  const next = rest[rest.indexOf(chosen) + 1];
  store.change(answerEdits(chosen, verdict));
  if (next) choose(next.id, { seek: true });
  else { choose(null); say("No more suggestions after this one."); }
}

function answerEdits(event, verdict) {
  const speaker = work.data.speakers[event.speaker].id;
  const made = [[`v:${event.id}`, { kind: "verdict", speaker, start: event.start, end: event.end, type: event.type, suggestion: event.id, verdict }]];
  if (verdict === "accepted") made.push([`a:${event.id}`, { kind: "event", speaker, type: event.type, start: event.start, end: event.end, suggestion: event.id }]);
  return made;
}

function acceptMajority() {
  const all = work.data.events.filter((event) => event.kind === "suggestion" && (event.majority || !work.task.adjudicates));
  if (!all.length) { say("No suggestion with a majority is left."); return; }
  store.change(all.flatMap((event) => answerEdits(event, "accepted")));
  say(`${all.length} accepted.`);
}

/** Moves boundaries of the chosen label, or of the selection, by seconds. */
function nudge(start, end) {
  const { chosen } = timeline, { data } = work, by = (part) => Math.round(part * data.rate);
  if (chosen && chosen.kind !== "suggestion") {
    const next = { start: clamp(chosen.start + by(start), 0, data.length), end: clamp(chosen.end + by(end), 0, data.length) };
    alter(chosen.id, next);
    timeline.reveal(next.start);
  } else if (work.selection) select(work.selection[0] + by(start), Math.max(work.selection[0] + by(start), work.selection[1] + by(end)));
}

async function boundary(which) {
  const { chosen } = timeline, { data } = work, at = Math.round(player.sample);
  if (chosen && chosen.kind !== "suggestion") {
    const sample = await snapped(chosen.speaker, at, chosen.id);
    alter(chosen.id, { [which]: sample });
    return;
  }
  const before = work.selection ?? [at, at];
  select(...(which === "start" ? [at, Math.max(at, before[1])] : [Math.min(at, before[0]), at]));
}

function toTrack(step) {
  const { chosen } = timeline, { data } = work;
  const next = chosen ? chosen.speaker + step : -1;
  if (!chosen || chosen.kind === "suggestion" || !data.speakers[next]) return;
  alter(chosen.id, { speaker: data.speakers[next].id, ...(chosen.kind === "word" ? { utterance: "" } : {}) });
  setActive(next);
}

function cycleConfidence() {
  const { chosen } = timeline;
  if (chosen?.kind !== "event") return;
  const now = LEVELS.indexOf(String(chosen.confidence ?? "")), next = LEVELS[(now + 1) % LEVELS.length];
  alter(chosen.id, { confidence: next ? Number(next) : undefined });
  say(`Confidence: ${byId("edit-confidence").selectedOptions[0].text}.`);
}

function undo() { const done = store.undo(); say(done ? "Undone." : done === false ? "Another tab has changed this since: it is not undone." : "Nothing to undo."); }
function redo() { const done = store.redo(); say(done ? "Done again." : done === false ? "Another tab has changed this since." : "Nothing to redo."); }

/** Takes hold of a label under the pointer: what the timeline calls while it is dragged. */
function grab(pointer) {
  if (pointer.shiftKey || store.blocked) return null;
  const found = timeline.reach(pointer.clientX, pointer.clientY);
  if (!found?.item?.id || found.item.kind === "suggestion") return null;
  const { item, edge } = found, { data } = work, { start, end, speaker } = item;
  const from = timeline.sampleAt(pointer.clientX);
  return {
    move: (sample, event) => {
      const by = Math.round(sample - from);
      if (edge < 0) item.start = clamp(start + by, 0, end - 1);
      else if (edge > 0) item.end = clamp(end + by, start + 1, data.length);
      else {
        const fit = clamp(by, -start, data.length - end);
        [item.start, item.end] = [start + fit, end + fit];
        if (item.kind === "event") item.over = timeline.trackAt(event.clientY);
      }
      timeline.chosen = item;
      timeline.arrange();
      say(`${clockTime(seconds(item.start), 3)} to ${clockTime(seconds(item.end), 3)}`);
    },
    drop: async (moved, cancelled) => {
      if (!moved || cancelled) { [item.start, item.end] = [start, end]; timeline.arrange(); return; }
      const over = item.over ?? speaker;
      let fields = { start: item.start, end: item.end };
      if (edge < 0) fields.start = Math.min(await snapped(speaker, item.start, item.id), end - 1);
      else if (edge > 0) fields.end = Math.max(await snapped(speaker, item.end, item.id), start + 1);
      else {
        const to = await snapped(over, item.start, item.id);
        fields = { start: to, end: Math.min(to + end - start, data.length) };
        if (over !== speaker) fields.speaker = data.speakers[over].id;
      }
      work.chosenId = item.id;
      alter(item.id, fields);
      refresh();
    },
  };
}

// What stands beside the timeline

function showTime(sample) {
  const { data } = work;
  if (!data) return;
  byId("clock").replaceChildren(clockTime(seconds(sample)), element("small", { text: ` / ${clockTime(data.seconds)}` }));
  byId("timeline").setAttribute("aria-valuenow", seconds(sample).toFixed(2));
  byId("timeline").setAttribute("aria-valuetext", `${clockTime(seconds(sample), 1)} of ${clockTime(data.seconds, 1)}`);
}

function showTracks() {
  const { data } = work, focused = document.activeElement?.dataset?.track;
  byId("tracks").replaceChildren(...data.speakers.map((speaker, i) => {
    const solo = data.audible[i] && data.audible.filter(Boolean).length === 1 && data.speakers.length > 1;
    const name = element("button", { type: "button", className: "track-name", text: speaker.label, dir: "auto", "aria-pressed": String(data.active === i), title: "Label this track", "data-track": `n${i}` });
    const mute = element("button", { type: "button", text: "Mute", "aria-pressed": String(!data.audible[i]), "aria-label": `Mute ${speaker.label}`, "data-track": `m${i}` });
    const alone = element("button", { type: "button", text: "Solo", "aria-pressed": String(solo), "aria-label": `Hear only ${speaker.label}`, "data-track": `s${i}` });
    name.addEventListener("click", () => setActive(i));
    mute.addEventListener("click", () => muteTrack(i));
    alone.addEventListener("click", () => soloTrack(i));
    return element("div", { className: data.active === i ? "track active" : "track", own: i }, name, mute, alone);
  }));
  if (focused) byId("tracks").querySelector(`[data-track="${CSS.escape(focused)}"]`)?.focus();
}

function muteTrack(i) {
  work.data.audible[i] = !work.data.audible[i];
  showTracks();
  player.rehear();
}

function soloTrack(i) {
  const { data } = work, alone = data.audible[i] && data.audible.filter(Boolean).length === 1;
  data.audible = data.audible.map((_, j) => alone || j === i);
  showTracks();
  player.rehear();
}

function showPalette() {
  byId("palette").replaceChildren(...work.task.types.map((type, i) => {
    const mark = element("i");
    const button = element("button", { type: "button", title: MEANING[type] ?? "" }, ...(i < 9 ? [element("kbd", { text: String(i + 1) })] : []), mark, typeName(type));
    if (i < 9) button.setAttribute("aria-keyshortcuts", String(i + 1));
    button.style.setProperty("--own", `var(--${type})`);
    button.addEventListener("click", () => inTurn(() => addEvent(type)));
    return button;
  }), (() => {
    const button = element("button", { type: "button", "aria-keyshortcuts": "W", title: "A word on the selection" }, element("kbd", { text: "W" }), "word");
    button.addEventListener("click", askWord);
    return button;
  })());
  byId("edit-type").replaceChildren(...TYPES.map((type) => element("option", { text: typeName(type), value: type })));
}

function showEditor() {
  const { chosen } = timeline, { data } = work;
  const mine = chosen && chosen.kind !== "suggestion";
  byId("editor").hidden = !mine;
  byId("proposal").hidden = !chosen || Boolean(mine);
  byId("no-choice").hidden = Boolean(chosen);
  byId("no-choice").textContent = "Choose a label on the timeline, or step to one with N. J selects speech, a number labels it.";
  const left = data.events.filter((event) => event.kind === "suggestion").length;
  byId("proposals").hidden = !work.suggestions.length;
  byId("proposals").textContent = `${left} of ${work.suggestions.length} suggestions to answer`;
  if (!chosen) return;
  if (!mine) { byId("proposal-text").textContent = describe(chosen); return; }
  const item = store.item(chosen.id) ?? {}, word = chosen.kind === "word";
  byId("edit-type").disabled = word;
  byId("edit-text-label").hidden = !word;
  byId("edit-text").value = word ? chosen.text : "";
  byId("edit-type").value = chosen.type ?? "";
  byId("edit-track").replaceChildren(...data.speakers.map((speaker, i) => element("option", { text: speaker.label, value: String(i) })));
  byId("edit-track").value = String(chosen.speaker);
  byId("edit-start").value = seconds(chosen.start).toFixed(3);
  byId("edit-end").value = seconds(chosen.end).toFixed(3);
  byId("edit-confidence").value = item.confidence === undefined ? "" : String(item.confidence);
  byId("edit-note").value = item.note ?? "";
}

function showLabels() {
  const { data } = work, list = byId("labels");
  const shown = data.events.filter((event) => event.kind === "event");
  byId("labels-title").textContent = `Labels (${shown.length})`;
  const at = Math.max(0, shown.indexOf(timeline.chosen));
  // An hour has thousands: those around the chosen one.
  const from = clamp(at - 150, 0, Math.max(0, shown.length - 300));
  list.replaceChildren(...shown.slice(from, from + 300).map((event) => {
    const mark = element("i");
    mark.style.background = `var(--${event.type})`;
    const button = element("button", { type: "button", "aria-current": String(event === timeline.chosen) }, mark, element("span", { text: clockTime(seconds(event.start)) }),
      element("span", {}, element("span", { className: "own", own: event.speaker, text: data.speakers[event.speaker].label, dir: "auto" }), ` ${typeName(event.type)} `, element("span", { className: "quiet", text: event.note ?? "", dir: "auto" })), element("small", { text: `${event.seconds.toFixed(2)} s` }));
    button.addEventListener("click", () => choose(event.id, { seek: true }));
    return element("li", {}, button);
  }));
  // The list alone is scrolled: the timeline stays where it is on the screen.
  const current = list.querySelector('[aria-current="true"]')?.parentElement;
  if (current) {
    const top = current.offsetTop - list.offsetTop;
    if (top < list.scrollTop || top + current.offsetHeight > list.scrollTop + list.clientHeight) list.scrollTop = top - list.clientHeight / 3;
  }
}

/** For who decides: how many events of each type each annotator has. */
function showOthers() {
  const box = byId("others");
  box.hidden = !work.others?.length;
  if (box.hidden) return;
  const types = [...new Set(work.others.flatMap(({ events }) => events.map(({ type }) => type)))].sort();
  const row = (cells, tag) => element("tr", {}, ...cells.map((text) => element(tag, { text: String(text), dir: "auto" })));
  box.replaceChildren(element("table", {}, element("thead", {}, row(["annotator", ...types.map(typeName), "done"], "th")),
    element("tbody", {}, ...work.others.map(({ annotator, done, events }) => row([annotator, ...types.map((type) => events.filter((event) => event.type === type).length), done ? "yes" : "no"], "td")))));
}

function showConflicts() {
  const box = byId("conflicts");
  box.hidden = !store.conflicts.size;
  const words = (item) => (item ? `${item.kind === "word" ? `“${item.text}”` : typeName(item.type ?? item.kind)} ${clockTime(seconds(item.start ?? 0))}–${clockTime(seconds(item.end ?? 0))}` : "deleted");
  box.replaceChildren(...[...store.conflicts].map(([id, { mine, theirs }]) => {
    const keep = (text, own) => {
      const button = element("button", { type: "button", className: "plain", text });
      button.addEventListener("click", () => store.resolve(id, own));
      return button;
    };
    return element("p", {}, `Changed in another tab meanwhile: theirs is ${words(theirs)}, yours was ${words(mine)}.`, keep("Keep theirs", false), keep("Use mine", true));
  }));
}

function setLoop(on) {
  work.looping = on;
  const { chosen } = timeline;
  const range = work.selection ?? (chosen ? [chosen.start, chosen.end] : null);
  byId("loop").setAttribute("aria-pressed", String(on));
  const wide = range && range[1] - range[0] < work.data.rate / 5 ? [Math.max(0, range[0] - work.data.rate / 4), range[1] + work.data.rate / 4] : range;
  player.loop = on && wide ? wide : null;
  if (player.loop) { player.until = null; player.seek(player.loop[0]); player.play(); }
}

function setSpeed(speed) {
  byId("speed").value = String(speed);
  player.setSpeed(Number(speed));
}

function toggleButton(id, name) {
  work[name] = !work[name];
  byId(id).setAttribute("aria-pressed", String(work[name]));
}

function markDone(next) {
  const done = store.items.has("done");
  if (!done) store.change([["done", { kind: "done" }]]);
  else if (!next) store.change([["done", null]]);
  fillListSoon();
  if (next) go(1);
}

let listTimer = 0;
function fillListSoon() {
  clearTimeout(listTimer);
  listTimer = setTimeout(() => fillList().catch(() => {}), 300);
}

function go(step) {
  const at = work.rows.findIndex((row) => row.id === work.key), next = work.rows[at + step];
  if (next) pick(next.id); else say(step > 0 ? "That was the last dialogue of the list." : "That is the first dialogue of the list.");
}

function onKey(event) {
  const { target } = event;
  if (byId("help").open || byId("word").open) return;
  const writing = target.matches("input, textarea");
  if (event.key === "Escape" && (writing || target.matches("select"))) { target.blur(); byId("timeline").focus(); return; }
  const control = event.ctrlKey || event.metaKey;
  if (control && event.key.toLowerCase() === "z" && !writing) { event.preventDefault(); if (event.shiftKey) redo(); else undo(); return; }
  if (control && event.key.toLowerCase() === "y" && !writing) { event.preventDefault(); redo(); return; }
  if (writing || target.matches("select") || !work.data || event.altKey) return;
  if (control && !event.key.startsWith("Arrow")) return;
  if (target.closest("button, a") && [" ", "Enter"].includes(event.key)) return;
  const far = event.shiftKey ? 0.1 : 0.01, { data } = work;
  const seek = (by) => { player.seek(player.sample + by * data.rate); timeline.reveal(timeline.time); };
  const actions = {
    " ": () => {
      const range = work.selection ?? (timeline.chosen ? [timeline.chosen.start, timeline.chosen.end] : null);
      if (event.shiftKey && range) player.playRange(...range); else player.toggle();
    },
    ArrowLeft: () => (control ? nudge(-far, -far) : seek(event.shiftKey ? -5 : -1)), ArrowRight: () => (control ? nudge(far, far) : seek(event.shiftKey ? 5 : 1)),
    ArrowUp: () => (control ? toTrack(-1) : setActive(data.active - 1)), ArrowDown: () => (control ? toTrack(1) : setActive(data.active + 1)),
    ",": () => seek(-0.01), ".": () => seek(0.01), Home: () => seek(-1e9), End: () => seek(1e9),
    "+": () => timeline.zoom(1 / 1.5), "=": () => timeline.zoom(1 / 1.5), "-": () => timeline.zoom(1.5), 0: () => timeline.fit(),
    j: () => stepSpeech(1), k: () => stepSpeech(-1), n: () => stepLabel(1), p: () => stepLabel(-1),
    "[": () => boundary("start"), "]": () => boundary("end"),
    s: () => nudge(-far, 0), d: () => nudge(far, 0), f: () => nudge(0, -far), g: () => nudge(0, far),
    w: askWord, x: remove, Delete: remove, Backspace: remove, c: cycleConfidence,
    t: () => { if (timeline.chosen?.kind === "event" || timeline.chosen?.kind === "word") byId("edit-note").focus(); },
    y: () => (event.shiftKey ? acceptMajority() : answerSuggestion("accepted")), u: () => answerSuggestion("refused"),
    z: () => (event.shiftKey ? redo() : undo()),
    m: () => muteTrack(data.active), o: () => soloTrack(data.active), b: () => { data.audible.fill(true); showTracks(); player.rehear(); },
    l: () => setLoop(!work.looping), r: () => setSpeed({ 1: 0.75, 0.75: 0.5, 0.5: 0.25 }[player.audio.playbackRate] ?? 1), v: () => toggleButton("snap", "snapping"),
    e: () => markDone(true), PageDown: () => go(1), PageUp: () => go(-1),
    Escape: () => { if (work.looping) setLoop(false); choose(null); select(null); say(""); }, "?": () => byId("help").showModal(),
  };
  const digit = /^Digit([1-9])$/.exec(event.code) ?? /^([1-9])$/.exec(event.key);
  const action = digit && work.task.types[digit[1] - 1] ? () => addEvent(work.task.types[digit[1] - 1]) : actions[event.key.length === 1 ? event.key.toLowerCase() : event.key];
  if (!action) return;
  event.preventDefault();
  inTurn(action);
}

function listenToEditor() {
  const on = (id, change) => byId(id).addEventListener("change", () => { if (timeline.chosen) change(byId(id).value); });
  on("edit-type", (value) => alter(timeline.chosen.id, { type: value }));
  on("edit-text", (value) => { if (value.trim()) alter(timeline.chosen.id, { text: value.trim() }); });
  on("edit-track", (value) => alter(timeline.chosen.id, { speaker: work.data.speakers[Number(value)].id, ...(timeline.chosen.kind === "word" ? { utterance: "" } : {}) }));
  const time = (name) => (value) => {
    const sample = Math.round(Number(value) * work.data.rate);
    if (Number.isFinite(sample) && sample >= 0 && sample <= work.data.length) alter(timeline.chosen.id, { [name]: sample });
    else { say("That time is not in the dialogue."); showEditor(); }
  };
  on("edit-start", time("start"));
  on("edit-end", time("end"));
  on("edit-confidence", (value) => alter(timeline.chosen.id, { confidence: value ? Number(value) : undefined }));
  on("edit-note", (value) => alter(timeline.chosen.id, { note: value }));
  byId("editor").addEventListener("submit", (event) => event.preventDefault());
  byId("editor").addEventListener("keydown", (event) => {
    if (event.key === "Enter" && event.target.matches("input")) { event.target.blur(); byId("timeline").focus(); }
  });
}

byId("play").addEventListener("click", () => player.toggle());
byId("speed").addEventListener("change", (event) => setSpeed(event.target.value));
byId("loop").addEventListener("click", () => setLoop(!work.looping));
byId("snap").addEventListener("click", () => toggleButton("snap", "snapping"));
byId("listen").addEventListener("click", () => toggleButton("listen", "listening"));
byId("undo").addEventListener("click", undo);
byId("redo").addEventListener("click", redo);
byId("zoom-in").addEventListener("click", () => timeline.zoom(1 / 1.6));
byId("zoom-out").addEventListener("click", () => timeline.zoom(1.6));
byId("zoom-fit").addEventListener("click", () => timeline.fit());
byId("before").addEventListener("click", () => stepLabel(-1));
byId("after").addEventListener("click", () => stepLabel(1));
byId("delete").addEventListener("click", remove);
byId("accept").addEventListener("click", () => answerSuggestion("accepted"));
byId("refuse").addEventListener("click", () => answerSuggestion("refused"));
byId("done").addEventListener("click", () => markDone(false));
byId("more-items").addEventListener("click", () => fillList(work.rows.length));
byId("search").addEventListener("input", fillListSoon);
byId("state").addEventListener("change", fillListSoon);
byId("open-help").addEventListener("click", () => byId("help").showModal());
byId("open-list").addEventListener("click", () => byId("open-list").setAttribute("aria-expanded", String(byId("list").classList.toggle("open"))));
byId("word-form").addEventListener("submit", () => inTurn(saveWord));
byId("word-cancel").addEventListener("click", () => byId("word").close());
byId("timeline").addEventListener("dblclick", (event) => {
  const speaker = timeline.trackAt(event.clientY), at = timeline.sampleAt(event.clientX);
  const span = (work.speech[speaker] ?? []).find(([start, end]) => start <= at && at < end);
  if (!span || timeline.reach(event.clientX, event.clientY)) return;
  setActive(speaker);
  select(...span);
});
document.addEventListener("keydown", onKey);
window.matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => {
  colourScheme.current = readColours();
  timeline.recolour();
});
listenToEditor();

(async () => {
  try {
    work.task = await ask("api/task");
    byId("title").textContent = work.task.title;
    showPalette();
    await fillList();
    const wanted = decodeURIComponent(location.hash.slice(1));
    const first = work.rows.find((row) => row.state !== "done") ?? work.rows[0];
    if (wanted || first) await pick(wanted || first.id);
    else say("There is nothing to label.");
  } catch (error) {
    byId("problem").hidden = false;
    byId("problem").textContent = error.message;
  }
})();
