// The corpus: its figures at the top, and the list of dialogues.

function showFigures(corpus) {
  byId("title").textContent = corpus.title;
  const strong = (text) => element("b", { text });
  const n = corpus.dialogues.length;
  byId("totals").replaceChildren(strong(n.toLocaleString("en")), n === 1 ? " dialogue · " : " dialogues · ", strong(duration(corpus.seconds)),
    " of talk · ", strong(corpus.words.toLocaleString("en")), " words",
    ...(corpus.licences.length ? [" · ", corpus.licences.map(([name]) => name || "licence not stated").join(", ")] : []));
  const box = byId("figures");
  box.replaceChildren(...corpus.figures.map(figure));
  box.hidden = !corpus.figures.length;
}

function figure({ label, value, human, unit = "", note = "" }) {
  const number = (x) => (Math.abs(x) >= 100 ? x.toFixed(0) : Math.abs(x) >= 10 ? x.toFixed(1) : x.toFixed(2));
  const card = element("div", { className: "figure", title: note },
    element("div", { className: "figure-label", text: label }),
    element("div", { className: "figure-value" }, number(value), element("small", { text: unit })));
  if (human !== undefined && human !== null) {
    const most = Math.max(Math.abs(value), Math.abs(human)) * 1.3 || 1;
    const [bar, tick] = [element("i"), element("b")];
    bar.style.width = `${(Math.abs(value) / most) * 100}%`;
    tick.style.left = `${(Math.abs(human) / most) * 100}%`;
    card.append(element("div", { className: "figure-bar", "aria-hidden": "true" }, bar, tick),
      element("div", { className: "figure-human", text: `people ${number(human)}` }));
  }
  return card;
}

class DialogueList {
  constructor(corpus, pick) {
    this.entries = corpus.dialogues.map((entry) => ({ ...entry, counts: new Map(entry.counts), button: this.item(entry) }));
    this.entries.forEach((entry) => entry.button.addEventListener("click", () => pick(entry)));
    byId("items").replaceChildren(...this.entries.map((entry) => element("li", {}, entry.button)));
    const having = byId("having");
    having.append(element("option", { text: "with any events", value: "" }));
    for (const type of TYPES) {
      const n = this.entries.filter((entry) => entry.counts.get(type)).length;
      if (n) having.append(element("option", { text: `with ${typeName(type)} (${n})`, value: type }));
    }
    having.addEventListener("change", () => this.filter());
    byId("search").addEventListener("input", () => this.filter());
    this.filter();
  }

  item(entry) {
    const canvas = element("canvas", { "aria-hidden": "true" });
    const counts = entry.counts.filter(([type]) => ["backchannel", "interruption", "silent_interruption"].includes(type))
      .map(([type, n]) => `${n} ${typeName(type)}${n === 1 ? "" : "s"}`);
    const button = element("button", { type: "button", className: "item" },
      element("span", { className: "item-top" }, element("span", { className: "item-name", text: entry.id, dir: "auto" }),
        element("span", { className: "item-time", text: clockTime(entry.seconds, 0) })),
      canvas,
      element("span", { className: "item-facts", dir: "auto", text: [entry.speakers.map(({ name, voice }) => voice || name).join(" & "), ...counts].join(" · ") }));
    DialogueList.pictures.observe(canvas);
    DialogueList.strips.set(canvas, entry.strip);
    return button;
  }

  filter() {
    const text = byId("search").value.trim().toLowerCase(), type = byId("having").value;
    let left = 0;
    for (const entry of this.entries) {
      const words = [entry.id, entry.corpus, entry.licence, ...entry.speakers.flatMap(({ name, voice }) => [name, voice])];
      const fits = words.join(" ").toLowerCase().includes(text) && (!type || entry.counts.get(type));
      entry.button.parentElement.hidden = !fits;
      left += Boolean(fits);
    }
    byId("no-items").hidden = left > 0;
  }

  mark(chosen) {
    for (const entry of this.entries) entry.button.setAttribute("aria-current", String(entry === chosen));
    chosen.button.scrollIntoView({ block: "nearest" });
  }

  /** The next shown dialogue after `entry` in direction `step`. */
  neighbour(entry, step) {
    const shown = this.entries.filter((e) => !e.button.parentElement.hidden || e === entry);
    return shown[shown.indexOf(entry) + step];
  }

  repaint() { document.querySelectorAll(".item canvas").forEach(DialogueList.paint); }

  /** Who talks when, in a picture the size of a line of text. */
  static paint(canvas) {
    const strip = DialogueList.strips.get(canvas), width = canvas.clientWidth;
    if (!width) return;
    const context = sharpen(canvas, width, 18), step = width / strip.length;
    for (let speaker = 0; speaker < 4; speaker++) {
      const talks = (i) => i < strip.length && (parseInt(strip[i], 16) >> speaker) & 1;
      context.fillStyle = speakerColour(speaker);
      for (let from = 0; from < strip.length; from++) {
        let to = from;
        while (talks(to)) to++;
        if (to === from) continue;
        pill(context, from * step, speaker % 2 ? 10 : 1, (to - from) * step, 7, 2.5);
        context.fill();
        from = to;
      }
    }
  }
}
DialogueList.strips = new WeakMap();
DialogueList.pictures = new IntersectionObserver((seen) => {
  for (const { target, isIntersecting } of seen) if (isIntersecting) DialogueList.paint(target);
});
