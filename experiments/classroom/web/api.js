// Questions to the server. A newer question of a kind ends the older one.

import { t } from "./page.js";

const running = new Map();
const WAITS = [300, 1000, 3000]; // milliseconds before trying a lost connection again

export class Refused extends Error {}

function newest(kind) {
  running.get(kind)?.abort();
  const control = new AbortController();
  running.set(kind, control);
  return control.signal;
}

export const stop = (kind) => running.get(kind)?.abort();
export const ended = (error) => error.name === "AbortError";

async function ask(path, signal) {
  for (let attempt = 0; ; attempt += 1) {
    try {
      return await fetch(path, { signal });
    } catch (error) {
      if (ended(error) || attempt >= WAITS.length) throw ended(error) ? error : new Refused(t("error.network"));
      await new Promise((resolve) => setTimeout(resolve, WAITS[attempt]));
    }
  }
}

async function refusal(response) {
  const told = await response.json().catch(() => ({}));
  return new Refused(told.error ?? t("error.failed"));
}

/** The JSON answer to a question. */
export async function get(kind, path) {
  const response = await ask(path, newest(kind));
  if (!response.ok) throw await refusal(response);
  return response.json();
}

/** The answer at the end of a stream; `progress` hears of each step before it. */
export async function stream(kind, path, progress) {
  const response = await ask(path, newest(kind));
  if (!response.ok) throw await refusal(response);
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  for (;;) {
    const { done, value } = await reader.read();
    if (done) throw new Refused(t("error.network"));
    const lines = (rest + value).split("\n");
    rest = lines.pop();
    for (const line of lines) {
      const told = JSON.parse(line);
      if (told.error) throw new Refused(told.error);
      if (told.answer) return told.answer;
      progress(told.done, told.all);
    }
  }
}
