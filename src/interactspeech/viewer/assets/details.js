// What is known about one event, and where a dialogue comes from.

/** One plain sentence: who does what to whom. */
function sentence(event, data) {
  const who = data.speakers[event.speaker].label;
  const whom = event.partner === null ? "" : data.speakers[event.partner].label;
  const utterance = data.byUtterance.get(event.utterance);
  const said = utterance?.words.map(([text]) => text).join(" ") ?? "";
  switch (event.type) {
    case "backchannel": return said ? `${who}: “${said}”` : `${who} gives a backchannel`;
    case "aside": case "vocal_tic": return said ? `${who}, not to the others: “${said}”` : `${who} talks, not to the others`;
    case "interruption": return `${who} ${attribute(event, "outcome") === "failed" ? "tries to cut in" : "cuts in"}${whom ? ` on ${whom}` : ""}`;
    case "overlap": return whom ? `${who} and ${whom} talk at once` : "several talk at once";
    case "pause": return `${who} is silent and goes on`;
    case "gap": return `silence, then ${who} talks`;
    default: return `${who} ${MEANING[event.type] ?? ""}`;
  }
}

function table(pairs) {
  const list = element("dl", { className: "table" });
  for (const [name, value] of pairs) {
    list.append(element("dt", { text: typeName(String(name)), dir: "auto" }), element("dd", { text: String(value), dir: "auto" }));
  }
  return list;
}

function eventDetails(event, data) {
  const mark = element("i");
  mark.style.background = `var(--${event.type})`;
  const range = (samples) => `${clockTime(samples / data.rate, 3)} (sample ${samples.toLocaleString("en")})`;
  const pairs = [["from", range(event.start)], ["to", range(event.end)], ["length", `${event.seconds.toFixed(3)} s`]];
  if (event.probability !== null) pairs.push(["probability", event.probability.toFixed(3)]);
  if (event.rules) pairs.push(["rule set", event.rules]);
  const made = [
    element("p", { className: "event-name" }, mark, typeName(event.type),
      ...[event.origin, ...(event.agreed ?? [])].map((origin) => element("span", { className: "badge", text: origin }))),
    element("p", { text: sentence(event, data), dir: "auto" }),
    table([...pairs, ...event.attributes]),
  ];
  const rules = data.rules.find(([name]) => name === event.rules);
  if (rules) made.push(element("details", {}, element("summary", { text: "Thresholds of the rule set" }), table(rules[1])));
  return made;
}

function about(data) {
  const script = data.provenance.find(([name]) => name === "script");
  const times = [...new Set(data.utterances.filter((u) => u.words.length).map((u) => u.times))].join(", ");
  const pairs = data.provenance.filter(([name]) => name !== "script");
  if (times) pairs.push(["word times", times]);
  pairs.push(["clock", `${data.rate.toLocaleString("en")} samples a second, ${data.length.toLocaleString("en")} samples`]);
  if (!data.provenance.some(([name]) => name === "licence")) pairs.unshift(["licence", "not stated"]);
  const made = [table(pairs)];
  data.speakers.forEach((speaker, i) => {
    if (!speaker.facts.length && !speaker.role) return;
    const head = element("summary", { own: i }, element("span", { className: "dot" }), element("span", { text: `${speaker.label}${speaker.voice ? ` · ${speaker.voice}` : ""}`, dir: "auto" }));
    made.push(element("details", {}, head, table([...(speaker.role ? [["role", speaker.role]] : []), ...speaker.facts])));
  });
  if (script) made.push(element("details", {}, element("summary", { text: "Script" }), element("pre", { text: script[1], dir: "auto" })));
  return made;
}

/** A list of buttons, a few hundred at a time: an hour of talk has thousands of events. */
function fillEvents(list, events, data, choose) {
  let done = 0;
  const more = element("button", { type: "button", text: "More" });
  const add = () => {
    more.parentElement?.remove();
    for (const event of events.slice(done, done + 300)) {
      const mark = element("i");
      mark.style.background = `var(--${event.type})`;
      const button = element("button", { type: "button" }, mark,
        element("span", { text: clockTime(event.start / data.rate) }),
        element("span", { text: `${typeName(event.type)}: ${sentence(event, data)}`, dir: "auto" }),
        element("small", { text: [event.origin, ...event.agreed].join(" = ") }));
      button.addEventListener("click", () => choose(event));
      list.append(element("li", {}, button));
    }
    done += 300;
    if (done < events.length) list.append(element("li", {}, more));
  };
  more.addEventListener("click", add);
  list.replaceChildren();
  add();
}
