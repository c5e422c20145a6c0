// What every part of the page uses: elements, times, kinds of events, outlines of sound.
// Text from records goes through `textContent` only; nothing in this page builds markup from strings.

const byId = (id) => document.getElementById(id);

/** A new element. `own` is the number of the speaker whose colour it has. */
function element(tag, { text, className, title, own, ...attributes } = {}, ...children) {
  const made = document.createElement(tag);
  if (text !== undefined) made.textContent = text;
  if (className) made.className = className;
  if (title) made.title = title;
  if (own !== undefined) made.classList.add(`speaker-${own % 4}`);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  made.append(...children);
  return made;
}

const clamp = (value, low, high) => Math.min(Math.max(value, low), high);

/** 75.25 -> "1:15.25" */
function clockTime(seconds, digits = 2) {
  const units = Math.round(Math.max(0, seconds) * 10 ** digits);
  const whole = Math.floor(units / 10 ** digits);
  const [hours, minutes, rest] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  const fraction = digits ? `.${String(units % 10 ** digits).padStart(digits, "0")}` : "";
  const head = hours ? `${hours}:${String(minutes).padStart(2, "0")}` : `${minutes}`;
  return `${head}:${String(rest).padStart(2, "0")}${fraction}`;
}

/** A duration for people: "0.45 s", "1:15", "2.3 h". */
function duration(seconds) {
  if (seconds < 60) return `${seconds.toFixed(2)} s`;
  if (seconds < 3600) return clockTime(seconds, 0);
  return `${(seconds / 3600).toFixed(1)} h`;
}

const signed = (seconds) => `${seconds < 0 ? "−" : "+"}${Math.abs(seconds).toFixed(2)} s`;

/** The table of event types is EVENT_TYPES, which page.py writes before this file. */
const TYPES = EVENT_TYPES.map(({ name }) => name);
/** Lanes of the timeline, top to bottom, and the types of events in each. */
const LANES = [...new Set(EVENT_TYPES.map(({ lane }) => lane))]
  .map((lane) => [lane, EVENT_TYPES.filter((type) => type.lane === lane).map(({ name }) => name)]);
/** Shown on request only. */
const HIDDEN_AT_FIRST = EVENT_TYPES.filter(({ shown }) => !shown).map(({ name }) => name);
const ORIGINS = ["planned", "rule", "model", "human"];
const MEANING = Object.fromEntries(EVENT_TYPES.map(({ name, meaning }) => [name, meaning]));
const typeName = (type) => type.replaceAll("_", " ");

/** Index of the first entry whose `key` is greater than `value`, in a sorted array. */
function upperBound(array, value, key = (entry) => entry) {
  let [low, high] = [0, array.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (key(array[middle]) <= value) low = middle + 1;
    else high = middle;
  }
  return low;
}

function bytes(base64) {
  const text = atob(base64);
  const out = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i++) out[i] = text.charCodeAt(i);
  return out;
}

/** Levels of one channel's outline, each four times coarser than the one before. */
function outline(channel, bin) {
  const read = (name) => new Int8Array(bytes(channel[name]).buffer);
  const levels = [{ bin, low: read("low"), high: read("high"), rms: read("rms") }];
  for (let fine = levels[0]; fine.low.length > 512; fine = levels[levels.length - 1]) {
    const n = Math.ceil(fine.low.length / 4);
    const level = { bin: fine.bin * 4, low: new Int8Array(n), high: new Int8Array(n), rms: new Int8Array(n) };
    for (let i = 0; i < n; i++) {
      const [from, to] = [i * 4, Math.min(i * 4 + 4, fine.low.length)];
      let [low, high, power] = [127, -128, 0];
      for (let j = from; j < to; j++) {
        low = Math.min(low, fine.low[j]);
        high = Math.max(high, fine.high[j]);
        power += fine.rms[j] ** 2;
      }
      level.low[i] = low;
      level.high[i] = high;
      level.rms[i] = Math.round(Math.sqrt(power / (to - from)));
    }
    levels.push(level);
  }
  return levels;
}

/** Colours of the style sheet for the canvases; read again when the scheme changes. */
function readColours() {
  const style = getComputedStyle(document.documentElement);
  const colour = (name) => style.getPropertyValue(`--${name}`).trim();
  const names = ["page", "card", "sunk", "line", "line-strong", "ink", "soft", "faint", "accent", "playhead", "shade"];
  return {
    ...Object.fromEntries(names.map((name) => [name, colour(name)])),
    speaker: [0, 1, 2, 3].map((i) => colour(`speaker-${i}`)),
    type: Object.fromEntries(TYPES.map((type) => [type, colour(type)])),
  };
}
const colourScheme = { current: readColours() };
const speakerColour = (i) => colourScheme.current.speaker[i % 4];

/** Makes a canvas as sharp as the screen; returns its context, in CSS pixels. */
function sharpen(canvas, width, height) {
  const ratio = Math.min(window.devicePixelRatio || 1, 3);
  const [w, h] = [Math.round(width * ratio), Math.round(height * ratio)];
  if (canvas.width !== w || canvas.height !== h) {
    canvas.width = w;
    canvas.height = h;
    canvas.style.height = `${height}px`;
  }
  const context = canvas.getContext("2d");
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  context.clearRect(0, 0, width, height);
  return context;
}
