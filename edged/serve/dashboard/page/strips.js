// The scores of the last minute, one strip for each word. Memory is fixed: a ring of hops per word.

import { $, colour, drawing, el, score, text } from "./dom.js";

const HOP = 1280;
const HOPS = 750; // 60 s
const still = matchMedia("(prefers-reduced-motion: reduce)");

class Strip {
  constructor(word) {
    this.word = word;
    this.scores = new Float32Array(HOPS).fill(NaN);
    this.wakes = []; // hops of wakes, those of the last minute alone
    this.threshold = 1;
    this.number = el("b", {}, "–");
    this.bar = el("span");
    this.canvas = el("canvas", { role: "img" });
    this.node = el("div", { class: "strip" },
      el("span", { class: "name" }, word),
      el("span", { class: "score" }, "now ", this.number, this.bar),
      this.canvas);
  }

  draw(now, colours) {
    const [pen, width, height] = drawing(this.canvas);
    const x = (hop) => width * (1 - (now - hop) / (HOPS - 1));
    const y = (value) => height - 3 - value * (height - 6);
    pen.strokeStyle = colours.line;
    pen.beginPath();
    for (let second = 10; second < 60; second += 10) {
      pen.moveTo(width * (1 - second / 60), 0);
      pen.lineTo(width * (1 - second / 60), height);
    }
    pen.stroke();
    pen.strokeStyle = colours.bad;
    pen.setLineDash([5, 4]);
    pen.beginPath();
    pen.moveTo(0, y(this.threshold));
    pen.lineTo(width, y(this.threshold));
    pen.stroke();
    pen.setLineDash([]);
    pen.strokeStyle = colours.accent;
    pen.lineWidth = 2;
    pen.beginPath();
    let drawn = false;
    let highest = 0;
    for (let hop = now - HOPS + 1; hop <= now; hop++) {
      const value = hop < 0 ? NaN : this.scores[hop % HOPS];
      if (Number.isNaN(value)) {
        drawn = false;
        continue;
      }
      highest = Math.max(highest, value);
      if (drawn) pen.lineTo(x(hop), y(value));
      else pen.moveTo(x(hop), y(value));
      drawn = true;
    }
    pen.stroke();
    pen.lineWidth = 1;
    pen.fillStyle = colours.good;
    for (const hop of this.wakes) {
      pen.beginPath();
      pen.arc(x(hop), 7, 5, 0, 7);
      pen.fill();
    }
    this.highest = highest;
  }
}

export class Strips {
  constructor() {
    this.byWord = new Map();
    this.stream = null;
    this.newest = -1;
    this.drawn = 0;
    this.asked = false;
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => (this.colours = null));
    setInterval(() => this.describe(), 5000);
  }

  // Takes the words in force, and the stream whose scores are drawn.
  know(words, stream) {
    this.stream = stream;
    const names = words.map(({ word }) => word);
    if (names.join("\n") !== [...this.byWord.keys()].join("\n")) {
      this.byWord = new Map(names.map((name) => [name, this.byWord.get(name) || new Strip(name)]));
      const scale = el("div", { class: "scale", "aria-hidden": "true" }, el("span", {}, "60 s ago"), el("span", {}, "now"));
      $("strips").replaceChildren(...[...this.byWord.values()].map((strip) => strip.node), scale);
      this.describe();
      this.redraw();
    }
    for (const { word, threshold } of words) {
      const strip = this.byWord.get(word);
      strip.threshold = threshold;
      text(strip.bar, ` of ${score(threshold)}`);
    }
  }

  scores({ stream, sample, scores }) {
    if (stream !== this.stream) return;
    const hop = Math.round(sample / HOP);
    if (hop < this.newest) this.forget(); // the box was started anew
    const from = Math.max(this.newest + 1, hop - HOPS);
    for (const [word, strip] of this.byWord) {
      for (let missed = from; missed < hop; missed++) strip.scores[missed % HOPS] = NaN;
      strip.scores[hop % HOPS] = scores[word] ?? NaN;
      strip.wakes = strip.wakes.filter((wake) => hop - wake < HOPS);
    }
    this.newest = hop;
    this.redraw();
  }

  wake({ stream, word, sample }) {
    if (stream === this.stream) this.byWord.get(word)?.wakes.push(Math.round(sample / HOP));
  }

  forget() {
    this.newest = -1;
    for (const strip of this.byWord.values()) {
      strip.scores.fill(NaN);
      strip.wakes = [];
    }
  }

  redraw() {
    if (this.asked || document.hidden) return;
    if (still.matches && Date.now() - this.drawn < 1000) return;
    this.asked = true;
    requestAnimationFrame(() => {
      this.asked = false;
      this.drawn = Date.now();
      this.colours ??= Object.fromEntries(["line", "bad", "accent", "good"].map((name) => [name, colour(name)]));
      for (const strip of this.byWord.values()) {
        strip.draw(this.newest, this.colours);
        const newest = strip.scores[this.newest % HOPS];
        text(strip.number, score(Number.isNaN(newest) ? null : newest));
      }
    });
  }

  // What a picture shows is said to those who do not see it, now and then.
  describe() {
    for (const strip of this.byWord.values()) {
      const said = `Scores of ${strip.word} in the last minute: highest ${score(strip.highest ?? null)}, threshold ${score(strip.threshold)}, ${strip.wakes.length} wakes`;
      if (strip.canvas.getAttribute("aria-label") !== said) strip.canvas.setAttribute("aria-label", said);
    }
  }
}
