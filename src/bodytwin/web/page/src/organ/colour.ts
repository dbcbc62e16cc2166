/**
 * Which colour a value has.
 *
 * Lightness rises with the value and hue runs from violet over green to yellow; equal steps of the
 * value are equal distances in OKLab (B. Ottosson, A perceptual color space for image processing,
 * 2020). Doubt takes the chroma away and leaves the lightness, so a grey place can still be read.
 */

export const STEPS = 256;
export const SHADES = 32;
/** Share of the chroma that the greyest row has lost. */
const GREYEST = 0.94;
const DARKEST = 0.3;
const LIGHTEST = 0.91;
const FIRST_HUE = 298;
const LAST_HUE = 103;
const CHROMA = 0.13;

type Lab = [number, number, number];

/** OKLab to sRGB, not cut to what a screen can show. */
function screen([L, a, b]: Lab): [number, number, number] {
  const l = (L + 0.3963377774 * a + 0.2158037573 * b) ** 3;
  const m = (L - 0.1055613458 * a - 0.0638541728 * b) ** 3;
  const s = (L - 0.0894841775 * a - 1.291485548 * b) ** 3;
  return [
    gamma(4.0767416621 * l - 3.3077115913 * m + 0.2309699292 * s),
    gamma(-1.2684380046 * l + 2.6097574011 * m - 0.3413193965 * s),
    gamma(-0.0041960863 * l - 0.7034186147 * m + 1.707614701 * s),
  ];
}

function gamma(c: number): number {
  return c <= 0.0031308 ? 12.92 * c : 1.055 * c ** (1 / 2.4) - 0.055;
}

function lab(lightness: number, chroma: number, hue: number): Lab {
  const angle = (hue * Math.PI) / 180;
  return [lightness, chroma * Math.cos(angle), chroma * Math.sin(angle)];
}

/** The most saturated colour of a lightness and a hue that a screen can show. */
function shown(lightness: number, hue: number): Lab {
  let [low, high] = [0, CHROMA];
  for (let i = 0; i < 20; i += 1) {
    const middle = (low + high) / 2;
    const fits = screen(lab(lightness, middle, hue)).every((c) => c >= 0 && c <= 1);
    if (fits) low = middle;
    else high = middle;
  }
  return lab(lightness, low, hue);
}

function path(): Lab[] {
  const fine = Array.from({ length: 1024 }, (_, i) => {
    const t = i / 1023;
    return shown(DARKEST + (LIGHTEST - DARKEST) * t, FIRST_HUE + (LAST_HUE - FIRST_HUE) * t);
  });
  const along = [0];
  for (let i = 1; i < fine.length; i += 1) along.push(along[i - 1]! + apart(fine[i]!, fine[i - 1]!));
  const whole = along[along.length - 1]!;
  let at = 0;
  return Array.from({ length: STEPS }, (_, i) => {
    const wanted = (whole * i) / (STEPS - 1);
    while (at < fine.length - 2 && along[at + 1]! < wanted) at += 1;
    const share = (wanted - along[at]!) / (along[at + 1]! - along[at]!);
    return fine[at]!.map((v, k) => v + share * (fine[at + 1]![k]! - v)) as Lab;
  });
}

export function apart(p: Lab, q: Lab): number {
  return Math.hypot(p[0] - q[0], p[1] - q[1], p[2] - q[2]);
}

let table: Uint8Array | null = null;

/** All colours: a row of STEPS for each of SHADES of doubt, RGBA. */
export function colours(): Uint8Array {
  if (table) return table;
  const ramp = path();
  table = new Uint8Array(STEPS * SHADES * 4);
  for (let shade = 0; shade < SHADES; shade += 1) {
    const kept = 1 - (GREYEST * shade) / (SHADES - 1);
    ramp.forEach(([L, a, b], i) => {
      const rgb = screen([L, a * kept, b * kept]);
      table!.set([...rgb.map((c) => Math.round(255 * Math.min(1, Math.max(0, c)))), 255], 4 * (shade * STEPS + i));
    });
  }
  return table;
}

/** Place of a colour in the table: `value` and `doubt` from 0 to 1. */
export function place(value: number, doubt: number): number {
  const i = Math.min(STEPS - 1, Math.max(0, Math.round(value * (STEPS - 1))));
  const shade = Math.min(SHADES - 1, Math.max(0, Math.round(doubt * (SHADES - 1))));
  return 4 * (shade * STEPS + i);
}

/** A colour of the style sheet as it is now. */
export function css(name: string, otherwise: string): string {
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim() || otherwise;
}

export { rgb } from "../palette";
