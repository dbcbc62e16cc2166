/** Axes: where marks stand, in numbers and in time. */

export interface Mark {
  at: number;
  words: string;
}

export type Scale = (value: number) => number;

export function linear(from: [number, number], to: [number, number]): Scale {
  const width = from[1] - from[0];
  return (v) => (width === 0 ? (to[0] + to[1]) / 2 : to[0] + ((v - from[0]) / width) * (to[1] - to[0]));
}

/** A step of 1, 2 or 5 times a power of ten that gives about `wanted` marks. */
export function step(width: number, wanted: number): number {
  const rough = width / Math.max(1, wanted);
  const base = 10 ** Math.floor(Math.log10(rough));
  const many = rough / base;
  return base * (many < 1.5 ? 1 : many < 3.5 ? 2 : many < 7.5 ? 5 : 10);
}

const S = 1000, M = 60 * S, H = 60 * M, D = 24 * H;
const STEPS: [number, "s" | "m" | "h" | "d"][] = [
  [15 * M, "m"], [30 * M, "m"], [H, "h"], [2 * H, "h"], [3 * H, "h"], [6 * H, "h"], [12 * H, "h"],
  [D, "d"], [2 * D, "d"], [5 * D, "d"], [7 * D, "d"], [14 * D, "d"],
];
const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/** Marks over time in UTC, by clock and calendar. */
export function timeMarks(from: number, to: number, wanted: number): Mark[] {
  const rough = (to - from) / Math.max(1, wanted);
  const fit = STEPS.find(([ms]) => ms >= rough);
  if (fit) return clockMarks(from, to, fit[0]);
  return rough < 330 * D ? monthMarks(from, to, rough) : yearMarks(from, to, rough);
}

function clockMarks(from: number, to: number, every: number): Mark[] {
  const found: Mark[] = [];
  for (let t = Math.ceil(from / every) * every; t <= to; t += every) {
    const at = new Date(t);
    const midnight = t % D === 0;
    const clock = `${String(at.getUTCHours()).padStart(2, "0")}:${String(at.getUTCMinutes()).padStart(2, "0")}`;
    found.push({ at: t, words: midnight ? `${at.getUTCDate()} ${MONTHS[at.getUTCMonth()]}` : clock });
  }
  return found;
}

function monthMarks(from: number, to: number, rough: number): Mark[] {
  const every = [1, 2, 3, 6].find((m) => m * 30 * D >= rough) ?? 6;
  const start = new Date(from);
  const found: Mark[] = [];
  for (let m = start.getUTCFullYear() * 12 + start.getUTCMonth(); ; m += 1) {
    const t = Date.UTC(Math.floor(m / 12), m % 12, 1);
    if (t > to) return found;
    if (t < from || m % every !== 0) continue;
    found.push({ at: t, words: m % 12 === 0 ? String(Math.floor(m / 12)) : MONTHS[m % 12]! });
  }
}

function yearMarks(from: number, to: number, rough: number): Mark[] {
  const every = Math.max(1, Math.round(step(rough / (365 * D), 1)));
  const found: Mark[] = [];
  for (let y = Math.ceil(new Date(from).getUTCFullYear() / every) * every; ; y += every) {
    const t = Date.UTC(y, 0, 1);
    if (t > to) return found;
    if (t >= from) found.push({ at: t, words: String(y) });
  }
}

/** Room around values, never of no width. */
export function padded(low: number, high: number, share = 0.08): [number, number] {
  if (low === high) {
    const room = Math.abs(low) * 0.1 || 1;
    return [low - room, high + room];
  }
  const room = (high - low) * share;
  return [low - room, high + room];
}
