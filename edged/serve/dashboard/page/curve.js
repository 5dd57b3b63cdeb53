// The score curve of one decision: why it woke, or why not.

import { colour, drawing, score } from "./dom.js";

const RATE = 16000;

// Takes a clip as the box explains it, or only the last scores that an event carries.
export function curveOf(told) {
  if (told.curve) {
    const facts = told.words[told.word];
    return {
      scores: told.curve.scores[facts.column],
      times: told.curve.ends.map((end) => (end - told.sample) / RATE),
      speech: told.curve.speech[told.word],
      threshold: facts.rule.threshold,
      end: told.end_sample == null ? null : (told.end_sample - told.sample) / RATE,
      sound: told.sound && { start: (told.sound.start - told.sample) / RATE, length: told.sound.samples / RATE },
    };
  }
  if (!told.scores?.length) return null;
  const last = told.scores.length - 1;
  return {
    scores: told.scores,
    times: told.scores.map((_, index) => (index - last) * 0.08),
    speech: null,
    threshold: told.threshold,
    end: told.end_sample == null ? null : (told.end_sample - told.sample) / RATE,
    sound: null,
  };
}

export function describe(curve) {
  const highest = Math.max(...curve.scores);
  const over = curve.scores.filter((value) => value >= curve.threshold).length;
  return `Score curve: highest ${score(highest)}, threshold ${score(curve.threshold)}, ${over} hops of 80 ms at or above it`;
}

// playing: seconds into the sound, or null.
export function drawCurve(canvas, curve, playing = null) {
  const [pen, width, height] = drawing(canvas);
  const left = 30, bottom = height - 18;
  const first = curve.times[0], last = Math.max(curve.times.at(-1), 0.02);
  const x = (time) => left + ((time - first) / (last - first || 1)) * (width - left - 6);
  const y = (value) => bottom - value * (bottom - 6);
  pen.font = "11px system-ui, sans-serif";
  pen.fillStyle = colour("soft");
  pen.strokeStyle = colour("line");
  pen.beginPath();
  for (const value of [0, 0.5, 1]) {
    pen.moveTo(left, y(value));
    pen.lineTo(width, y(value));
    pen.fillText(value.toFixed(1), 6, y(value) + 4);
  }
  const step = last - first > 3 ? 1 : 0.5;
  for (let time = Math.ceil(first / step) * step; time <= last + 1e-9; time += step) {
    pen.moveTo(x(time), bottom);
    pen.lineTo(x(time), bottom + 4);
    const label = Math.abs(time) < 1e-9 ? "0 s" : time.toFixed(step < 1 ? 1 : 0);
    const at = Math.min(x(time) - 6, width - pen.measureText(label).width);
    pen.fillText(label, at, height - 3);
  }
  pen.stroke();
  line(pen, [[left, y(curve.threshold)], [width, y(curve.threshold)]], colour("bad"), 1, [5, 4]);
  if (curve.speech) line(pen, points(curve, curve.speech, x, y), colour("speech"), 1.5);
  if (curve.end != null && curve.end >= first) line(pen, [[x(curve.end), 6], [x(curve.end), bottom]], colour("soft"), 1, [2, 3]);
  line(pen, points(curve, curve.scores, x, y), colour("accent"), 2);
  if (playing != null && curve.sound) {
    const at = x(curve.sound.start + playing);
    line(pen, [[at, 0], [at, bottom]], colour("ink"), 1.5);
  }
}

function points(curve, values, x, y) {
  return values.map((value, index) => (value == null ? null : [x(curve.times[index]), y(value)]));
}

function line(pen, path, ink, width, dash = []) {
  pen.save();
  pen.strokeStyle = ink;
  pen.fillStyle = ink;
  pen.lineWidth = width;
  pen.setLineDash(dash);
  pen.beginPath();
  path.forEach((point, index) => {
    if (point == null) return;
    if (path[index - 1] == null) {
      pen.moveTo(...point);
      if (path[index + 1] == null) pen.fillRect(point[0] - 2, point[1] - 2, 4, 4); // a single value is a dot
    } else pen.lineTo(...point);
  });
  pen.stroke();
  pen.restore();
}
