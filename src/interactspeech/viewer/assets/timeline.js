// The timeline: a window on the dialogue that a person moves, zooms and points at.

// Seconds in view at first, and the pixels that a second needs for its words to be read.
const FIRST_WINDOW = 9, READABLE = 84;
const CLOSEST = 0.4; // seconds across the screen
const CALM = window.matchMedia("(prefers-reduced-motion: reduce)");

class Timeline {
  /** `actions`: seek(sample, pointer), choose(event), loop(from, to, pointer); where things can be
   * moved, word(word), and grab(pointer) -> {move(sample, pointer), drop(moved, cancelled)} or null. */
  constructor(root, actions) {
    Object.assign(this, { root, actions, data: null, chosen: null, loop: null, time: 0, hover: null, layout: { rows: [], height: 200 } });
    this.base = byId("base");
    this.overlay = byId("overlay");
    this.overview = byId("overview");
    this.tip = byId("tip");
    this.from = 0;
    this.perPixel = 1;
    this.width = 0;
    this.left = 0;
    this.dirty = { base: false, overlay: false };
    new ResizeObserver(() => this.resize()).observe(root);
    this.listen();
  }

  show(data, shown) {
    this.data = data;
    this.chosen = this.loop = this.hover = null;
    this.time = 0;
    this.shown = shown;
    this.arrange();
    this.measure();
    const pixels = Math.max(1, this.width - this.left);
    this.perPixel = Math.min(data.length, Math.min(FIRST_WINDOW, pixels / READABLE) * data.rate) / pixels;
    this.move(0);
  }

  arrange() {
    this.layout = arrange(this.data, this.shown);
    this.redraw();
  }

  measure() {
    this.width = this.root.clientWidth;
    this.left = this.width < 620 ? 0 : 116;
  }

  resize() {
    if (!this.data || !this.root.clientWidth) return;
    const seen = this.perPixel * Math.max(1, this.width - this.left);
    this.measure();
    this.perPixel = seen / Math.max(1, this.width - this.left);
    this.move(this.from);
  }

  /** Samples in view. */
  get span() { return (this.width - this.left) * this.perPixel; }

  /** Puts sample `from` at the left edge; the view never leaves the dialogue. */
  move(from) {
    const before = this.from;
    this.from = this.span >= this.data.length ? 0 : clamp(from, 0, this.data.length - this.span);
    if (this.from === before && this.drawnAt === this.perPixel) return;
    this.redraw();
  }

  /** Zooms by `factor` and keeps sample `centre` where it is. */
  zoom(factor, centre = this.inView(this.time) ? this.time : this.from + this.span / 2) {
    const before = this.perPixel, pixels = Math.max(1, this.width - this.left);
    this.perPixel = clamp(before * factor, Math.min(CLOSEST * this.data.rate, this.data.length) / pixels, this.data.length / pixels);
    this.move(centre - (centre - this.from) * (this.perPixel / before));
  }

  fit() { this.zoom(Infinity, 0); }

  inView(sample) { return sample >= this.from && sample <= this.from + this.span; }

  /** Brings [start, end) into view. */
  reveal(start, end = start) {
    if (end - start > this.span * 0.9) this.zoom(((end - start) * 1.3) / this.span, start);
    if (start < this.from + this.span * 0.04 || end > this.from + this.span * 0.94) this.move(start - this.span * 0.3);
  }

  setTime(sample, playing) {
    this.time = sample;
    if (playing && !this.dragging) {
      const at = (sample - this.from) / this.span;
      // With motion: glide with the voice; without: turn the page.
      if (at > 1 || at < 0) this.move(sample - this.span * 0.1);
      else if (at > 0.7 && !CALM.matches) this.move(sample - this.span * 0.7);
    }
    this.dirty.overlay = true;
    this.request();
  }

  redraw() {
    this.dirty = { base: true, overlay: true };
    this.request();
  }

  request() {
    if (!this.frame) this.frame = requestAnimationFrame(() => { this.frame = 0; this.draw(); });
  }

  draw() {
    if (!this.data || !this.width) return;
    const { dirty, layout } = this;
    this.dirty = { base: false, overlay: false };
    if (dirty.base) {
      this.drawnAt = this.perPixel;
      const context = sharpen(this.base, this.width, layout.height);
      new Painter(context, this).paint(layout.rows, layout.height);
    }
    this.drawOverlay();
  }

  drawOverlay() {
    const { layout, width, left } = this, colours = colourScheme.current;
    const context = sharpen(this.overlay, width, layout.height);
    const x = (sample) => left + (sample - this.from) / this.perPixel;
    context.save();
    context.beginPath();
    context.rect(left, 0, width - left, layout.height);
    context.clip();
    if (this.loop) {
      context.fillStyle = colours.accent;
      context.globalAlpha = 0.14;
      context.fillRect(x(this.loop[0]), 0, x(this.loop[1]) - x(this.loop[0]), layout.height);
      context.globalAlpha = 1;
      context.fillRect(x(this.loop[0]), 0, x(this.loop[1]) - x(this.loop[0]), 3);
    }
    context.font = fontOf(TEXT);
    context.textBaseline = "middle";
    for (const row of layout.rows) {
      if (row.kind !== "speaker") continue;
      for (const { word, x: at, y, width: wide } of row.drawn ?? []) {
        if (this.time < word.start || this.time >= word.end) continue;
        context.fillStyle = speakerColour(row.speaker);
        pill(context, at - 4, y - 8.5, wide + 8, 17, 5);
        context.fill();
        context.fillStyle = colours.card;
        context.fillText(word.text, at, y);
      }
    }
    if (this.hover !== null) {
      context.fillStyle = colours.faint;
      context.globalAlpha = 0.5;
      context.fillRect(Math.round(x(this.hover)), 0, 1, layout.height);
      context.globalAlpha = 1;
    }
    const at = Math.round(x(this.time));
    context.fillStyle = colours.playhead;
    context.fillRect(at - 0.75, 0, 1.5, layout.height);
    context.beginPath();
    context.moveTo(at - 6, 0);
    context.lineTo(at + 6, 0);
    context.lineTo(at, 9);
    context.fill();
    context.restore();
    this.overviewHead();
  }

  overviewHead() {
    // The strip is painted once; a frame costs a copy of it, the box of the view and a line.
    const { overview } = this, context = overview.getContext("2d"), width = overview.clientWidth;
    if (!this.strip || this.stripData !== this.data || this.stripWidth !== width || overview.width !== this.strip.width) {
      paintOverview(overview, this.data);
      this.strip ??= document.createElement("canvas");
      [this.strip.width, this.strip.height] = [overview.width, overview.height];
      this.strip.getContext("2d").drawImage(overview, 0, 0);
      [this.stripData, this.stripWidth] = [this.data, width];
    } else {
      context.clearRect(0, 0, width, 46);
      context.drawImage(this.strip, 0, 0, width, 46);
    }
    paintViewBox(context, width, this);
    context.fillStyle = colourScheme.current.playhead;
    context.fillRect((this.time / this.data.length) * overview.clientWidth - 0.75, 0, 1.5, 46);
  }

  recolour() {
    this.strip = null;
    this.redraw();
  }

  sampleAt(clientX) {
    const x = clientX - this.root.getBoundingClientRect().left;
    return clamp(this.from + (x - this.left) * this.perPixel, 0, this.data.length);
  }

  /** What lies under the pointer: {event} or {word} or nothing. */
  hit(clientX, clientY) {
    const box = this.root.getBoundingClientRect();
    const [x, y] = [clientX - box.left, clientY - box.top];
    for (const row of this.layout.rows) {
      if (y < row.top || y > row.top + row.height) continue;
      for (const item of row.drawn ?? []) {
        const inside = row.kind === "lane"
          ? x >= item.x - 2 && x <= item.x + item.width + 2 && y >= item.y && y <= item.y + item.height
          : x >= item.x - 2 && x <= item.x + item.width + 2 && Math.abs(y - item.y) < 9;
        if (inside) return row.kind === "lane" ? { event: item.event } : { word: item.word };
      }
    }
    return {};
  }

  listen() {
    const { root } = this, pointers = new Map();
    let drag = null;
    root.addEventListener("pointerdown", (event) => {
      if (!this.data || event.button > 0) return;
      root.setPointerCapture(event.pointerId);
      pointers.set(event.pointerId, event.clientX);
      const onRuler = event.clientY - root.getBoundingClientRect().top < RULER;
      drag = { x: event.clientX, from: this.from, sample: this.sampleAt(event.clientX), select: onRuler || event.shiftKey, moved: false, begun: event };
      drag.held = onRuler ? null : this.actions.grab?.(event) ?? null;
      this.dragging = true;
      this.hideTip();
    });
    root.addEventListener("pointermove", (event) => {
      if (!this.data) return;
      if (!drag) { this.point(event); return; }
      if (pointers.size === 2) {
        const before = Math.abs([...pointers.values()].reduce((a, b) => a - b));
        pointers.set(event.pointerId, event.clientX);
        const after = Math.abs([...pointers.values()].reduce((a, b) => a - b));
        const middle = [...pointers.values()].reduce((a, b) => a + b) / 2;
        if (before > 10 && after > 10) this.zoom(before / after, this.sampleAt(middle));
        Object.assign(drag, { moved: true, from: this.from, x: event.clientX, pinched: true });
        return;
      }
      if (Math.abs(event.clientX - drag.x) > 4) drag.moved = true;
      if (!drag.moved || drag.pinched) return;
      if (drag.held) {
        drag.held.move(this.sampleAt(event.clientX), event);
      } else if (drag.select) {
        const now = this.sampleAt(event.clientX);
        this.loop = [Math.min(drag.sample, now), Math.max(drag.sample, now)];
        this.dirty.overlay = true;
        this.request();
      } else {
        root.classList.add("grabbing");
        this.move(drag.from - (event.clientX - drag.x) * this.perPixel);
      }
    });
    const up = (event) => {
      pointers.delete(event.pointerId);
      if (!drag || pointers.size) return;
      const done = drag;
      drag = null;
      this.dragging = false;
      root.classList.remove("grabbing");
      const cancelled = event.type === "pointercancel";
      done.held?.drop(done.moved && !done.pinched, cancelled);
      if (cancelled) return;
      if (done.moved) {
        if (done.select && !done.held && this.loop) this.actions.loop(...this.loop.map(Math.round), done.begun);
        return;
      }
      const { event: found, word } = this.hit(event.clientX, event.clientY);
      if (found) this.actions.choose(found);
      else if (word && this.actions.word) this.actions.word(word);
      else this.actions.seek(word ? word.start : done.sample, done.begun);
    };
    root.addEventListener("pointerup", up);
    root.addEventListener("pointercancel", up);
    root.addEventListener("pointerleave", () => {
      this.hover = null;
      this.hideTip();
      this.dirty.overlay = true;
      this.request();
    });
    root.addEventListener("wheel", (event) => {
      if (!this.data) return;
      event.preventDefault();
      const unit = event.deltaMode ? 16 : 1;
      const across = event.shiftKey ? event.deltaY || event.deltaX : event.deltaX;
      if (event.shiftKey || Math.abs(event.deltaX) > Math.abs(event.deltaY)) this.move(this.from + across * unit * this.perPixel);
      else this.zoom(Math.exp(clamp(event.deltaY * unit, -120, 120) * 0.0022), this.sampleAt(event.clientX));
    }, { passive: false });
    const jump = (event) => {
      if (!this.data) return;
      const box = this.overview.getBoundingClientRect();
      const sample = clamp((event.clientX - box.left) / box.width, 0, 1) * this.data.length;
      this.move(sample - this.span / 2);
      return sample;
    };
    this.overview.addEventListener("pointerdown", (event) => {
      this.overview.setPointerCapture(event.pointerId);
      const sample = jump(event);
      if (sample !== undefined) this.actions.seek(sample);
    });
    this.overview.addEventListener("pointermove", (event) => { if (event.buttons) jump(event); });
  }

  point(event) {
    if (event.pointerType === "touch") return;
    this.hover = this.sampleAt(event.clientX);
    const hit = this.hit(event.clientX, event.clientY);
    this.root.classList.toggle("pointing", Boolean(hit.event || hit.word));
    if (hit.event) this.showTip(event, hit.event);
    else this.hideTip();
    this.dirty.overlay = true;
    this.request();
  }

  showTip(pointer, event) {
    const { tip, root } = this, { data } = this;
    tip.replaceChildren(
      element("b", { text: typeName(event.type) }),
      element("span", { text: sentence(event, data) }),
      element("span", { text: `${duration(event.seconds)} at ${clockTime(event.start / data.rate)} · ${event.origin}` }),
    );
    tip.hidden = false;
    const box = root.getBoundingClientRect();
    const [x, y] = [pointer.clientX - box.left, pointer.clientY - box.top];
    tip.style.left = `${clamp(x + 14, 4, box.width - tip.offsetWidth - 4)}px`;
    tip.style.top = `${Math.max(2, y - tip.offsetHeight - 12)}px`;
  }

  hideTip() { this.tip.hidden = true; }
}
