"use strict";
(() => {
  // Everything from a recording or its annotation becomes text, never markup.
  const byId = (id) => document.getElementById(id);
  const data = (id) => { const e = byId(id); return e ? JSON.parse(e.textContent) : null; };
  const make = (name, text, kind) => {
    const e = document.createElement(name);
    if (text !== undefined && text !== null) e.textContent = text;
    if (kind) e.className = kind;
    return e;
  };
  const clock = (t) => {
    const s = Math.max(0, t), m = Math.floor(s / 60);
    return `${Math.floor(m / 60) ? Math.floor(m / 60) + ":" + String(m % 60).padStart(2, "0") : m}:${(s % 60).toFixed(1).padStart(4, "0")}`;
  };
  const kinds = new Map(data("kinds"));
  const colours = ["--first", "--second", "--third", "--fourth"];
  const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

  // ---- sound -------------------------------------------------------------------------------
  const player = byId("player"), audio = byId("audio"), heard = byId("heard");
  let address = null, pressed = null;
  function play(number, button, what) {
    if (pressed === button && !audio.paused) { audio.pause(); return; }
    const sound = data(`sound-${number}`);
    if (!sound) return;
    if (pressed !== button) {
      const bytes = Uint8Array.from(atob(sound.data), (c) => c.charCodeAt(0));
      if (address) URL.revokeObjectURL(address);
      address = URL.createObjectURL(new Blob([bytes], { type: sound.media }));
      audio.src = address;
      heard.textContent = `${what}, from ${clock(sound.start)}`;
    }
    if (pressed && pressed !== button) pressed.setAttribute("aria-pressed", "false");
    pressed = button;
    player.hidden = false;
    audio.play().catch(() => { heard.textContent = "this browser cannot play the excerpt"; });
  }
  audio.addEventListener("play", () => pressed && pressed.setAttribute("aria-pressed", "true"));
  for (const name of ["pause", "ended"]) {
    audio.addEventListener(name, () => pressed && pressed.setAttribute("aria-pressed", "false"));
  }
  byId("close").addEventListener("click", () => { audio.pause(); player.hidden = true; if (pressed) pressed.focus(); });
  function listen(button) {
    button.addEventListener("click", () => play(button.dataset.sound, button, button.dataset.what));
  }
  document.querySelectorAll("button[data-sound]").forEach(listen);

  // ---- one call ----------------------------------------------------------------------------
  class Timeline {
    constructor(canvas, call, choose) {
      this.canvas = canvas; this.call = call; this.choose = choose;
      this.from = 0; this.to = Math.max(call.seconds, 1); this.at = 0;
      this.talk = call.speakers.map((s) => {
        const rows = []; let t = 0;
        for (let i = 0; i < s.spans.length; i += 2) { const a = t + s.spans[i], b = a + s.spans[i + 1]; rows.push([a / 100, b / 100]); t = b; }
        return rows;
      });
      this.waves = call.loudness.map((text) => Uint8Array.from(atob(text), (c) => c.charCodeAt(0)));
      canvas.addEventListener("keydown", (e) => this.key(e));
      canvas.addEventListener("click", (e) => this.click(e));
      canvas.addEventListener("wheel", (e) => {
        if (!e.ctrlKey) return;
        e.preventDefault(); this.zoom(e.deltaY < 0 ? .7 : 1.4, this.time(e));
      }, { passive: false });
      new ResizeObserver(() => this.draw()).observe(canvas);
      this.draw();
    }
    time(e) { const r = this.canvas.getBoundingClientRect(); return this.from + (e.clientX - r.left) / r.width * (this.to - this.from); }
    zoom(factor, around) {
      const most = Math.max(this.call.seconds, 1), span = Math.min(most, Math.max(2, (this.to - this.from) * factor));
      this.from = Math.min(Math.max(0, around - span / 2), most - span); this.to = this.from + span; this.draw();
    }
    move(t, show) {
      this.at = Math.min(Math.max(0, t), this.call.seconds);
      const span = this.to - this.from;
      if (show || this.at < this.from || this.at > this.to) {
        this.from = Math.min(Math.max(0, this.at - span / 2), Math.max(0, this.call.seconds - span)); this.to = this.from + span;
      }
      this.canvas.setAttribute("aria-valuenow", this.at.toFixed(1));
      this.canvas.setAttribute("aria-valuetext", this.describe());
      this.draw();
    }
    describe() {
      const who = this.call.speakers.filter((_, i) => this.talk[i].some(([a, b]) => a <= this.at && this.at < b)).map((s) => s.name);
      return `${clock(this.at)}: ${who.length ? who.join(" and ") + (who.length > 1 ? " talk" : " talks") : "nobody talks"}`;
    }
    click(e) {
      this.canvas.focus();
      const t = this.time(e); let best = -1, least = (this.to - this.from) / 60;
      this.call.incidents.forEach((one, i) => {
        const d = t < one[1] ? one[1] - t : t > one[2] ? t - one[2] : 0;
        if (kinds.get(one[0]).notable && d < least) { best = i; least = d; }
      });
      this.move(t); if (best >= 0) this.choose(best);
    }
    key(e) {
      const span = this.to - this.from, step = e.shiftKey ? span / 4 : span / 40;
      const acts = {
        ArrowLeft: () => this.move(this.at - step), ArrowRight: () => this.move(this.at + step),
        Home: () => this.move(0), End: () => this.move(this.call.seconds),
        "+": () => this.zoom(.5, this.at), "=": () => this.zoom(.5, this.at), "-": () => this.zoom(2, this.at),
        n: () => this.step(1), p: () => this.step(-1), Enter: () => this.choose(this.near(), true),
      };
      if (acts[e.key] && !e.ctrlKey && !e.metaKey && !e.altKey) { e.preventDefault(); acts[e.key](); }
    }
    step(way) {
      const all = this.call.incidents.map((one, i) => [one[1], i, one]).filter(([, , one]) => kinds.get(one[0]).notable);
      const next = way > 0 ? all.find(([t]) => t > this.at + .001) : all.filter(([t]) => t < this.at - .001).pop();
      if (next) { this.move(next[0], true); this.choose(next[1]); }
    }
    near() {
      let best = -1, least = 1e9;
      this.call.incidents.forEach((one, i) => { const d = Math.abs(one[1] - this.at); if (kinds.get(one[0]).notable && d < least) { best = i; least = d; } });
      return best;
    }
    draw() {
      const c = this.canvas, r = devicePixelRatio || 1, w = c.clientWidth, h = c.clientHeight;
      if (!w) return;
      c.width = w * r; c.height = h * r;
      const g = c.getContext("2d"); g.scale(r, r);
      g.fillStyle = colour("--paper"); g.fillRect(0, 0, w, h);
      const x = (t) => (t - this.from) / (this.to - this.from) * w;
      const lanes = this.call.speakers.length, top = 18, foot = 34, lane = (h - top - foot) / Math.max(lanes, 1);
      g.font = "11px system-ui, sans-serif"; g.fillStyle = colour("--soft"); g.strokeStyle = colour("--line");
      const span = this.to - this.from, steps = [.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 1200, 1800, 3600];
      const tick = steps.find((s) => span / s <= w / 70) || 7200;
      for (let t = Math.ceil(this.from / tick) * tick; t <= this.to; t += tick) {
        g.beginPath(); g.moveTo(x(t), top); g.lineTo(x(t), h - foot); g.stroke(); g.fillText(clock(t), Math.min(x(t) + 2, w - 34), 12);
      }
      this.call.speakers.forEach((s, i) => {
        const y = top + i * lane, wave = this.waves[Math.min(s.channel, this.waves.length) - 1];
        if (wave) {
          g.fillStyle = colour("--wave");
          const bin = this.call.seconds / wave.length;
          for (let px = 0; px < w; px++) {
            const a = Math.max(0, Math.floor((this.from + px / w * span) / bin)), b = Math.min(wave.length, Math.max(a + 1, Math.floor((this.from + (px + 1) / w * span) / bin)));
            let loud = 0; for (let k = a; k < b; k++) loud = Math.max(loud, wave[k]);
            const tall = loud / 127 * lane * .62; g.fillRect(px, y + lane * .5 - tall / 2, 1, tall);
          }
        }
        g.fillStyle = colour(colours[i % 4]);
        for (const [a, b] of this.talk[i]) if (b > this.from && a < this.to) g.fillRect(x(a), y + lane - 9, Math.max(1, x(b) - x(a)), 6);
        g.fillText(s.name.slice(0, 24), 4, y + 12);
      });
      this.call.incidents.forEach((one) => {
        if (!kinds.get(one[0]).notable || one[2] < this.from || one[1] > this.to) return;
        const bad = ["interruption_taken", "interruption_failed", "talk_over"].includes(one[0]);
        const row = bad ? 0 : one[0] === "dead_air" || one[0] === "response" ? 1 : 2;
        g.fillStyle = colour(bad ? "--bad" : row === 1 ? "--open" : "--soft");
        g.fillRect(x(one[1]), h - foot + 4 + row * 9, Math.max(2, x(one[2]) - x(one[1])), 6);
      });
      g.strokeStyle = colour("--ink"); g.beginPath(); g.moveTo(x(this.at), top); g.lineTo(x(this.at), h); g.stroke();
    }
  }

  const opened = new Map();
  function open(details) {
    if (opened.has(details)) return opened.get(details);
    const call = data(details.dataset.call);
    const body = details.querySelector(".call");
    const facts = make("p", `${call.by}. ${call.files.join(", ")}`, "soft");
    body.append(facts);
    for (const f of call.findings) {
      const box = make("div", null, `verdict ${f.spoils ? "bad" : "open"}`);
      box.append(make("b", f.kind), document.createTextNode(f.message + (f.spoils ? ". Withheld: what needs " + f.spoils.join(", ") : "") + (f.remedy ? ". " + f.remedy : "")));
      body.append(box);
    }
    const canvas = make("canvas");
    canvas.tabIndex = 0;
    canvas.setAttribute("role", "slider");
    canvas.setAttribute("aria-label", `Timeline of ${call.id}: arrows move, plus and minus zoom, n and p go to incidents, Enter plays`);
    canvas.setAttribute("aria-valuemin", "0"); canvas.setAttribute("aria-valuemax", call.seconds.toFixed(1)); canvas.setAttribute("aria-valuenow", "0");
    const tools = make("div", null, "tools");
    body.append(canvas, tools);
    const table = make("table"), head = make("tr"), tbody = make("tbody");
    for (const name of ["Time", "What", "Who", "Whom", "Seconds", "Said", "Listen"]) { const th = make("th", name, name === "Seconds" ? "n" : ""); th.scope = "col"; head.append(th); }
    const thead = make("thead"); thead.append(head); table.append(thead, tbody);
    table.prepend(make("caption", "Incidents in order of time"));
    const wide = make("div", null, "wide"); wide.tabIndex = 0; wide.setAttribute("role", "region"); wide.setAttribute("aria-label", `Incidents of ${call.id}`); wide.append(table); body.append(wide);
    const rows = [];
    call.incidents.forEach((one, i) => {
      if (!kinds.get(one[0]).notable) return;
      const tr = make("tr"), link = make("a", clock(one[1]));
      link.href = `#${details.id}@${one[1]}`;
      const time = make("td", null, "n"); time.append(link);
      tr.append(time, make("td", kinds.get(one[0]).label), make("td", one[3]), make("td", one[4]), make("td", one[5] === null ? "" : one[5].toFixed(2), "n"), make("td", one[6], "said"));
      const cell = make("td");
      if (one[7] >= 0) {
        const b = make("button", "Play"); b.type = "button"; b.dataset.sound = one[7]; b.dataset.what = `${kinds.get(one[0]).label}, ${one[3]}`;
        b.setAttribute("aria-pressed", "false"); b.setAttribute("aria-label", `Play ${b.dataset.what} at ${clock(one[1])}`); listen(b); cell.append(b);
      }
      tr.append(cell); tbody.append(tr); rows[i] = tr;
    });
    let marked = null;
    const line = new Timeline(canvas, call, (i, sound) => {
      if (i < 0 || !rows[i]) return;
      if (marked) marked.classList.remove("at");
      marked = rows[i]; marked.classList.add("at");
      if (sound) { const b = marked.querySelector("button"); if (b) b.click(); }
    });
    for (const [text, act] of [["Earlier", () => line.step(-1)], ["Later", () => line.step(1)], ["Zoom in", () => line.zoom(.5, line.at)], ["Zoom out", () => line.zoom(2, line.at)]]) {
      const b = make("button", text); b.type = "button"; b.addEventListener("click", act); tools.append(b);
    }
    opened.set(details, line);
    return line;
  }
  document.querySelectorAll("details[data-call]").forEach((d) => d.addEventListener("toggle", () => { if (d.open) open(d).draw(); }));

  function follow() {
    const [id, time] = decodeURIComponent(location.hash.slice(1)).split("@");
    const target = id && byId(id);
    if (!target) return;
    for (let d = target; d; d = d.parentElement) if (d.tagName === "DETAILS") d.open = true;
    if (target.dataset.call) {
      const line = open(target);
      if (time !== undefined) { const t = Number(time); if (Number.isFinite(t)) { line.zoom(Math.min(1, 30 / (line.to - line.from)), t); line.move(t, true); line.choose(line.near()); } }
    }
    target.scrollIntoView();
  }
  addEventListener("hashchange", follow);
  const again = () => opened.forEach((line) => line.draw());
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", again);
  addEventListener("beforeprint", again); addEventListener("afterprint", again);
  follow();
})();
