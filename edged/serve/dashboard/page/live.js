// Events as they happen. The page never shows what it no longer knows: silence counts as a lost connection.

import { eventsAddress } from "./api.js";

const SILENT_MS = 7000; // the state comes every 2 s
const PAUSES_MS = [1000, 2000, 4000, 8000, 15000];

export class Live {
  // told: functions by kind of event; found() after each opening; lost() when nothing comes any more.
  constructor(told, found, lost) {
    Object.assign(this, { told, found, lost, tries: 0, source: null, heard: 0 });
    this.watch = setInterval(() => this.look(), 1000);
  }

  open() {
    clearTimeout(this.again);
    this.source?.close();
    const source = (this.source = new EventSource(eventsAddress()));
    this.heard = Date.now();
    source.onopen = () => {
      this.tries = 0;
      this.heard = Date.now();
      this.found();
    };
    source.onerror = () => {
      this.lost();
      if (source.readyState === EventSource.CLOSED) this.later(); // refused: the browser itself would give up
    };
    for (const [kind, take] of Object.entries(this.told)) {
      source.addEventListener(kind, (message) => {
        this.heard = Date.now();
        take(JSON.parse(message.data));
      });
    }
  }

  later() {
    clearTimeout(this.again);
    this.source?.close();
    this.again = setTimeout(() => this.open(), PAUSES_MS[Math.min(this.tries++, PAUSES_MS.length - 1)]);
  }

  stop() {
    clearTimeout(this.again);
    this.source?.close();
    this.source = null;
  }

  look() {
    if (this.source && Date.now() - this.heard > SILENT_MS) {
      this.heard = Date.now();
      this.lost();
      this.later();
    }
  }
}
