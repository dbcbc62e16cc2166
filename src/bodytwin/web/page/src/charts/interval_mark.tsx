/** An interval as a bar on a scale shared with its neighbours, and a point where reality fell. */
import { linear } from "../scale";

export interface IntervalProps {
  low: number | null;
  median: number | null;
  high: number | null;
  reach: [number, number];
  seen?: number | null;
  zero?: boolean;
  colour?: string;
  label: string;
}

const W = 150, H = 18;

export function IntervalMark({ low, median, high, reach, seen = null, zero = false, colour, label }: IntervalProps) {
  if (low === null || high === null || median === null) return null;
  const x = linear(reach, [5, W - 5]);
  const stroke = colour ?? "var(--twin)";
  return (
    <svg class="interval" viewBox={`0 0 ${W} ${H}`} width={W} height={H} role="img" aria-label={label}>
      {zero ? <line class="zero" x1={x(0)} x2={x(0)} y1={0} y2={H} /> : null}
      <line x1={x(low)} x2={x(high)} y1={H / 2} y2={H / 2} stroke={stroke} stroke-width={5} stroke-opacity={0.35} />
      <line x1={x(median)} x2={x(median)} y1={3} y2={H - 3} stroke={stroke} stroke-width={2.5} />
      {seen === null ? null : <circle class="seen" cx={x(seen)} cy={H / 2} r={4.2} />}
    </svg>
  );
}

export function reachOf(values: readonly (number | null | undefined)[]): [number, number] {
  const known = values.filter((v): v is number => typeof v === "number" && Number.isFinite(v));
  return known.length === 0 ? [0, 1] : [Math.min(...known), Math.max(...known)];
}
