// Level, stages, backends, the board, changes: what the state says, in words and bars.

import { $, bytes, el, ms, show, text, when } from "./dom.js";

const STATES = { hearing: "hearing", listening: "listening to a command", deaf: "deaf", muted: "muted", starting: "starting", stopping: "stopping", lost: "no connection" };
const MOST_CHANGES = 120;

export function showState(state, reason) {
  $("state").dataset.state = state;
  text($("state-word"), STATES[state] || state);
  text($("state-why"), reason || "");
  const muted = state === "muted";
  show($("orders"), ["hearing", "listening", "muted", "deaf"].includes(state));
  $("mute").setAttribute("aria-pressed", muted);
  text($("trigger"), state === "listening" ? "That is all" : "Listen now");
  $("trigger").disabled = muted || state === "deaf";
}

export function showPulse({ level_dbfs: level, speech }) {
  $("level").value = level ?? -80;
  text($("level-number"), level == null ? "–" : `${level.toFixed(0)} dBFS`);
  $("speech").value = speech ?? 0;
  text($("speech-number"), speech == null ? "not asked" : `${Math.round(speech * 100)} %`);
}

export function showWhole(state) {
  text($("where"), `on ${state.source}${state.recognizer ? ` · text by ${state.recognizer}` : ""}`);
  showStages(state);
  showBackends(state.backends);
  showMachine(state);
  text($("foot"), `edged ${state.version} · ${state.clips.enabled ? "clips are kept on this machine" : "no clips are kept"} · ${state.transcripts ? "texts are shown" : "texts are not shown"}`);
}

// Replaces children only where what they say changed, so that neither focus nor a screen reader is disturbed.
function replace(node, said, make) {
  if (node.dataset.said === said) return;
  node.dataset.said = said;
  node.replaceChildren(...make());
}

function showStages({ stages_ms: stages, hop_ms: hop, late_hops: late, hops, lost_samples: lost }) {
  replace($("stages"), JSON.stringify(stages), () => Object.entries(stages).map(([stage, value]) => {
    const fill = el("span");
    fill.style.width = `${Math.min(100, (100 * value) / hop)}%`;
    return el("div", { class: "stage" }, el("span", {}, stage), el("div", { class: "bar", "aria-hidden": "true" }, fill), el("span", { class: "number" }, ms(value)));
  }));
  const sum = Object.values(stages).reduce((a, b) => a + b, 0);
  text($("hops"), `Median of the last 10 s; together ${ms(sum)} of the ${hop} ms that a hop lasts. ${late} of ${hops} hops were late, ${(lost / 16000).toFixed(1)} s of sound were lost.`);
}

function showBackends(backends) {
  replace($("backends"), JSON.stringify(backends), () => backends.map((one) => {
    const speed = one.p95_ms == null ? "" : ` · ${ms(one.p95_ms)} (p95)${one.cpu_ms == null ? "" : `, ${ms(one.cpu_ms)} of a core`}`;
    const is = el("span", { class: "is", "data-is": one.state }, one.state);
    return el("li", {}, `${one.stage} on ${one.device && one.device !== one.provider ? `${one.provider} (${one.device})` : one.provider}: `, is, speed,
      one.reason ? el("span", { class: "reason" }, one.reason) : null);
  }));
}

function showMachine({ machine, energy }) {
  const facts = [];
  const fact = (name, value) => facts.push([name, value]);
  if (machine.sensor_watts != null) fact("Power", `${machine.sensor_watts.toFixed(2)} W, the whole board, by its sensor`);
  if (energy) fact("Energy", `${energy.joules_per_hour} J per hour of listening, ${energy.source === "sensor" ? "the whole board, by its sensor" : "the stages alone, by the model"}`);
  if (machine.sensor_watts == null && !energy) fact("Power", "not known: this machine has no sensor and no model");
  const zones = Object.entries(machine.zones_c);
  fact("Temperature", zones.length ? zones.map(([zone, value]) => `${zone} ${value.toFixed(0)} °C`).join(", ") : "not told by this machine");
  for (const [clock, share] of Object.entries(machine.held_down)) fact("Heat", `holds ${clock} down by ${Math.round(share * 100)} %`);
  const { gpu, npu } = machine;
  const clock = (one) => (one.clock_hz ? `, ${Math.round(one.clock_hz / 1e6)} MHz` : "");
  if (gpu?.load != null) fact("GPU", `${Math.round(gpu.load * 100)} % busy${clock(gpu)}`);
  const cores = (npu?.loads || []).filter((load) => load != null).map((load) => `${Math.round(load * 100)} %`);
  if (npu?.powered === false) fact("NPU", "switched off while it is not needed");
  else if (cores.length) fact("NPU", `${cores.join(", ")} busy, by core${clock(npu)}`);
  for (const { role, bytes: size, share } of machine.memory) fact(`Memory, ${role}`, bytes(size) + (share == null ? "" : `, ${(share * 100).toFixed(1)} % of ${bytes(machine.total_bytes)}`));
  if (machine.available_bytes != null) fact("Memory, free", bytes(machine.available_bytes));
  replace($("machine"), JSON.stringify(facts), () => facts.flatMap(([name, value]) => [el("dt", {}, name), el("dd", {}, value)]));
}

export function showTrouble(sentences) {
  show($("trouble"), sentences.length > 0);
  replace($("trouble"), sentences.join("\n"), () => sentences.map((sentence) => el("p", {}, sentence)));
}

const BY = { socket: "the local socket", mqtt: "MQTT", hermes: "Rhasspy", dashboard: "this page" };
const CANCELLED = { stop_word: "the stop word was said", restarted_by_wake: "the wake word was said again", no_speech: "nobody spoke" };
const CHANGES = {
  ready: (e) => ["good", "ready", `hears ${e.words.join(", ")}`],
  fallback: (e) => ["bad", "fallback", `${e.stage}: ${e.from} to ${e.to} (${e.reason})`],
  recovered: (e) => ["good", "recovered", `${e.stage}: ${e.from} to ${e.to} (${e.reason})`],
  device: (e) => (e.state === "lost" ? ["bad", "microphone lost", `${e.name} ${e.reason}`] : ["good", "microphone back", e.name]),
  gap: (e) => ["bad", "gap", `${(e.samples / 16000).toFixed(2)} s of sound lost: ${{ device: "the microphone was away", source: "the microphone lost them", capture: "the path was late" }[e.where]}`],
  muted: (e) => ["bad", "muted", `by ${BY[e.by] || e.by}`],
  unmuted: (e) => ["good", "unmuted", `by ${BY[e.by] || e.by}`],
  triggered: (e) => ["", "triggered", `a command without a wake word, by ${BY[e.by] || e.by}`],
  cancelled: (e) => ["", "cancelled", `a command: ${CANCELLED[e.reason] || e.reason}${e.text ? ` (“${e.text}”)` : ""}`],
  restarted: (e) => ["bad", "restarted", `${e.stage}: ${e.reason}`],
};

const seen = new Set();

export function change(event) {
  const say = CHANGES[event.event];
  const key = `${event.event} ${event.stream} ${event.sample} ${event.wall}`;
  if (!say || seen.has(key)) return;
  seen.add(key);
  const [tone, name, what] = say(event);
  const list = $("changes");
  list.prepend(el("li", { "data-key": key }, when(event.wall), " ", el("span", { class: tone }, name), ` ${what}`));
  while (list.children.length > MOST_CHANGES) {
    seen.delete(list.lastElementChild.dataset.key);
    list.lastElementChild.remove();
  }
  show($("no-changes"), false);
}
