// Plays one clip at a time; gives its memory back when the next begins.

import { sound } from "./api.js";

const audio = new Audio();
let address = "";
let current = null; // { id, changed(seconds | null) }

function over() {
  const was = current;
  current = null;
  audio.pause();
  audio.removeAttribute("src");
  if (address) URL.revokeObjectURL(address);
  address = "";
  was?.changed(null);
}

audio.addEventListener("ended", over);
audio.addEventListener("error", () => current && over());

function frame() {
  if (!current) return;
  current.changed(audio.currentTime);
  requestAnimationFrame(frame);
}

export const playing = (id) => current?.id === id;

// Plays a clip, or stops it where it plays; `changed` is told where it is, null at the end.
export async function toggle(id, changed) {
  const stop = playing(id);
  if (current) over();
  if (stop) return;
  const mine = (current = { id, changed });
  try {
    const blob = await sound(id);
    if (current !== mine) return; // another was asked for meanwhile
    address = URL.createObjectURL(blob);
    audio.src = address;
    await audio.play();
    frame();
  } catch (error) {
    if (current === mine) over();
    if (error.name !== "AbortError") throw error;
  }
}
