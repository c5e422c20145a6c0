// The timeline of the labelling page: rows a track, and what a person drags.

const EDGE = 6; // pixels around an edge that take hold of it

/** Rows for each speaker: the wave with its words, the labels below it, then the suggestions. */
function arrangeLabels(data) {
  let top = RULER;
  const rows = [];
  data.speakers.forEach((_, speaker) => {
    rows.push({ kind: "speaker", speaker, top, wave: WAVE, height: WAVE + WORDS });
    top += WAVE + WORDS;
    for (const [name, origins] of [["labels", ["human"]], ["suggested", ["planned", "rule", "model"]]]) {
      const events = data.events.filter((event) => event.speaker === speaker && origins.includes(event.origin));
      if (!events.length && name !== "labels") continue;
      const { placed, depth, longest } = pack(events);
      const height = Math.max(1, depth) * ROW + 5;
      rows.push({ kind: "lane", name, speaker, top, height, placed, longest });
      top += height;
    }
    top += BETWEEN;
  });
  return { rows, height: top + 4 };
}

class LabelTimeline extends Timeline {
  arrange() {
    this.layout = arrangeLabels(this.data);
    this.redraw();
  }

  /** The speaker whose rows lie at a height. */
  trackAt(clientY) {
    const y = clientY - this.root.getBoundingClientRect().top;
    let found = 0;
    for (const row of this.layout.rows) if (row.top <= y) found = row.speaker;
    return found;
  }

  /** The item whose edge or body is under the pointer: {item, edge: -1, 0 or 1}. */
  reach(clientX, clientY) {
    const box = this.root.getBoundingClientRect(), x = clientX - box.left, y = clientY - box.top;
    const at = (sample) => this.left + (sample - this.from) / this.perPixel;
    const { chosen } = this;
    for (const row of this.layout.rows) {
      if (y < row.top || y > row.top + row.height) continue;
      const drawn = row.kind === "lane"
        ? (row.drawn ?? []).filter((one) => y >= one.y - 1 && y <= one.y + one.height + 1).map(({ event }) => event)
        : (row.drawn ?? []).filter((one) => Math.abs(y - one.y) < 9).map(({ word }) => word);
      // The chosen one first: its edges may lie on a neighbour.
      const order = drawn.includes(chosen) ? [chosen, ...drawn] : drawn;
      for (const item of order) {
        const [from, to] = [at(item.start), at(item.end)];
        const edge = Math.abs(x - from) <= EDGE && (Math.abs(x - from) <= Math.abs(x - to)) ? -1 : Math.abs(x - to) <= EDGE ? 1 : 0;
        if (edge || (x >= from && x <= Math.max(to, from + 4))) return { item, edge };
      }
    }
    return null;
  }

  point(event) {
    super.point(event);
    const found = this.reach(event.clientX, event.clientY);
    this.root.classList.toggle("trimming", Boolean(found?.edge && found.item.id && found.item.origin !== "rule"));
  }

  drawOverlay() {
    super.drawOverlay();
    const { layout, width, left, chosen, data } = this, colours = colourScheme.current;
    const context = this.overlay.getContext("2d");
    const x = (sample) => left + (sample - this.from) / this.perPixel;
    context.save();
    const rows = layout.rows.filter((row) => row.speaker === data.active);
    if (rows.length) {
      const [first, last] = [rows[0], rows[rows.length - 1]];
      context.fillStyle = speakerColour(data.active);
      context.fillRect(0, first.top + 2, 4, last.top + last.height - first.top - 4);
    }
    context.beginPath();
    context.rect(left, 0, width - left, layout.height);
    context.clip();
    if (chosen) {
      const row = layout.rows.find((one) => one.kind === "speaker" && one.speaker === chosen.speaker);
      const [from, to] = [x(chosen.start), x(chosen.end)];
      context.fillStyle = chosen.type ? colours.type[chosen.type] : speakerColour(chosen.speaker);
      context.globalAlpha = 0.16;
      context.fillRect(from, row.top, Math.max(1, to - from), row.height);
      context.globalAlpha = 1;
      for (const at of [from, to]) context.fillRect(Math.round(at) - 1, row.top, 2, row.height);
    }
    context.restore();
  }
}

/** Plays the tracks that are not muted, mixed by the server. */
class TrackPlayer extends Player {
  get ready() { return Boolean(this.data?.sound); }

  address() {
    const { data } = this;
    const heard = data.speakers.map((_, i) => i).filter((i) => data.audible[i]);
    this.audio.muted = !heard.length;
    return `api/sound.wav?id=${encodeURIComponent(data.id)}&tracks=${(heard.length ? heard : data.speakers.map((_, i) => i)).join(",")}`;
  }

  /** After a change of what is audible: the place and the playing go on. */
  rehear() {
    if (!this.ready) return;
    const playing = this.playing;
    this.position = this.sample;
    this.open();
    if (playing) this.play();
  }

  /** Plays [start, end) once. */
  playRange(start, end) {
    this.seek(start);
    this.until = end;
    this.play();
  }

  tick() {
    super.tick();
    if (this.until && this.data && this.playing && this.sample >= this.until && !this.loop) {
      this.pause();
      this.seek(this.until);
      this.until = null;
    }
  }

  toggle() {
    this.until = null;
    super.toggle();
  }
}
