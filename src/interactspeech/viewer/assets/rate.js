// The rating page: one trial at a time; nothing here knows which system is heard.

const rating = { trial: null, since: 0, players: [] };

async function askRating(path, body) {
  const response = await fetch(path, body === undefined ? {} : { method: "POST", headers: { "content-type": "application/json", "x-interactspeech": "1" }, body: JSON.stringify(body) });
  const answer = await response.json();
  if (!response.ok) throw new Error(answer.error ?? response.statusText);
  return answer;
}

function complain(text) {
  byId("problem").textContent = text;
  byId("problem").hidden = !text;
}

async function showTrial(place) {
  let trial;
  try { trial = await askRating(place === undefined ? "api/trial" : `api/trial?place=${place}`); } catch (error) { complain(error.message); return; }
  complain("");
  Object.assign(rating, { trial, since: performance.now(), players: [] });
  byId("progress").textContent = `${trial.done} of ${trial.of} done`;
  const over = !trial.trial;
  byId("next").hidden = over;
  byId("back").disabled = trial.place === 0;
  if (over) {
    byId("stimuli").replaceChildren(element("p", { text: "That was the last one. Thank you." }));
    byId("questions").replaceChildren();
    byId("questions").hidden = true;
    return;
  }
  byId("questions").hidden = false;
  const two = trial.stimuli.length > 1;
  byId("stimuli").replaceChildren(...trial.stimuli.map((stimulus, i) => {
    const name = two ? ["The first", "The second"][i] : "The conversation";
    const card = element("section", { className: "card stimulus", "aria-label": name }, element("h2", { text: two ? `${name} (${"AB"[i]})` : name }));
    if (stimulus.sound) {
      const audio = element("audio", { controls: "", preload: "auto", src: stimulus.sound });
      audio.addEventListener("play", () => rating.players.forEach((other) => { if (other !== audio) other.pause(); }));
      rating.players.push(audio);
      card.append(audio);
    } else card.append(element("pre", { text: stimulus.text, dir: "auto", tabindex: "0" }));
    return card;
  }));
  let key = 0;
  byId("questions").replaceChildren(...trial.questions.map(({ name, text, choices }) => element("fieldset", {}, element("legend", { text }),
    element("div", { className: "choices" }, ...choices.map(([value, label]) => {
      key += 1;
      const input = element("input", { type: "radio", name, value, "data-key": String(key) });
      input.checked = trial.answers[name] === value;
      return element("label", {}, input, element("kbd", { text: String(key) }), label);
    })))));
  byId("stage").focus();
}

/** The share of a sound that was played. */
function heard(audio) {
  let total = 0;
  for (let i = 0; i < audio.played.length; i++) total += audio.played.end(i) - audio.played.start(i);
  return audio.duration ? clamp(total / audio.duration, 0, 1) : 0;
}

async function saveTrial() {
  const { trial } = rating;
  if (!trial?.trial) return;
  const answers = Object.fromEntries(new FormData(byId("questions")));
  const left = trial.questions.find(({ name }) => !(name in answers));
  if (left) { complain(`Please answer: ${left.text}`); return; }
  const unheard = rating.players.findIndex((audio) => heard(audio) < 0.5);
  if (unheard >= 0) { complain(rating.players.length > 1 ? "Please listen to at least half of each conversation." : "Please listen to at least half of the conversation."); return; }
  try {
    await askRating("api/rate", { trial: trial.trial, answers, seconds: (performance.now() - rating.since) / 1000, heard: rating.players.map(heard) });
  } catch (error) { complain(`Not saved: ${error.message}`); return; }
  await showTrial();
}

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || !rating.trial?.trial) return;
  const { key, target } = event;
  if (target.closest("button, audio") && [" ", "Enter"].includes(key)) return;
  const letter = { a: 0, b: 1, " ": 0 }[key.toLowerCase()];
  if (key === "Enter") saveTrial();
  else if (letter !== undefined && rating.players[letter]) {
    const audio = rating.players[key === " " ? Math.max(0, rating.players.findIndex((one) => !one.paused)) : letter];
    if (audio.paused) audio.play().catch((error) => complain(error.message)); else audio.pause();
  } else {
    const input = byId("questions").querySelector(`[data-key="${CSS.escape(key)}"]`);
    if (!input) return;
    input.checked = true;
    input.focus();
  }
  event.preventDefault();
});
byId("questions").addEventListener("submit", (event) => event.preventDefault());
byId("next").addEventListener("click", saveTrial);
byId("back").addEventListener("click", () => showTrial(rating.trial.place - 1));
showTrial();
