// Puts the page together: asks for the state, follows the events, tells what is wrong.

import * as api from "./api.js";
import { Decisions } from "./decisions.js";
import { $, score, show, text } from "./dom.js";
import { Live } from "./live.js";
import { change, showPulse, showState, showTrouble, showWhole } from "./panels.js";
import { Strips } from "./strips.js";

const strips = new Strips();
const decisions = new Decisions(say);
let edition = null; // of the clips that are shown
let degraded = [];
let passing = ""; // a sentence that goes by itself
let passes;

function say(sentence) {
  passing = sentence;
  clearTimeout(passes);
  passes = setTimeout(() => say(""), 10000);
  showTrouble([...degraded, ...(passing ? [passing] : [])]);
}

function takeState(state) {
  degraded = state.degraded;
  decisions.own = state.stream;
  strips.know(state.words, state.stream);
  takePulse(state);
  showWhole(state);
  showTrouble([...degraded, ...(passing ? [passing] : [])]);
  text($("clips-hint"), state.clips.enabled ? "" : "No clips are kept, so nothing can be played or judged later: [clips] enabled = true keeps them, on this machine alone.");
  show($("clips-hint"), !state.clips.enabled);
  if (state.clips.edition !== edition) takeClips(state.clips.edition);
}

function takeLive(state) {
  document.documentElement.dataset.live = "yes"; // from now on every event comes by itself
  takeState(state);
}

function takePulse(pulse) {
  showState(pulse.state, pulse.reason);
  showPulse(pulse);
}

async function takeClips(now) {
  const before = edition;
  edition = now;
  try {
    decisions.clips(await api.clips());
  } catch (error) {
    edition = before;
    say(error.message);
  }
}

function takeEvent(event) {
  change(event);
  const row = decisions.event(event);
  if (event.event !== "activation") return;
  strips.wake(event);
  text($("announce"), `${event.word} heard, score ${score(event.score)}`);
  requestAnimationFrame(() => {
    row.node.dataset.afterMs = Date.now() - Date.parse(event.wall); // true where both clocks agree
  });
}

// What happened before this page was opened, or while it was cut off.
async function catchUp() {
  try {
    const state = await api.state();
    show($("ask-token"), false);
    show($("main"), true);
    takeState(state);
    for (const event of state.history) {
      change(event);
      decisions.event(event);
    }
    return true;
  } catch (error) {
    lost();
    if (error.status === 401) askForToken();
    else say(error.message);
    return error.status !== 401;
  }
}

function lost() {
  document.documentElement.dataset.live = "no";
  showState("lost", "");
  showPulse({ level_dbfs: null, speech: null });
}

const live = new Live(
  { state: takeLive, pulse: takePulse, scores: (event) => strips.scores(event), event: takeEvent },
  catchUp,
  lost,
);

function order(name) {
  api.order(name).catch((error) => say(error.message));
}

$("mute").addEventListener("click", () => order($("mute").getAttribute("aria-pressed") === "true" ? "unmute" : "mute"));
$("trigger").addEventListener("click", () => order($("state").dataset.state === "listening" ? "stop" : "trigger"));

function askForToken() {
  live.stop();
  show($("main"), false);
  show($("ask-token"), true);
  $("token").focus();
}

$("ask-token").addEventListener("submit", (submitted) => {
  submitted.preventDefault();
  api.keepToken($("token").value.trim());
  $("token").value = "";
  begin();
});

async function begin() {
  if (await catchUp()) live.open();
}

begin();
