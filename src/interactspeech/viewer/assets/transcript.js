// The dialogue as text: turns, what listeners said into them, pauses, and what was never said.

class Transcript {
  constructor(list, seek) {
    Object.assign(this, { list, data: null, now: new Map() });
    list.addEventListener("click", (event) => {
      const word = event.target.closest?.(".w, .turn-head button");
      if (word) seek(this.starts.get(word));
    });
  }

  show(data) {
    Object.assign(this, { data, spans: new Map(), starts: new Map(), now: new Map() });
    const pauses = data.events.filter((event) => event.type === "pause" && attribute(event, "fill") !== "filled");
    const seen = new Set();
    this.pauses = pauses.filter((event) => {
      const key = `${event.speaker} ${event.start} ${event.end}`;
      return !seen.has(key) && seen.add(key);
    });
    this.interruptions = new Map(data.events.filter((event) => /interruption/.test(event.type) && event.utterance)
      .map((event) => [event.utterance, event]));
    // A listener's utterance inside another's turn stands inside that turn, where it was heard.
    const inside = new Map();
    const turns = [];
    for (const utterance of data.utterances) {
      const host = utterance.kind === "turn" ? null
        : turns.findLast((turn) => turn.speaker !== utterance.speaker && turn.start <= utterance.start && utterance.start < turn.end);
      if (host) inside.set(host, [...(inside.get(host) ?? []), utterance]);
      else turns.push(utterance);
    }
    this.list.replaceChildren(...turns.map((turn, i) => this.turn(turn, turns[i - 1], inside.get(turn) ?? [])));
    this.list.scrollTop = 0;
  }

  turn(utterance, before, asides) {
    const { data } = this, seconds = (samples) => samples / data.rate;
    const speaker = data.speakers[utterance.speaker];
    const time = element("button", { type: "button", text: clockTime(seconds(utterance.start), 1), "aria-label": `Go to ${speaker.label} at ${clockTime(seconds(utterance.start), 1)}` });
    this.starts.set(time, utterance.start);
    const head = element("div", { className: "turn-head" }, element("b", { text: speaker.label, dir: "auto" }), time);
    const cut = this.interruptions.get(utterance.id);
    if (cut) head.append(element("em", { text: cut.type === "silent_interruption" ? "takes the pause" : attribute(cut, "outcome") === "failed" ? "tries to cut in" : "cuts in" }));
    if (before && before.speaker !== utterance.speaker) {
      const offset = seconds(utterance.start - before.end);
      head.append(element("span", { text: signed(offset), title: "From the end of the turn before to the start of this one: negative where they overlap" }));
    }
    const say = element("div", { className: "say", dir: "auto" });
    this.fill(say, utterance, asides);
    return element("li", { own: utterance.speaker, className: utterance.speaker % 2 ? "right" : "" }, head, say);
  }

  fill(say, utterance, asides) {
    const { data } = this;
    const words = data.words[utterance.speaker];
    const from = upperBound(words, utterance.start - 1, (word) => word.start);
    const own = words.slice(from, upperBound(words, utterance.end, (word) => word.start)).filter((word) => word.utterance === utterance);
    const rests = this.pauses.filter((event) => event.speaker === utterance.speaker && event.start >= utterance.start && event.end <= utterance.end);
    const between = [
      ...asides.map((aside) => ({ at: aside.start, node: () => this.aside(aside) })),
      ...rests.map((rest) => ({ at: rest.start, node: () => element("span", { className: "rest", text: `(${rest.seconds.toFixed(1)})`, title: "A pause, in seconds" }) })),
    ].sort((a, b) => a.at - b.at);
    const pieces = [];
    for (const word of own) {
      while (between.length && between[0].at <= word.start) pieces.push(between.shift().node());
      const span = element("span", { className: word.overlapped ? "w overlapped" : "w", text: word.text });
      this.spans.set(word, span);
      this.starts.set(span, word.start);
      pieces.push(span);
    }
    if (!own.length) pieces.push(element("span", { className: "quiet", text: utterance.written || "(no words)" }));
    pieces.push(...between.map(({ node }) => node()));
    if (utterance.unsaid.length) {
      pieces.push(
        element("span", { className: "cut", text: "⊣", title: "Cut off here", role: "img", "aria-label": "cut off; planned, not said:" }),
        element("span", { className: "unsaid", text: utterance.unsaid.join(" "), title: "Planned, never said" }),
      );
    }
    say.append(...pieces.flatMap((piece, i) => (i ? [" ", piece] : [piece])));
  }

  aside(utterance) {
    const { data } = this, speaker = data.speakers[utterance.speaker];
    const title = { attempt: `${speaker.label} tries to take the floor, and fails`, aside: `${speaker.label}'s side: said to nobody in the conversation` }[utterance.kind] ?? `${speaker.label} listens aloud`;
    const made = element("span", { className: utterance.kind === "backchannel" ? "aside" : `aside ${utterance.kind === "aside" ? "undirected" : "attempt"}`, own: utterance.speaker, dir: "auto", title });
    this.fill(made, utterance, []);
    return made;
  }

  /** Marks the words that are being said; `follow` keeps them in sight. */
  setTime(sample, follow) {
    const { data } = this;
    data.words.forEach((words, speaker) => {
      const word = words[upperBound(words, sample, (entry) => entry.start) - 1];
      const current = word && sample < word.end ? this.spans.get(word) : undefined;
      const before = this.now.get(speaker);
      if (current === before) return;
      before?.classList.remove("now");
      current?.classList.add("now");
      this.now.set(speaker, current);
      if (current && follow) this.keepInSight(current.closest("li"));
    });
  }

  keepInSight(turn) {
    const { list } = this;
    if (list.scrollHeight <= list.clientHeight) return;
    const [top, bottom] = [turn.offsetTop, turn.offsetTop + turn.offsetHeight];
    if (top < list.scrollTop + 20 || bottom > list.scrollTop + list.clientHeight - 20) {
      list.scrollTo({ top: top - list.clientHeight * 0.35, behavior: CALM.matches ? "auto" : "smooth" });
    }
  }
}
