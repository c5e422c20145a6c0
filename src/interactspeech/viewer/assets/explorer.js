// The explorer: the page's list and figures, asked of a server, for corpora of any size.

const explorer = { rows: [], total: 0, asked: 0, start: null, pictured: null };

async function askServer(path) {
  const response = await fetch(path);
  const answer = await response.json();
  if (!response.ok) throw new Error(answer.error ?? response.statusText);
  return answer;
}

/** The list of what was found: what `page.js` asks of a list. */
class FoundList {
  get entries() { return explorer.rows; }

  item(entry) { return DialogueList.prototype.item.call(this, entry); }

  add(rows) {
    for (const row of rows) {
      const entry = { ...row, counts: row.counts };
      entry.button = this.item(entry);
      if (explorer.start.corpora.length > 1) entry.button.querySelector(".item-facts").prepend(element("b", { className: "which", text: `${explorer.start.corpora[row.in].name} · ` }));
      entry.button.addEventListener("click", () => pick(entry));
      explorer.rows.push(entry);
      byId("items").append(element("li", {}, entry.button));
    }
  }

  mark(chosen) {
    for (const entry of explorer.rows) entry.button.setAttribute("aria-current", String(entry.key === chosen.key));
    if (chosen.button.isConnected) chosen.button.scrollIntoView({ block: "nearest" });
  }

  neighbour(entry, step) {
    const at = explorer.rows.findIndex(({ key }) => key === entry.key);
    return explorer.rows[at + step];
  }

  repaint() { document.querySelectorAll(".item canvas").forEach(DialogueList.paint); }
}

function parameters(more = {}) {
  const given = new URLSearchParams();
  for (const [name, value] of new FormData(byId("filters"))) if (value !== "" && !(name === "at_least" && value === "1") && !(name === "corpus" && value === "-1")) given.set(name, value);
  for (const [name, value] of Object.entries(more)) given.set(name, value);
  return given;
}

async function search(offset = 0) {
  const asked = ++explorer.asked;
  let answer;
  try { answer = await askServer(`api/search?${parameters({ offset })}`); } catch (error) {
    if (asked !== explorer.asked) return;
    byId("found").textContent = error.message;
    byId("found").classList.add("problem");
    return;
  }
  if (asked !== explorer.asked) return; // a later search is on its way
  if (!offset) {
    explorer.rows = [];
    byId("items").replaceChildren();
    byId("items").scrollTop = 0;
  }
  explorer.total = answer.total;
  page.list.add(answer.rows);
  if (page.entry) page.list.mark(explorer.rows.find(({ key }) => key === page.entry.key) ?? page.entry);
  const { read, of } = answer.texts, text = byId("text").value.trim();
  byId("found").classList.remove("problem");
  byId("found").textContent = `${answer.total.toLocaleString("en")} dialogue${answer.total === 1 ? "" : "s"}, ${duration(answer.seconds)}${text && read < of ? `; texts of ${read.toLocaleString("en")} of ${of.toLocaleString("en")} read so far` : ""}${answer.changed ? "; the corpus has changed on the disk and was opened again" : ""}`;
  byId("no-items").hidden = answer.total > 0;
  byId("more-items").hidden = explorer.rows.length >= answer.total;
  if (!offset && byId("overview-panel").open) overview();
}

let searchTimer = 0;
function searchSoon() {
  clearTimeout(searchTimer);
  searchTimer = setTimeout(() => search(), 120);
}

const corpusColour = (i) => colourScheme.current.speaker[i % 4];
const shortNumber = (x) => (Math.abs(x) >= 100 ? x.toFixed(0) : Math.abs(x) >= 10 ? x.toFixed(1) : x.toFixed(2));

/** A chart: lines a corpus, and people as a band (mean and deviation) or a line. */
function chart(box, { title, edges, shares, means, unit, people, band, fromZero = true }) {
  const canvas = element("canvas", { role: "img", "aria-label": `${title}: ${means.join("; ")}` });
  box.append(element("div", { className: "chart" }, element("h2", { text: title }), canvas, ...means.map((text, i) => {
    const mark = element("span", { className: "key" });
    mark.style.setProperty("--own", `var(--speaker-${i % 4})`);
    return element("p", { dir: "auto" }, mark, text);
  }), ...(people ? [element("p", {}, element("span", { className: "key people" }), people)] : [])));
  const width = canvas.clientWidth, height = 90, context = sharpen(canvas, width, height), colours = colourScheme.current;
  const [low, high] = [edges[0], edges[edges.length - 1]], x = (value) => ((value - low) / (high - low || 1)) * width;
  const most = Math.max(...shares.flatMap(({ values }) => values), 1e-9), y = (share) => height - 16 - (share / most) * (height - 22);
  if (band) {
    context.fillStyle = colours.shade;
    context.fillRect(x(Math.max(low, band[0] - band[1])), 2, x(band[0] + band[1]) - x(Math.max(low, band[0] - band[1])), height - 18);
    context.fillStyle = colours.ink;
    context.fillRect(x(band[0]) - 0.75, 2, 1.5, height - 18);
  }
  for (const { values, colour, line } of shares) {
    context.beginPath();
    context.moveTo(x(edges[0]), height - 16);
    values.forEach((value, i) => { context.lineTo(x(edges[i]), y(value)); context.lineTo(x(edges[i + 1]), y(value)); });
    context.lineTo(x(high), height - 16);
    context.strokeStyle = context.fillStyle = colour;
    context.lineWidth = 1.5;
    if (!line) { context.globalAlpha = 0.18; context.fill(); }
    context.globalAlpha = 1;
    context.setLineDash(line ? [3, 2] : []);
    context.stroke();
    context.setLineDash([]);
  }
  context.fillStyle = colours.faint;
  context.font = fontOf("11px ");
  context.textBaseline = "bottom";
  context.textAlign = "left";
  context.fillText(fromZero ? "0" : shortNumber(low), 0, height);
  context.textAlign = "right";
  context.fillText(`${shortNumber(high)} ${unit}`, width, height);
  context.textAlign = "left";
}

async function overview() {
  const given = parameters(), asked = String(given);
  if (explorer.pictured === asked) return;
  explorer.pictured = asked;
  const box = byId("charts");
  byId("overview-note").textContent = "measuring…";
  try {
    const answer = await askServer(`api/overview?${given}`);
    if (explorer.pictured !== asked) return;
    box.replaceChildren();
    const names = explorer.start.corpora.map(({ name }) => name);
    for (const { label, unit, width, bins, means, people } of answer.measures) {
      const shares = bins.map((counts, i) => {
        const total = counts.reduce((a, b) => a + b, 0) || 1;
        return { values: counts.map((count) => count / total), colour: corpusColour(i) };
      });
      chart(box, { title: label, unit, edges: Array.from({ length: bins[0].length + 1 }, (_, i) => i * width), shares,
        means: means.map((mean, i) => `${names[i]}: mean ${mean === null ? "–" : shortNumber(mean)} ${unit}`),
        people: people && `people: ${shortNumber(people[0])} ± ${shortNumber(people[1])} ${unit}`, band: people });
    }
    const timing = await askServer(`api/timing?${given}`);
    if (explorer.pictured !== asked) return;
    chart(box, { title: "Floor-transfer offset", unit: "s", edges: timing.edges, fromZero: false,
      shares: [...timing.corpora.filter(({ n }) => n).map(({ fto }, i) => ({ values: fto, colour: corpusColour(i) })), { values: timing.people, colour: colourScheme.current.ink, line: true }],
      means: timing.corpora.map(({ n, dialogues }, i) => `${names[i]}: ${n.toLocaleString("en")} in ${dialogues} dialogues`), people: "people (dashed)" });
    byId("overview-note").textContent = `Timing of at most ${timing.sample} dialogues of each corpus. People: ${timing.source}.`;
    const figures = byId("figures");
    figures.replaceChildren(...timing.corpora.flatMap(({ figures: found }, i) => found.map((one) => figure({ ...one, label: names.length > 1 ? `${names[i]}: ${one.label}` : one.label }))));
    figures.hidden = !figures.children.length;
  } catch (error) {
    byId("overview-note").textContent = error.message;
    explorer.pictured = null;
  }
}

async function startExplorer() {
  page.fetch = (key) => askServer(`api/dialogue?id=${encodeURIComponent(key)}`);
  page.list = new FoundList();
  const answer = await askServer("api/start");
  explorer.start = answer;
  byId("title").textContent = answer.title;
  const sum = (name) => answer.corpora.reduce((total, one) => total + one[name], 0);
  byId("totals").textContent = `${sum("dialogues").toLocaleString("en")} dialogues · ${duration(sum("seconds"))} of talk · ${sum("words").toLocaleString("en")} words · ${answer.licences.map(([name]) => name || "licence not stated").slice(0, 4).join(", ")}`;
  byId("figures").hidden = true;
  const options = (id, pairs) => byId(id).replaceChildren(...pairs.map(([value, text]) => element("option", { value, text })));
  options("having", [["", "any events"], ...TYPES.map((type) => [type, `with ${typeName(type)}`])]);
  options("in-corpus", [["-1", "all corpora"], ...answer.corpora.map(({ name, dialogues }, i) => [String(i), `${name} (${dialogues.toLocaleString("en")})`])]);
  byId("in-corpus").hidden = answer.corpora.length < 2;
  options("source", [["", "any source"], ...answer.sources.map(([name, n]) => [name, `${name || "source not stated"} (${n.toLocaleString("en")})`])]);
  options("order", [["", "as stored"], ["longest", "longest first"], ["shortest", "shortest first"], ["id", "by name"], ...TYPES.map((type) => [type, `most ${typeName(type)} a minute`])]);
  await search();
  const wanted = decodeURIComponent(location.hash.slice(1));
  const first = explorer.rows.find((entry) => entry.id === wanted) ?? explorer.rows[0];
  if (first) await pick(first);
}

byId("filters").addEventListener("input", searchSoon);
byId("filters").addEventListener("submit", (event) => { event.preventDefault(); search(); });
byId("more-items").addEventListener("click", () => search(explorer.rows.length));
byId("overview-panel").addEventListener("toggle", () => { if (byId("overview-panel").open) overview(); });
startExplorer().catch((error) => problem(error.message));
