/** From which value to which a channel is drawn: calm, in round numbers. */
import { step } from "../scale";

export type Gain = [number, number];

const ROOM = 0.08;
const TOO_SMALL = 0.4;

/** Round ends around what was seen. */
export function gain([low, high]: [number, number]): Gain {
  const width = high - low || Math.max(1e-6, Math.abs(high) * 0.1);
  const every = step(width * (1 + 2 * ROOM), 4);
  return [Math.floor((low - ROOM * width) / every) * every, Math.ceil((high + ROOM * width) / every) * every];
}

/** Whether what is seen no longer suits the ends: it leaves them, or fills little of them. */
export function isUnsuited([from, to]: Gain, [low, high]: [number, number]): boolean {
  return low < from || high > to || high - low < TOO_SMALL * (to - from) * 0.5;
}
