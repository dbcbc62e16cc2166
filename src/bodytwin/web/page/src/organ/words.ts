/** What was read at a place, in words. */
import { number, NB, withUnit } from "../format";

export interface Reading {
  value: number;
  sd: number | null;
  at: [number, number, number];
}

/** `43 ± 6 ms`; the sd decides how many digits the value has. */
export function amount(value: number, sd: number | null, unit: string): string {
  if (!Number.isFinite(value)) return "no value here";
  if (sd === null || !Number.isFinite(sd) || sd <= 0) return withUnit(number(value), unit);
  const size = Math.max(Math.abs(value), sd);
  if (size >= 1e6 || size < 1e-3) return withUnit(`${number(value)} ± ${number(sd, 2)}`, unit);
  const places = Math.max(0, Math.min(6, 1 - Math.floor(Math.log10(sd))));
  const written = (v: number): string => v.toFixed(places).replace("-", "\u2212");
  return withUnit(`${written(value)}${NB}±${NB}${written(sd)}`, unit);
}

export function position([x, y, z]: [number, number, number]): string {
  const written = (v: number): string => (Math.abs(v) < 0.05 ? 0 : v).toFixed(1).replace("-", "\u2212");
  return `(${written(x)}, ${written(y)}, ${written(z)})${NB}mm`;
}

export function sentence(reading: Reading, unit: string): string {
  return `${amount(reading.value, reading.sd, unit)} at ${position(reading.at)}`;
}
