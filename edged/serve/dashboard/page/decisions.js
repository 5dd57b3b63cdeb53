// Wakes, near misses, what was held back and what was lost: from events at once, from clips with their sound.

import * as api from "./api.js";
import { curveOf, describe, drawCurve } from "./curve.js";
import { $, el, ms, score, show, text, when } from "./dom.js";
import { playing, toggle } from "./player.js";

const MOST = 80; // rows; the oldest go
const KINDS = { activation: "wake", suppressed: "rejected", lost: "lost" };
const NAMES = { wake: "woke", stop: "stop word", near_miss: "near miss", rejected: "held back", lost: "lost" };
const REASONS = {
  patience: "not long enough over the threshold",
  refractory: "too soon after the last wake",
  hysteresis: "the score had not fallen since the last wake",
  vad: "nobody spoke",
  listening: "a command was being spoken",
  idle: "there was nothing to stop",
};

class Row {
  constructor(key, trouble) {
    this.key = key;
    this.trouble = trouble;
    this.told = {};
    this.curve = null;
    this.time = el("span");
    this.badge = el("span", { class: "badge" });
    this.word = el("b");
    this.score = el("span", { class: "score" });
    this.stream = el("span", { class: "stream" });
    this.said = el("span", { class: "said" });
    this.play = el("button", { type: "button", class: "play", onclick: () => this.toggle() }, "Play");
    this.question = el("span", { class: "long" });
    this.ask = el("span", { class: "ask" }, this.question, el("span", { class: "short" }, "Right?"));
    this.right = el("button", { type: "button", "data-verdict": "right", onclick: () => this.mark("right") }, "Yes");
    this.wrong = el("button", { type: "button", "data-verdict": "wrong", onclick: () => this.mark("wrong") }, "No");
    this.why = el("button", { type: "button", class: "why", "aria-expanded": "false", onclick: () => this.open() }, "Why?");
    this.detail = el("div", { class: "detail", hidden: true });
    this.node = el("li", { class: "decision" },
      el("div", { class: "row" },
        this.time,
        el("div", { class: "what" }, this.badge, this.word, this.score, this.stream, this.said),
        el("div", { class: "actions" }, this.play, this.ask, this.right, this.wrong, this.why)),
      this.detail);
  }

  take(more) {
    const kept = more.id && !this.told.id; // its clip has just been written: it says more than the event
    this.told = { ...this.told, ...more };
    if (kept && !this.detail.hidden) this.attempt(() => this.explain());
    const { kind, word, wall, reason, threshold, stream, id, verdict, problem, said } = this.told;
    this.node.dataset.kind = kind || "lost";
    if (id) this.node.dataset.clip = id;
    this.badge.dataset.kind = kind || "lost";
    if (this.wall !== wall && wall) this.time.replaceChildren(when(wall));
    this.wall = wall;
    text(this.badge, problem ? "damaged" : NAMES[kind]);
    text(this.word, problem || word || "command");
    const numbers = this.told.score == null ? "" : score(this.told.score) + (threshold == null ? "" : ` of ${score(threshold)}`);
    text(this.score, [numbers, REASONS[reason] || reason].filter(Boolean).join(" · "));
    text(this.stream, stream && stream !== this.told.own ? stream : "");
    text(this.said, said ? `“${said}”` : "");
    const marks = Boolean(id) && !problem && kind !== "lost";
    show(this.play, Boolean(this.told.sound_s));
    for (const node of [this.ask, this.right, this.wrong]) show(node, marks);
    text(this.question, ["wake", "stop"].includes(kind) ? "Was this right?" : "Right to stay silent?");
    this.right.setAttribute("aria-pressed", verdict === "right");
    this.wrong.setAttribute("aria-pressed", verdict === "wrong");
    show(this.why, !problem && (Boolean(id) || Boolean(this.told.scores?.length)));
    const what = `${NAMES[kind]} ${word || ""}, ${wall ? new Date(wall).toLocaleTimeString() : ""}`;
    this.play.setAttribute("aria-label", `${playing(id) ? "Stop" : "Play"}: ${what}`);
    this.right.setAttribute("aria-label", `Yes, this was right: ${what}`);
    this.wrong.setAttribute("aria-label", `No, this was wrong: ${what}`);
    this.why.setAttribute("aria-label", `Why? ${what}`);
  }

  async attempt(work) {
    try {
      await work();
    } catch (error) {
      this.trouble(error.message);
    }
  }

  toggle() {
    return this.attempt(() => toggle(this.told.id, (seconds) => {
      text(this.play, seconds == null ? "Play" : "Stop");
      if (this.curve && !this.detail.hidden) drawCurve(this.canvas, this.curve, seconds);
    }));
  }

  mark(verdict) {
    const wanted = this.told.verdict === verdict ? null : verdict;
    return this.attempt(async () => {
      await api.mark(this.told.id, wanted);
      this.take({ verdict: wanted });
    });
  }

  async open() {
    const opens = this.detail.hidden;
    show(this.detail, opens);
    this.why.setAttribute("aria-expanded", opens);
    if (opens) await this.attempt(() => this.explain());
    else this.forget();
  }

  forget() {
    this.curve = this.canvas = null; // a curve is read again when it is looked at again
    this.detail.replaceChildren();
  }

  async explain() {
    const told = this.told.id ? await api.explain(this.told.id) : this.told;
    if (this.detail.hidden) return;
    this.curve = curveOf(told);
    const parts = [];
    if (this.curve) {
      this.canvas = el("canvas", { role: "img", "aria-label": describe(this.curve) });
      const sign = (name, says) => el("span", {}, el("i", { class: `k-${name}` }), says);
      parts.push(this.canvas, el("div", { class: "key", "aria-hidden": "true" }, sign("score", "score"), sign("threshold", "threshold"),
        this.curve.speech?.some((value) => value != null) ? sign("speech", "speech") : null,
        this.curve.end == null ? null : sign("end", "end of the word")));
    }
    parts.push(facts(told));
    if (this.told.id) parts.push(el("p", { class: "actions" }, this.bin()));
    this.detail.replaceChildren(...parts);
    if (this.curve) drawCurve(this.canvas, this.curve);
  }

  bin() {
    const button = el("button", { type: "button", class: "danger" }, "Delete this clip");
    button.addEventListener("click", () => {
      if (button.dataset.sure) return this.attempt(() => api.remove(this.told.id).then(() => text(button, "Deleted")));
      button.dataset.sure = "1";
      text(button, "Really delete it, for good?");
    });
    return button;
  }
}

function facts(told) {
  const pairs = [];
  const fact = (name, value) => value && pairs.push(el("dt", {}, name), el("dd", {}, value));
  if (told.latency_ms != null) fact("Decided after", ms(told.latency_ms));
  const ran = told.backends || told.backend;
  if (ran) fact("Ran on", Object.entries(ran).map(([stage, one]) => `${stage} ${one.provider ? [...new Set([one.provider, one.device, one.precision])].filter(Boolean).join(" ") : one}`).join(", "));
  if (told.stages_ms) fact("Stages", Object.entries(told.stages_ms).map(([stage, value]) => `${stage} ${ms(value)}`).join(", "));
  const rule = told.words?.[told.word]?.rule;
  if (rule) fact("Rules", `threshold ${rule.threshold}, ${rule.patience} of ${rule.patience_window} hops, ${(rule.refractory / 16000).toFixed(1)} s refractory, re-armed below ${rule.rearm_below}${rule.vad_threshold ? `, speech from ${rule.vad_threshold}` : ""}`);
  const decided = (told.decisions || []).map((one) => `${one.word}: ${one.reason ? REASONS[one.reason] || one.reason : "heard"} at ${score(one.score)}`);
  if (decided.length) fact("Decisions in it", decided.join("; "));
  if (told.no_sound) fact("No sound", told.no_sound);
  if (told.made_by) fact("Made by", `edged ${told.made_by.edged}, onnxruntime ${told.made_by.onnxruntime}`);
  fact("Clip", told.id);
  return el("dl", { class: "facts" }, ...pairs);
}

export class Decisions {
  constructor(trouble) {
    this.trouble = trouble;
    this.rows = new Map();
    this.list = $("decisions");
    this.kind = "all";
    this.own = null;
    const again = () => requestAnimationFrame(() => this.redraw());
    new ResizeObserver(again).observe(this.list);
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", again);
    $("filter").addEventListener("click", ({ target }) => target.dataset.kind && this.filter(target.dataset.kind));
  }

  filter(kind) {
    this.kind = kind;
    for (const button of $("filter").children) button.setAttribute("aria-pressed", button.dataset.kind === kind);
    for (const row of this.rows.values()) this.showIfWanted(row);
    this.settle();
  }

  event(event) {
    if (event.event === "final") return this.final(event);
    const kind = KINDS[event.event];
    if (!kind) return null;
    return this.put(event.clip || `${event.stream}:${event.event}:${event.sample}:${event.wall}`, {
      kind, own: this.own, ...pick(event, ["word", "wall", "reason", "threshold", "score", "stream", "utterance", "scores", "latency_ms", "backend", "sample", "end_sample"]),
    });
  }

  final({ stream, utterance, text: said }) {
    if (!said) return null;
    for (const row of this.rows.values()) {
      if (row.told.kind === "wake" && row.told.stream === stream && row.told.utterance === utterance) {
        row.take({ said });
        return row;
      }
    }
    return null;
  }

  clips(listed) {
    const there = new Set(listed.map(({ id }) => id));
    for (const [key, row] of [...this.rows]) {
      if (row.told.id && !there.has(row.told.id)) this.drop(key, row);
    }
    for (const clip of listed) {
      if (clip.problem) clip.wall = wallOf(clip.id);
      this.put(clip.id, { kind: "lost", own: this.own, ...clip });
    }
  }

  put(key, told) {
    let row = this.rows.get(key);
    if (!row) {
      row = new Row(key, this.trouble);
      this.rows.set(key, row);
      row.take(told);
      const after = [...this.list.children].find((node) => (node.dataset.wall || "") <= (told.wall || ""));
      row.node.dataset.wall = told.wall || "";
      this.list.insertBefore(row.node, after || null);
      this.showIfWanted(row);
      while (this.rows.size > MOST) {
        const [oldest, gone] = [...this.rows].reduce((a, b) => (a[1].node.dataset.wall <= b[1].node.dataset.wall ? a : b));
        this.drop(oldest, gone);
      }
      this.settle();
    } else row.take(told);
    return row;
  }

  drop(key, row) {
    this.rows.delete(key);
    row.node.remove();
    this.settle();
  }

  redraw() {
    for (const row of this.rows.values()) {
      if (row.curve && !row.node.hidden) drawCurve(row.canvas, row.curve);
    }
  }

  showIfWanted(row) {
    show(row.node, this.kind === "all" || row.told.kind === this.kind);
  }

  settle() {
    const any = [...this.rows.values()].some((row) => !row.node.hidden);
    show($("no-decisions"), !any);
  }
}

function pick(from, names) {
  return Object.fromEntries(names.filter((name) => from[name] != null).map((name) => [name, from[name]]));
}

// A damaged clip still tells when it was kept: its id begins with the time.
function wallOf(id) {
  const [, year, month, day, hour, minute, rest] = id.match(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d\.\d{3}Z)/) || [];
  return year ? `${year}-${month}-${day}T${hour}:${minute}:${rest}` : "";
}
