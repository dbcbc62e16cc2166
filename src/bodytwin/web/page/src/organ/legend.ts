/** The colours and what they mean: value to the right, doubt downwards. */
import { capital, number, withUnit } from "../format";
import { linear, step } from "../scale";
import { colours, css, place } from "./colour";
import { el } from "./dom";
import { doubt, FULL, hatch, HATCH, isHatched, LIGHT_FROM } from "./uncertainty";

const DOUBTFUL = 44;
const SURE = 16;

export interface Legend {
  element: HTMLElement;
  draw(limit: number, read?: number | null): void;
}

export function ticks([low, high]: [number, number], wanted = 5): number[] {
  const every = contourStep([low, high], wanted);
  const found: number[] = [];
  for (let k = Math.ceil(low / every - 1e-9); k * every <= high + every * 1e-9; k += 1) found.push(k * every);
  return found;
}

export function contourStep([low, high]: [number, number], wanted = 5): number {
  return high > low ? step(high - low, wanted) : 1;
}

/** `hasSd` says whether doubt has a direction of its own, `hasGaps` whether places without a value are painted. */
export function legend(range: [number, number], quantity: string, unit: string, hasSd: boolean, hasGaps: boolean): Legend {
  const canvas = el("canvas", { class: "organ-colours", role: "img" });
  const marks = el("div", { class: "organ-ticks", "aria-hidden": "true" });
  const pointer = el("i", { class: "organ-pointer", "aria-hidden": "true", hidden: true });
  const words = el("p", { class: "small muted" });
  const spoken = withUnit("", unit).trim();
  const title = el("h3", {}, capital(quantity), spoken ? el("span", { class: "muted" }, ` in ${spoken}`) : null);
  const element = el("div", { class: "organ-legend" }, title, el("div", { class: "organ-bar" }, canvas, pointer, marks), words);
  const across = linear(range, [0, 100]);
  for (const tick of ticks(range)) {
    const mark = el("span", {}, written(tick, contourStep(range)));
    mark.style.left = `${across(tick)}%`;
    marks.append(mark);
  }
  return {
    element,
    draw(limit, read = null) {
      paint(canvas, hasSd ? limit : 0);
      canvas.setAttribute("aria-label", told(range, quantity, unit, hasSd ? limit : 0));
      words.textContent = explained(unit, hasSd ? limit : 0) + (hasGaps ? " Plain grey: no value." : "");
      pointer.hidden = read === null || !Number.isFinite(read);
      if (read !== null) pointer.style.left = `${Math.min(100, Math.max(0, across(read)))}%`;
    },
  };
}

function written(tick: number, every: number): string {
  if (Math.abs(tick) < every / 2) return "0";
  if (Math.abs(tick) >= 1e5 || every < 1e-3) return number(tick, 3);
  return tick.toFixed(Math.max(0, -Math.floor(Math.log10(every) + 1e-9))).replace("-", "\u2212");
}

function explained(unit: string, limit: number): string {
  if (limit <= 0) return "This field came without an uncertainty.";
  const [one, full] = [withUnit(number(limit, 2), unit), withUnit(number(FULL * limit, 2), unit)];
  return `From top to bottom the sd grows from 0 to ${full}: the greyer, the less certain. Hatched: sd above ${one}.`;
}

function told([low, high]: [number, number], quantity: string, unit: string, limit: number): string {
  const ends = `${quantity}: from ${withUnit(number(low), unit)}, dark violet, over green to ${withUnit(number(high), unit)}, light yellow.`;
  return limit > 0 ? `${ends} Greyer where the standard deviation is larger, hatched above ${withUnit(number(limit, 2), unit)}.` : ends;
}

function paint(canvas: HTMLCanvasElement, limit: number): void {
  const ratio = Math.min(2, devicePixelRatio || 1);
  const width = Math.max(1, Math.round((canvas.clientWidth || 240) * ratio));
  const tall = limit > 0 ? DOUBTFUL : SURE;
  canvas.style.height = `${tall}px`;
  const height = Math.round(tall * ratio);
  [canvas.width, canvas.height] = [width, height];
  const pen = canvas.getContext("2d");
  if (!pen) return;
  const image = pen.createImageData(width, height);
  for (let y = 0; y < height; y += 1) {
    const sd = limit > 0 ? (y / (height - 1)) * FULL * limit : 0;
    for (let x = 0; x < width; x += 1) {
      const from = place(x / (width - 1), doubt(sd, limit));
      image.data.set(colours().subarray(from, from + 4), 4 * (y * width + x));
    }
  }
  pen.putImageData(image, 0, 0);
  if (limit > 0) hatched(pen, width, height, limit, ratio);
}

function hatched(pen: CanvasRenderingContext2D, width: number, height: number, limit: number, ratio: number): void {
  const from = Array.from({ length: height }, (_, y) => y).findIndex((y) => isHatched((y / (height - 1)) * FULL * limit, limit));
  const dividing = LIGHT_FROM * width;
  pen.fillStyle = hatch(pen, `rgba(250, 250, 250, ${HATCH.strength})`, ratio) ?? css("--muted", "#555");
  pen.fillRect(0, from, dividing, height - from);
  pen.fillStyle = hatch(pen, `rgba(10, 10, 10, ${HATCH.strength})`, ratio) ?? css("--muted", "#555");
  pen.fillRect(dividing, from, width - dividing, height - from);
}
