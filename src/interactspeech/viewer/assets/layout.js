// Where things stand on the timeline: a dialogue ready to draw, its rows, and which event is where.

/** Adds to a dialogue's data what drawing and playing look up again and again. */
function prepare(data) {
  data.seconds = data.length / data.rate;
  data.speakers.forEach((speaker) => { speaker.label = speaker.name || speaker.id; });
  data.levels = data.peaks ? data.peaks.channels.map((channel) => outline(channel, data.peaks.bin)) : [];
  data.spans = data.speakers.map(() => []);
  data.words = data.speakers.map(() => []);
  data.utterances.forEach((utterance) => {
    data.spans[utterance.speaker].push(...utterance.speech);
    utterance.words.forEach(([text, start, end, flags], i) => {
      data.words[utterance.speaker].push({
        text: flags & 1 ? `${text}–` : text, start, end, fragment: Boolean(flags & 1),
        overlapped: Boolean(flags & 2), utterance, last: i === utterance.words.length - 1,
      });
    });
  });
  data.spans.forEach((spans) => spans.sort((a, b) => a[0] - b[0]));
  data.words.forEach((words) => words.sort((a, b) => a.start - b.start));
  data.longestWord = data.words.map((words) => words.reduce((most, word) => Math.max(most, word.end - word.start), 0));
  data.cuts = data.speakers.map((_, i) => data.utterances.filter((u) => u.speaker === i && u.unsaid.length).sort((a, b) => a.end - b.end));
  data.byUtterance = new Map(data.utterances.map((utterance) => [utterance.id, utterance]));
  data.events.forEach((event) => {
    event.label = eventLabel(event, data);
    event.seconds = (event.end - event.start) / data.rate;
  });
  return data;
}

/** The events without those that another origin reports alike: the plan and the rule often agree. */
function distinct(events) {
  const first = new Map();
  for (const event of events) {
    const key = [event.type, event.speaker, event.start, event.end].join(" ");
    if (first.has(key)) first.get(key).agreed.push(event.origin);
    else {
      event.agreed = [];
      first.set(key, event);
    }
  }
  return [...first.values()];
}

function attribute(event, name) {
  const found = event.attributes.find(([key]) => key === name);
  return found ? found[1] : undefined;
}

/** The few letters that stand on an event's mark. */
function eventLabel(event, data) {
  const seconds = ((event.end - event.start) / data.rate).toFixed(2);
  const utterance = data.byUtterance.get(event.utterance);
  switch (event.type) {
    case "backchannel": return utterance?.words.map(([text]) => text).join(" ") || "backchannel";
    case "turn": return data.speakers[event.speaker].label;
    case "interruption": return String(attribute(event, "outcome") ?? "cuts in");
    case "terminal_overlap": return "terminal";
    case "silent_interruption": return "silent";
    case "pause": case "gap": return `${event.type} ${seconds}`;
    case "overlap": return seconds;
    default: return typeName(event.type);
  }
}

const RULER = 26, WAVE = 80, WORDS = 38, BETWEEN = 8, ROW = 19;

/** Rows for the speakers and for the shown events: [{kind, top, height, ...}], and the height. */
function arrange(data, shown) {
  let top = RULER;
  const rows = data.speakers.map((_, speaker) => {
    const row = { kind: "speaker", speaker, top, wave: WAVE, height: WAVE + WORDS };
    top += row.height + BETWEEN;
    return row;
  });
  for (const [name, types] of LANES) {
    const events = data.events.filter((event) => types.includes(event.type) && shown(event));
    if (!events.length) continue;
    const { placed, depth, longest } = pack(events);
    rows.push({ kind: "lane", name, top, height: depth * ROW + 5, placed, longest });
    top += depth * ROW + 5;
  }
  return { rows, height: top + 4 };
}

/** Events that would cover each other go below one another; each origin keeps rows of its own. */
function pack(events) {
  const placed = [];
  let depth = 0, longest = 0;
  for (const origin of ORIGINS) {
    const ends = [];
    for (const event of events) {
      if (event.origin !== origin) continue;
      let row = ends.findIndex((end) => end <= event.start);
      if (row < 0) row = ends.length;
      ends[row] = Math.max(event.end, event.start + 1);
      placed.push({ event, row: depth + row });
      longest = Math.max(longest, event.end - event.start);
    }
    depth += ends.length;
  }
  placed.sort((a, b) => a.event.start - b.event.start);
  return { placed, depth, longest };
}

/** The entries of a sorted array that touch [from, to), when none is longer than `longest`. */
function visible(array, from, to, longest, start = (entry) => entry.start) {
  return array.slice(upperBound(array, from - longest - 1, start), upperBound(array, to, start));
}
