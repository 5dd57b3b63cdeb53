// Asks the box. A token goes into a header, and into the address only where a browser can send no header.

const KEPT = "edged-token";

export class Refused extends Error {
  constructor(status, sentence) {
    super(sentence);
    this.status = status;
  }
}

let token = "";
try {
  token = sessionStorage.getItem(KEPT) || "";
} catch { /* a browser that keeps nothing asks again after a reload */ }

// One that came in the address is kept, and taken out of sight.
const given = new URLSearchParams(location.search).get("token");
if (given) {
  keepToken(given);
  history.replaceState(null, "", location.pathname);
}

export function keepToken(value) {
  token = value;
  try {
    sessionStorage.setItem(KEPT, value);
  } catch { /* as above */ }
}

export const eventsAddress = () => (token ? `events?token=${encodeURIComponent(token)}` : "events");

async function ask(path, options = {}) {
  const headers = { ...options.headers, ...(token ? { Authorization: `Bearer ${token}` } : {}) };
  let answer;
  try {
    answer = await fetch(path, { ...options, headers, signal: AbortSignal.timeout(15000) });
  } catch {
    throw new Refused(0, "edged does not answer");
  }
  if (answer.ok) return answer;
  let sentence = `edged answered ${answer.status}`;
  try {
    sentence = (await answer.json()).error || sentence;
  } catch { /* the status says enough */ }
  throw new Refused(answer.status, sentence);
}

const clip = (id) => `clips/${encodeURIComponent(id)}`;

export const state = async () => (await ask("state")).json();
export const clips = async () => (await (await ask("clips")).json()).clips;
export const explain = async (id) => (await ask(clip(id))).json();
export const sound = async (id) => (await ask(`${clip(id)}/sound`)).blob();
export const remove = async (id) => ask(clip(id), { method: "DELETE" });
export const order = async (name) => ask(`orders/${name}`, { method: "POST", headers: { "Content-Type": "application/json" } });
export const mark = async (id, verdict) => ask(`${clip(id)}/mark`, {
  method: "POST",
  headers: { "Content-Type": "application/json" },
  body: JSON.stringify({ verdict }),
});
