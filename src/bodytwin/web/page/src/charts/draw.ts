/** How a course is drawn on uPlot: what lies below the curves, the curves, what lies above. */
import uPlot from "uplot";
import { number } from "../format";
import { DASHES, faded } from "../palette";
import { timeMarks } from "../scale";
import type { QuantityCurves, Row } from "../shapes";
import { colour } from "../theme";
import type { CourseProps } from "./course";
import { grid, resample } from "./resample";

export interface Band {
  words: string;
  curves: QuantityCurves;
  colour: string;
  dash: number;
  prior?: boolean;
}

export interface Read {
  time: number;
  bands: { median: number | null; low: number | null; high: number | null }[];
}

export interface Course {
  at(index: number): Read;
  step(by: number): number;
  destroy(): void;
}

/** How much larger than usual the reader has type; marks on canvas follow. */
const em = (): number => Number.parseFloat(getComputedStyle(document.documentElement).fontSize) / 16 || 1;
const FOOT = 34;
const HOUR = 3600;

export function draw(box: HTMLElement, p: CourseProps, width: number, height: number, tell: (i: number | null) => void): Course {
  const zero = Date.parse(p.origin) / 1000;
  const hoursOf = grid(p.bands.map((b) => b.curves.time_h));
  const times = hoursOf.map((h) => zero + h * HOUR);
  const rows: (number | null)[][] = [];
  const series: uPlot.Series[] = [{}];
  const bands: uPlot.Band[] = [];
  const add = (curves: QuantityCurves, row: Row, look: uPlot.Series): number => {
    rows.push(resample(curves.time_h, row, hoursOf));
    series.push({ points: { show: false }, ...look });
    return series.length - 1;
  };
  const medians: [number, number, number][] = [];
  for (const b of p.bands) {
    const c = b.curves;
    if (b.prior) {
      const grey = colour("--population");
      const up = add(c, c.prior_upper, { stroke: faded(grey, 0.75), width: 1, dash: [3, 3] });
      const low = add(c, c.prior_lower, { stroke: faded(grey, 0.75), width: 1, dash: [3, 3] });
      bands.push({ series: [up, low], fill: faded(grey, 0.09) });
    }
    const many = p.bands.length > 1;
    const edge = { stroke: many ? faded(b.colour, 0.55) : "transparent", width: many ? 1 : 0, dash: DASHES[b.dash]! };
    const up = add(c, c.upper, edge);
    const low = add(c, c.lower, edge);
    bands.push({ series: [up, low], fill: faded(b.colour, many ? 0.1 : 0.2) });
    if (c.lower50 && c.upper50) {
      const u5 = add(c, c.upper50, { stroke: "transparent", width: 0 });
      const l5 = add(c, c.lower50, { stroke: "transparent", width: 0 });
      bands.push({ series: [u5, l5], fill: faded(b.colour, many ? 0.12 : 0.3) });
    }
    medians.push([add(c, c.median, { stroke: b.colour, width: 2.25, dash: DASHES[b.dash]! }), low, up]);
  }
  const font = `${12 * em()}px ${getComputedStyle(document.body).fontFamily}`;
  const options: uPlot.Options = {
    width, height, series, bands, padding: [12, 14, 0, 0],
    legend: { show: false },
    cursor: { y: false, points: { show: false }, drag: { x: false, y: false } },
    scales: { x: { time: false, range: () => reachX(p, times, zero) }, y: { range: () => reachY(p, rows, hoursOf) } },
    axes: [
      axis(font, { size: FOOT + 26 * em(), gap: FOOT + 4, splits: (u: uPlot) => timeSplits(u).map((m) => m.at / 1000), values: (u: uPlot) => timeSplits(u).map((m) => m.words) }),
      axis(font, { size: (width < 560 ? 42 : 52) * em(), values: (_u: uPlot, marks: number[]) => marks.map((m) => (m === 0 ? "0" : number(m, 3).replace(/\.0+$/, ""))) }),
    ],
    hooks: {
      drawClear: [(u) => below(u, p)],
      draw: [(u) => above(u, p, zero, font)],
      setCursor: [(u) => tell(u.cursor.idx ?? null)],
    },
  };
  const chart = new uPlot(options, [times, ...rows] as uPlot.AlignedData, box);
  const value = (row: number, i: number): number | null => rows[row - 1]?.[i] ?? null;
  return {
    at: (i) => ({ time: (times[i] ?? 0) * 1000, bands: medians.map(([m, low, up]) => ({ median: value(m, i), low: value(low, i), high: value(up, i) })) }),
    step: (by) => {
      const [x0, x1] = [chart.scales["x"]!.min ?? -Infinity, chart.scales["x"]!.max ?? Infinity];
      const seen = times.map((t, i) => [t, i] as const).filter(([t]) => t >= x0 && t <= x1);
      const from = chart.cursor.idx ?? (by > 0 ? seen[0]?.[1] ?? 0 : seen.at(-1)?.[1] ?? 0);
      const to = Math.max(seen[0]?.[1] ?? 0, Math.min(seen.at(-1)?.[1] ?? 0, from + by));
      chart.setCursor({ left: chart.valToPos(times[to]!, "x"), top: 20 });
      return to;
    },
    destroy: () => chart.destroy(),
  };
}

function axis(font: string, more: Partial<uPlot.Axis>): uPlot.Axis {
  return {
    font, stroke: colour("--muted"), grid: { stroke: colour("--line"), width: 1 }, ticks: { show: false }, ...more,
  };
}

function timeSplits(u: uPlot) {
  const { min = 0, max = 1 } = u.scales["x"] as { min?: number; max?: number };
  return timeMarks(min * 1000, max * 1000, u.width / (95 * em()));
}

function reachX(p: CourseProps, times: number[], zero: number): [number, number] {
  const last = times[times.length - 1] ?? zero + HOUR;
  const first = p.fromH === undefined ? (times[0] ?? zero) : zero + p.fromH * HOUR;
  const room = 0.012 * (last - first);
  return [first - room, last + room];
}

function reachY(p: CourseProps, rows: (number | null)[][], hoursOf: number[]): [number, number] {
  const from = p.fromH ?? -Infinity;
  let [low, high] = [Infinity, -Infinity];
  const see = (v: number | null | undefined) => {
    if (v === null || v === undefined) return;
    low = Math.min(low, v);
    high = Math.max(high, v);
  };
  for (const row of rows) row.forEach((v, i) => hoursOf[i]! >= from && see(v));
  for (const m of p.quantity.measured) if (m.time_h >= from) see(m.value);
  const aim = p.quantity.aim;
  for (const edge of [aim?.low, aim?.high, aim?.harm_above, aim?.harm_below]) {
    if (edge !== null && edge !== undefined && edge < 1.6 * high && edge > low - 0.6 * (high - low)) see(edge);
  }
  if (!Number.isFinite(low)) return [0, 1];
  if (low > 0 && low < 0.4 * high) low = 0;
  const room = 0.06 * (high - low || 1);
  return [low < 0 ? low - room : Math.max(0, low - room), high + room];
}

function below(u: uPlot, p: CourseProps): void {
  const aim = p.quantity.aim;
  if (!aim || (aim.low === null && aim.high === null)) return;
  const { left, top, width, height } = u.bbox;
  const y = (v: number) => Math.max(top, Math.min(top + height, u.valToPos(v, "y", true)));
  const [y0, y1] = [aim.high === null ? top : y(aim.high), aim.low === null ? top + height : y(aim.low)];
  const c = u.ctx;
  c.save();
  c.fillStyle = faded(colour("--aim"), 0.11);
  c.fillRect(left, y0, width, y1 - y0);
  c.strokeStyle = faded(colour("--aim"), 0.8);
  c.lineWidth = devicePixelRatio;
  for (const edge of [aim.low, aim.high]) if (edge !== null) rule(c, left, width, u.valToPos(edge, "y", true), top, height);
  c.restore();
}

function rule(c: CanvasRenderingContext2D, left: number, width: number, y: number, top: number, height: number): void {
  if (y < top || y > top + height) return;
  c.beginPath();
  c.moveTo(left, y);
  c.lineTo(left + width, y);
  c.stroke();
}

function above(u: uPlot, p: CourseProps, zero: number, font: string): void {
  const c = u.ctx;
  c.save();
  limits(u, p);
  doses(u, p, zero);
  presentTime(u, p, zero, font);
  measured(u, p, zero);
  c.restore();
}

function limits(u: uPlot, p: CourseProps): void {
  const { left, top, width, height } = u.bbox;
  const c = u.ctx;
  c.strokeStyle = colour("--harm");
  c.lineWidth = 1.3 * devicePixelRatio;
  c.setLineDash([7 * devicePixelRatio, 4 * devicePixelRatio]);
  const { harm_above = null, harm_below = null } = p.quantity.aim ?? {};
  for (const edge of [harm_above, harm_below]) if (edge !== null) rule(c, left, width, u.valToPos(edge, "y", true), top, height);
  c.setLineDash([]);
}

function doses(u: uPlot, p: CourseProps, zero: number): void {
  const c = u.ctx;
  const dpr = devicePixelRatio;
  const { left, top, width, height } = u.bbox;
  const foot = top + height + (FOOT - 2) * dpr;
  c.strokeStyle = colour("--line-strong");
  c.lineWidth = dpr;
  c.beginPath();
  c.moveTo(left, foot);
  c.lineTo(left + width, foot);
  c.stroke();
  const most = Math.max(...p.doses.map((d) => d.amount), 0);
  for (const d of p.doses) {
    const x = u.valToPos(zero + d.time_h * HOUR, "x", true);
    if (x < left || x > left + width || most <= 0) continue;
    const long = d.duration_h ? u.valToPos(zero + (d.time_h + d.duration_h) * HOUR, "x", true) - x : 0;
    const tall = Math.max(4, (FOOT - 10) * (d.amount / most)) * dpr;
    const wide = Math.max(2.5 * dpr, long);
    const planned = d.time_h > p.nowH;
    c.fillStyle = planned ? colour("--raised") : colour("--muted");
    c.strokeStyle = colour("--muted");
    c.fillRect(x - (long > 0 ? 0 : wide / 2), foot - tall, wide, tall);
    if (planned) c.strokeRect(x - (long > 0 ? 0 : wide / 2), foot - tall, wide, tall);
  }
}

function presentTime(u: uPlot, p: CourseProps, zero: number, font: string): void {
  const { left, top, width, height } = u.bbox;
  const x = u.valToPos(zero + p.nowH * HOUR, "x", true);
  if (x < left || x > left + width) return;
  const c = u.ctx;
  c.strokeStyle = colour("--ink");
  c.lineWidth = devicePixelRatio;
  c.beginPath();
  c.moveTo(x, top);
  c.lineTo(x, top + height);
  c.stroke();
  c.fillStyle = colour("--ink");
  c.font = font.replace(/^[\d.]+px/, `600 ${12 * em() * devicePixelRatio}px`);
  const right = x > left + 0.8 * width;
  c.textAlign = right ? "right" : "left";
  c.fillText("now", x + (right ? -5 : 5) * devicePixelRatio, top + 12 * em() * devicePixelRatio);
}

function measured(u: uPlot, p: CourseProps, zero: number): void {
  const { left, width } = u.bbox;
  const c = u.ctx;
  const r = 4.5 * devicePixelRatio;
  for (const m of p.quantity.measured) {
    const [x, y] = [u.valToPos(zero + m.time_h * HOUR, "x", true), u.valToPos(m.value, "y", true)];
    if (x < left - 1 || x > left + width + 1) continue;
    c.beginPath();
    if (m.comparator) {
      const up = m.comparator.startsWith("<") ? -1 : 1;
      c.moveTo(x - r, y + up * r * 0.7);
      c.lineTo(x + r, y + up * r * 0.7);
      c.lineTo(x, y - up * r);
      c.closePath();
    } else c.arc(x, y, r, 0, 2 * Math.PI);
    c.fillStyle = colour("--seen");
    c.strokeStyle = colour("--paper");
    c.lineWidth = 1.6 * devicePixelRatio;
    c.fill();
    c.stroke();
  }
}
