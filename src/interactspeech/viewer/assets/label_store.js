// Labels of one dialogue: what stands, what waits to be saved, undo and redo.
// An edit counts as saved when the server has answered that it is on the disk. What waits is kept
// in the browser's storage, a key a transaction, so that neither a closed tab nor a server that is
// gone loses it; the server knows a transaction by its key and never writes it twice.

const WAITING = `interactspeech ${location.pathname} `;

/** A new name for an item or a transaction. */
function freshKey() {
  return [...crypto.getRandomValues(new Uint8Array(12))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

const sameItem = (a, b) => JSON.stringify(a ?? null) === JSON.stringify(b ?? null);

/** An item with its fields in one order and without those that say nothing. */
function tidyItem(item) {
  if (!item) return null;
  const made = {};
  for (const name of ["kind", "speaker", "start", "end", "type", "text", "confidence", "note", "suggestion", "verdict", "utterance", "fragment"]) {
    const value = item[name];
    const empty = value === undefined || value === null || value === "" || value === false;
    if (["start", "end"].includes(name) ? value : !empty) made[name] = value;
  }
  return made;
}

/** Asks the server; an answer that is no success becomes an error with `status` and `answer`. */
async function ask(path, body) {
  const response = await fetch(path, body === undefined ? {} : {
    method: "POST", headers: { "content-type": "application/json", "x-interactspeech": "1" }, body: JSON.stringify(body),
  });
  const answer = await response.json();
  if (!response.ok) throw Object.assign(new Error(answer.error ?? response.statusText), { status: response.status, answer });
  return answer;
}

class LabelStore {
  /** `changed()` after every change of items, `state(waiting, problem)` as saving goes on. */
  constructor(changed, state) {
    Object.assign(this, { changed, state, dialogue: null, queue: [], base: new Map(), edited: new Map(), undone: [], doneEdits: [], conflicts: new Map(), sending: false, pause: 0, blocked: "" });
    setInterval(() => this.poll(), 2000);
    window.addEventListener("focus", () => this.poll());
    window.addEventListener("online", () => this.flush());
    window.addEventListener("beforeunload", (event) => { if (this.queue.length) event.preventDefault(); });
  }

  /** Shows a dialogue as the server knows it, and sends what an earlier tab could not. */
  load(dialogue, answer) {
    Object.assign(this, { dialogue, number: answer.number, undone: [], doneEdits: [], conflicts: new Map(), blocked: "" });
    this.base = new Map(answer.base.map(({ id, item }) => [id, tidyItem(item)]));
    this.edited = new Map(answer.edited.map(({ id, revision, item }) => [id, { revision, item: tidyItem(item) }]));
    this.history(answer.history);
    this.recover();
    for (const one of this.queue) if (one.dialogue === dialogue) this.locally(one);
    this.report();
    this.flush();
  }

  /** Queues what a tab before this one could not send. */
  recover() {
    for (const one of this.stored()) if (!this.queue.some(({ key }) => key === one.key)) this.queue.push(one);
  }

  stored() {
    const found = [];
    for (let i = 0; i < localStorage.length; i++) {
      const name = localStorage.key(i);
      if (name.startsWith(WAITING)) {
        try { found.push(JSON.parse(localStorage.getItem(name))); } catch { /* not ours */ }
      }
    }
    return found.sort((a, b) => a.order - b.order);
  }

  /** Undo and redo as they were: the log says which transactions took back which. */
  history(transactions) {
    const now = new Map(this.base);
    for (const { key, edits } of transactions) {
      const steps = edits.map(({ id, item }) => ({ id, before: now.get(id) ?? null, after: tidyItem(item) }));
      for (const { id, after } of steps) now.set(id, after);
      if (key.startsWith("undo-")) { this.undone.push(this.doneEdits.pop() ?? steps); continue; }
      if (key.startsWith("redo-")) this.undone.pop(); else this.undone = [];
      this.doneEdits.push(steps);
    }
  }

  /** What stands: id -> item. */
  get items() {
    const found = new Map(this.base);
    for (const [id, { item }] of this.edited) if (item) found.set(id, item); else found.delete(id);
    return found;
  }

  item(id) { return this.edited.has(id) ? this.edited.get(id).item : this.base.get(id) ?? null; }
  revision(id) { return this.edited.get(id)?.revision ?? 0; }

  /** Makes changes, [[id, item or null], ...], as one step. */
  change(changes) {
    const steps = changes.map(([id, item]) => ({ id, before: this.item(id), after: tidyItem(item) })).filter(({ before, after }) => !sameItem(before, after));
    if (!steps.length || this.blocked) return false;
    this.doneEdits.push(steps);
    this.undone = [];
    this.enqueue("", steps.map(({ id, after }) => [id, after]));
    return true;
  }

  /** Takes the last step back; false where another tab has changed what it made. */
  undo() { return this.step(this.doneEdits, this.undone, "undo-", "before", "after"); }
  redo() { return this.step(this.undone, this.doneEdits, "redo-", "after", "before"); }

  step(from, to, prefix, wanted, expected) {
    if (!from.length || this.blocked) return null;
    const steps = from[from.length - 1];
    if (!steps.every((one) => sameItem(this.item(one.id), one[expected]))) return false;
    to.push(from.pop());
    this.enqueue(prefix, steps.map((one) => [one.id, one[wanted]]));
    return true;
  }

  enqueue(prefix, changes) {
    const transaction = { key: prefix + freshKey(), dialogue: this.dialogue, edits: changes.map(([id, item]) => ({ id, base: this.revision(id), item })), order: Date.now() };
    this.queue.push(transaction);
    try { localStorage.setItem(WAITING + transaction.key, JSON.stringify(transaction)); } catch { /* full or forbidden: it is still sent */ }
    this.locally(transaction);
    this.report();
    this.changed();
    this.flush();
  }

  locally({ edits }) {
    for (const { id, base, item } of edits) this.edited.set(id, { revision: base + 1, item });
  }

  drop(transaction) {
    this.queue = this.queue.filter((one) => one !== transaction);
    localStorage.removeItem(WAITING + transaction.key);
  }

  async flush() {
    if (this.sending) return;
    this.sending = true;
    while (this.queue.length) {
      const next = this.queue[0], known = this.number;
      try {
        const { key, dialogue, edits } = next;
        const answer = await ask("api/edits", { key, dialogue, edits });
        this.drop(next);
        this.pause = 0;
        // What other tabs did in between is fetched before this number is believed.
        if (dialogue === this.dialogue && answer.number === this.number + 1) this.number = answer.number;
        // It was in the log already: its answer was lost, and more may have come after it.
        if (dialogue === this.dialogue && answer.number <= known) this.stale = true;
        this.report();
      } catch (error) {
        if (error.status === 409 && error.answer?.current) this.settle(next, error.answer.current);
        else if (error.status === 409) { this.blocked = error.message; this.report(error.message); break; }
        else if (error.status === 422) { this.drop(next); await this.reload(error.message); }
        else {
          // The server is away, or its disk is full: try again, later and later.
          this.pause = Math.min(10000, this.pause ? this.pause * 2 : 500);
          this.report(error.status ? error.message : "the server does not answer");
          setTimeout(() => this.flush(), this.pause);
          break;
        }
      }
    }
    this.sending = false;
    if (this.stale && !this.queue.length) {
      this.stale = false;
      await this.reload("");
    }
  }

  /** An edit that builds on what another tab has changed: both versions are kept and shown. */
  settle(transaction, current) {
    if (transaction.dialogue !== this.dialogue) {
      // It stays in the browser's storage, and comes up when its dialogue is shown.
      this.queue = this.queue.filter((one) => one !== transaction);
      return;
    }
    this.drop(transaction);
    const stale = new Map(current.map(({ id, revision, item }) => [id, { revision, item: tidyItem(item) }]));
    const rest = transaction.edits.filter(({ id }) => !stale.has(id));
    if (rest.length) {
      const again = { ...transaction, key: freshKey(), edits: rest };
      this.queue.unshift(again);
      localStorage.setItem(WAITING + again.key, JSON.stringify(again));
    }
    for (const [id, theirs] of stale) {
      const mine = transaction.edits.find((edit) => edit.id === id).item;
      this.edited.set(id, theirs);
      if (!sameItem(mine, theirs.item)) this.conflicts.set(id, { mine, theirs: theirs.item });
      // Later edits of the same item build on mine: they meet the same conflict.
    }
    this.report();
    this.changed();
  }

  resolve(id, mine) {
    const conflict = this.conflicts.get(id);
    this.conflicts.delete(id);
    if (mine) this.change([[id, conflict.mine]]);
    this.changed();
  }

  async reload(problem) {
    const answer = await ask(`api/dialogue?id=${encodeURIComponent(this.dialogue)}`);
    this.load(this.dialogue, answer);
    this.report(problem);
    this.changed();
  }

  /** What other tabs did. */
  async poll() {
    if (!this.dialogue || document.hidden || this.sending || this.queue.length) return;
    const { dialogue } = this;
    try {
      const answer = await ask(`api/changes?id=${encodeURIComponent(dialogue)}&since=${this.number}`);
      if (dialogue !== this.dialogue || this.queue.length) return;
      this.number = Math.max(this.number, answer.number);
      let news = false;
      for (const { id, revision, item } of answer.items) {
        if (revision <= this.revision(id)) continue;
        this.edited.set(id, { revision, item: tidyItem(item) });
        news = true;
      }
      if (answer.changed && !this.blocked) {
        this.blocked = "This dialogue has changed on the disk since its labels were begun: nothing more is labelled on it.";
        this.report(this.blocked);
      }
      if (news) this.changed();
    } catch (error) {
      this.report(error.status ? error.message : "the server does not answer");
    }
  }

  report(problem = "") { this.state(this.queue.length, problem); }
}
