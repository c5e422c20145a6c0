// Draws what is visible of a dialogue, and only that: the cost follows the width of the screen.

const LABEL = "11px ", TEXT = "12.5px ";
const FAMILY = getComputedStyle(document.body).fontFamily;
const fontOf = (size) => size + FAMILY;

/** Lowest, highest and RMS value at each pixel of [0, width), from the level that fits the zoom. */
function columns(levels, from, perPixel, width) {
  let level = levels[0];
  for (const coarser of levels) if (coarser.bin <= perPixel) level = coarser;
  const [low, high, rms] = [new Float32Array(width), new Float32Array(width), new Float32Array(width)];
  const last = level.low.length - 1;
  for (let x = 0; x < width; x++) {
    const at = (from + x * perPixel) / level.bin;
    const next = (from + (x + 1) * perPixel) / level.bin;
    if (next < 0 || at > last + 1) continue;
    if (next - at >= 1) {
      let [lowest, highest, power, n] = [127, -128, 0, 0];
      for (let i = Math.max(0, Math.floor(at)); i < Math.min(next, last + 1); i++, n++) {
        lowest = Math.min(lowest, level.low[i]);
        highest = Math.max(highest, level.high[i]);
        power += level.rms[i] ** 2;
      }
      if (n) [low[x], high[x], rms[x]] = [lowest, highest, Math.sqrt(power / n)];
    } else {
      // Closer than the finest level: straight lines between the middles of its bins.
      const i = clamp(Math.floor(at - 0.5), 0, last), j = Math.min(i + 1, last), part = clamp(at - 0.5 - i, 0, 1);
      const between = (values) => values[i] * (1 - part) + values[j] * part;
      [low[x], high[x], rms[x]] = [between(level.low), between(level.high), between(level.rms)];
    }
  }
  return { low, high, rms };
}

/** Loudness spans decades: a root shows quiet speech beside loud. */
const loudness = (value) => Math.sign(value) * (Math.abs(value) / 127) ** 0.7;

/** Fills the shape between two outlines around `middle`. */
function fillOutline(context, x0, middle, half, low, high) {
  const y = (value) => middle - loudness(value) * half;
  context.beginPath();
  for (let x = 0; x < high.length; x++) context.lineTo(x0 + x + 0.5, Math.min(y(high[x]), middle - 0.4));
  for (let x = low.length - 1; x >= 0; x--) context.lineTo(x0 + x + 0.5, Math.max(y(low[x]), middle + 0.4));
  context.closePath();
  context.fill();
}

function pill(context, x, y, width, height, radius) {
  context.beginPath();
  context.roundRect(x, y, width, height, Math.min(radius, width / 2, height / 2));
}

const widths = new Map();
function textWidth(context, text) {
  const key = context.font + text;
  let width = widths.get(key);
  if (width === undefined) {
    if (widths.size > 20000) widths.clear();
    widths.set(key, (width = context.measureText(text).width));
  }
  return width;
}

/** One painter for a view: `view` gives `data`, `from`, `perPixel`, `left` and `width` in pixels. */
class Painter {
  constructor(context, view) {
    Object.assign(this, { context, view, colours: colourScheme.current });
    this.x = (sample) => view.left + (sample - view.from) / view.perPixel;
    this.to = view.from + (view.width - view.left) * view.perPixel;
  }

  paint(rows, height) {
    const { context, view } = this;
    this.ruler(height);
    context.save();
    context.beginPath();
    context.rect(view.left, 0, view.width - view.left, height);
    context.clip();
    const speakers = rows.filter((row) => row.kind === "speaker");
    this.together(speakers);
    speakers.forEach((row) => this.speaker(row));
    rows.filter((row) => row.kind === "lane").forEach((row) => this.lane(row));
    context.restore();
    rows.forEach((row) => this.name(row));
  }

  ruler(height) {
    const { context, view, colours, x } = this;
    const rate = view.data.rate, perSecond = rate / view.perPixel;
    const step = [0.05, 0.1, 0.25, 0.5, 1, 2, 5, 10, 30, 60, 120, 300, 600].find((s) => s * perSecond >= 74) ?? 1200;
    const digits = step < 0.1 ? 2 : step < 1 ? (step === 0.25 ? 2 : 1) : 0;
    context.font = fontOf(LABEL);
    context.textBaseline = "middle";
    for (let n = Math.ceil(Math.max(0, view.from) / rate / step); n * step * rate <= Math.min(this.to, view.data.length); n++) {
      const at = x(n * step * rate);
      context.fillStyle = colours.line;
      context.fillRect(Math.round(at), 18, 1, height - 18);
      context.fillStyle = colours.faint;
      context.textAlign = "left";
      const text = clockTime(n * step, digits);
      if (at + textWidth(context, text) < view.width) context.fillText(text, Math.round(at) + 4, 12);
    }
    const end = x(view.data.length);
    if (end < view.width) {
      context.fillStyle = colours.shade;
      context.fillRect(end, 0, view.width - end, height);
    }
  }

  /** The intervals in view, in pixels; those that no eye could tell apart are one. */
  joined(intervals) {
    const found = [];
    for (let i = upperBound(intervals, this.view.from, ([, end]) => end); i < intervals.length && intervals[i][0] < this.to; i++) {
      const [from, to] = intervals[i].map(this.x), before = found[found.length - 1];
      if (before && from - before[1] < 0.7) before[1] = to;
      else found.push([from, to]);
    }
    return found;
  }

  /** The band over both voices where they talk at once. */
  together(speakers) {
    const { context, view, colours, x } = this;
    const [first, last] = [speakers[0], speakers[speakers.length - 1]];
    if (!first || first === last) return;
    context.fillStyle = colours.type.overlap;
    context.globalAlpha = 0.13;
    const tall = last.top + last.height - first.top;
    for (const [from, to] of this.joined(view.data.both)) {
      pill(context, from, first.top, Math.max(1, to - from), tall, 5);
      context.fill();
    }
    context.globalAlpha = 1;
  }

  speaker(row) {
    const { context, view } = this;
    const { data } = view, colour = speakerColour(row.speaker);
    const middle = row.top + row.wave / 2, half = row.wave / 2 - 4;
    const spans = this.joined(data.spans[row.speaker]);
    context.fillStyle = colour;
    context.globalAlpha = 0.09;
    for (const [from, to] of spans) {
      pill(context, from, row.top + 1, Math.max(2, to - from), row.wave - 2, 8);
      context.fill();
    }
    context.globalAlpha = 1;
    const levels = data.levels[data.speakers[row.speaker].channel];
    if (levels) {
      const { low, high, rms } = columns(levels, view.from, view.perPixel, Math.ceil(view.width - view.left));
      const wave = (outer, inner, first = 0, last = high.length) => {
        const part = (values) => values.subarray(first, last), loud = part(rms);
        context.globalAlpha = outer;
        fillOutline(context, view.left + first, middle, half, part(low), part(high));
        if (!inner) return;
        context.globalAlpha = inner;
        fillOutline(context, view.left + first, middle, half, loud.map((value) => -value), loud);
      };
      // Faint everywhere, and full where the record says that this speaker talks: a channel that
      // two people share shows who it is.
      wave(0.22, 0);
      // Stretch by stretch: a clip of hundreds of rectangles would cost more than all the rest.
      for (const [from, to] of spans) {
        const first = clamp(Math.floor(from - view.left), 0, high.length), last = clamp(Math.ceil(Math.max(to, from + 1) - view.left) + 1, first, high.length);
        if (last > first + 1) wave(0.42, 0.85, first, last);
      }
      context.globalAlpha = 1;
    } else {
      for (const [from, to] of spans) {
        context.globalAlpha = 0.55;
        pill(context, from, middle - 7, Math.max(2, to - from), 14, 7);
        context.fill();
      }
      context.globalAlpha = 1;
    }
    this.words(row, colour);
  }

  /** Words on two lines below the wave, as many as fit; and what was never said, after the cut. */
  words(row, colour) {
    const { context, view, colours, x } = this;
    const { data } = view, words = data.words[row.speaker];
    const lines = [row.top + row.wave + 12, row.top + row.wave + 28], free = [-1e9, -1e9];
    context.textAlign = "left";
    row.drawn = [];
    const readable = view.data.rate / view.perPixel > 42;
    const shown = readable ? visible(words, view.from, this.to, data.longestWord[row.speaker]) : [];
    for (const word of shown) {
      context.font = fontOf(TEXT);
      const at = x(word.start), width = textWidth(context, word.text);
      // A word stands where it starts, or a few pixels later where its neighbours leave no room;
      // the stroke above it is always exact.
      const line = free[0] <= at ? 0 : free[1] <= at || free[1] < free[0] ? 1 : 0;
      const left = Math.max(at, free[line]);
      if (left > at + 14) continue;
      free[line] = left + width + 4;
      context.fillStyle = colour;
      context.globalAlpha = 0.6;
      context.fillRect(at, row.top + row.wave + 1, Math.max(1, x(word.end) - at - 1), 2);
      context.globalAlpha = 1;
      context.fillStyle = colours.ink;
      context.fillText(word.text, left, lines[line]);
      row.drawn.push({ word, x: left, y: lines[line], width });
    }
    if (data.rate / view.perPixel < 4) return; // from afar, marks of cuts would be all one sees
    for (const utterance of visible(data.cuts[row.speaker], view.from, this.to, 20 * data.rate, (u) => u.end)) {
      this.unsaid(utterance, row, lines, free, readable);
    }
  }

  unsaid(utterance, row, lines, free, readable) {
    const { context, view, colours, x } = this;
    const cut = x(utterance.end);
    context.strokeStyle = colours.type.interruption;
    context.lineWidth = 2;
    context.setLineDash([4, 3]);
    context.beginPath();
    context.moveTo(cut, row.top + 2);
    context.lineTo(cut, row.top + row.wave + WORDS - 6);
    context.stroke();
    context.setLineDash([]);
    if (!readable) return;
    context.font = `italic ${fontOf(TEXT)}`;
    const words = view.data.words[row.speaker];
    const next = words[upperBound(words, utterance.end, (word) => word.start)];
    const limit = Math.min(next ? x(next.start) - 8 : Infinity, view.width + 200);
    const line = free[0] <= cut + 6 || free[0] > cut + 400 ? 0 : 1;
    let at = Math.max(cut + 6, free[line] > cut + 200 ? cut + 6 : free[line]);
    for (const [i, text] of utterance.unsaid.entries()) {
      const width = textWidth(context, text);
      if (at + width > limit) break;
      context.globalAlpha = Math.max(0.45, 0.95 - i * 0.07);
      context.fillStyle = colours.faint;
      context.fillText(text, at, lines[line]);
      context.fillRect(at - 1, lines[line], width + 2, 1);
      context.globalAlpha = 1;
      at += width + 5;
    }
  }

  lane(row) {
    const { view } = this;
    row.drawn = [];
    const last = [];
    for (const { event, row: line } of visible(row.placed, view.from, this.to, row.longest, (p) => p.event.start)) {
      const start = this.x(event.start);
      // Seen from afar, marks that would fall on one another are one.
      if (start - (last[line] ?? -9) < 2 && this.x(event.end) - start < 4 && event !== view.chosen) continue;
      last[line] = start;
      const box = { event, x: start, y: row.top + line * ROW + 2, width: Math.max(4, this.x(event.end) - start), height: ROW - 3 };
      row.drawn.push(box);
    }
    const room = new Map();
    for (const box of [...row.drawn].reverse()) {
      this.event(box, box.event === view.chosen, room.get(box.y) ?? Infinity);
      room.set(box.y, box.x);
    }
  }

  /** Planned events are full, rule events outlined, a model's dashed, a person's full with a bar. */
  event({ event, x, y, width, height }, chosen, next) {
    const { context, view, colours } = this;
    const colour = colours.type[event.type];
    pill(context, x, y, width, height, 5);
    context.fillStyle = colour;
    context.globalAlpha = event.origin === "planned" || event.origin === "human" ? 0.3 : 0.1;
    context.fill();
    context.globalAlpha = 1;
    context.strokeStyle = chosen ? colours.ink : colour;
    context.lineWidth = chosen ? 2 : 1;
    context.setLineDash(event.origin === "model" ? [3, 2] : []);
    pill(context, x + 0.5, y + 0.5, Math.max(1, width - 1), height - 1, 5);
    context.stroke();
    context.setLineDash([]);
    if (width >= 9) {
      context.fillStyle = speakerColour(event.speaker);
      pill(context, x + 2.5, y + 3, 3, height - 6, 2);
      context.fill();
    }
    context.font = fontOf(LABEL);
    const wide = textWidth(context, event.label);
    context.fillStyle = colours.ink;
    if (width > wide + 14) {
      // The label stays in sight while its event reaches into the view.
      context.fillText(event.label, clamp(view.left + 4, x + 9, x + width - wide - 5), y + height / 2 + 0.5);
    } else if (x + width + wide + 8 < next) {
      context.fillStyle = colours.soft;
      context.fillText(event.label, x + width + 4, y + height / 2 + 0.5);
    }
  }

  /** The name at the left of a row; on a narrow screen it lies over the row. */
  name(row) {
    const { context, view, colours } = this;
    const speaker = row.kind === "speaker" ? view.data.speakers[row.speaker] : null;
    context.font = speaker ? `600 ${fontOf(TEXT)}` : fontOf(LABEL);
    const y = speaker ? row.top + (view.left ? row.wave / 2 - (speaker.voice ? 8 : 0) : 9) : row.top + ROW / 2;
    const clip = (text, room) => {
      let short = text;
      while (short.length > 1 && context.measureText(short === text ? text : `${short}…`).width > room) short = short.slice(0, -1);
      return short === text ? text : `${short}…`;
    };
    if (!view.left && !speaker) {
      // Over the lane, on a ground of its own: the name stays in sight beside what happens there.
      context.globalAlpha = 0.82;
      context.fillStyle = colours.card;
      pill(context, 1, y - 7, textWidth(context, row.name) + 8, 14, 4);
      context.fill();
      context.globalAlpha = 1;
    }
    context.fillStyle = speaker ? speakerColour(row.speaker) : colours.soft;
    context.fillText(clip(speaker ? speaker.label : row.name, view.left ? view.left - 22 : 140), view.left ? 14 : 5, y);
    if (speaker?.voice && view.left) {
      context.font = fontOf(LABEL);
      context.fillStyle = colours.faint;
      context.fillText(clip(speaker.voice, view.left - 22), 14, y + 17);
    }
  }
}

/** The whole dialogue on a strip: the first speaker upwards, the others downwards. */
function paintOverview(canvas, data) {
  const width = canvas.clientWidth, height = 46;
  const context = sharpen(canvas, width, height);
  const middle = height / 2, perPixel = data.length / width;
  data.speakers.forEach((speaker, i) => {
    const up = i === 0;
    context.fillStyle = speakerColour(i);
    const levels = data.levels[speaker.channel];
    const { rms } = levels ? columns(levels, 0, perPixel, Math.ceil(width)) : {};
    let most = 1;
    rms?.forEach((value) => { most = Math.max(most, value); });
    for (const [start, end] of data.spans[i]) {
      const [x0, x1] = [start / perPixel, end / perPixel];
      for (let x = Math.floor(x0); x < Math.max(x1, x0 + 1); x++) {
        const part = rms ? Math.max(0.12, Math.sqrt((rms[x] ?? 0) / most)) : 0.6;
        context.globalAlpha = 0.8;
        context.fillRect(x, up ? middle - part * 18 : middle + 1, 1, part * 18);
      }
    }
  });
  context.globalAlpha = 1;
}

/** Where the view is on the strip. */
function paintViewBox(context, width, view) {
  const perPixel = view.data.length / width, colours = colourScheme.current, height = 46;
  const [x0, x1] = [view.from / perPixel, (view.from + (view.width - view.left) * view.perPixel) / perPixel];
  context.fillStyle = colours.ink;
  context.globalAlpha = 0.07;
  pill(context, x0, 2, Math.max(6, x1 - x0), height - 4, 6);
  context.fill();
  context.globalAlpha = 0.55;
  context.strokeStyle = colours.ink;
  context.lineWidth = 1.5;
  pill(context, x0 + 1, 2.5, Math.max(5, x1 - x0 - 2), height - 5, 6);
  context.stroke();
  context.globalAlpha = 1;
}
