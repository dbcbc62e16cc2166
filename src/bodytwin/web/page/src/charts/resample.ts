/** Several curves on one grid of times, as a chart wants them. */
import type { Row } from "../shapes";

export function grid(rows: readonly (readonly number[])[]): number[] {
  return [...new Set(rows.flat())].sort((a, b) => a - b);
}

/** Linear between known neighbours; nothing outside. */
export function resample(time: readonly number[], values: Row, onto: readonly number[]): (number | null)[] {
  let i = 0;
  return onto.map((t) => {
    const first = time[0];
    const last = time[time.length - 1];
    if (first === undefined || last === undefined || t < first || t > last) return null;
    while (i < time.length - 2 && time[i + 1]! <= t) i += 1;
    const [t0, t1] = [time[i]!, time[Math.min(i + 1, time.length - 1)]!];
    const [v0, v1] = [values[i], values[Math.min(i + 1, time.length - 1)]];
    if (t === t0 || t1 === t0) return v0 ?? null;
    if (t === t1) return v1 ?? null;
    if (v0 === null || v0 === undefined || v1 === null || v1 === undefined) return null;
    return v0 + ((t - t0) / (t1 - t0)) * (v1 - v0);
  });
}
