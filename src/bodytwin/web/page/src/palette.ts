/** Colours of data, computed in OKLab: equal steps look equal, and lightness alone tells them apart. */

export type Rgb = [number, number, number];

/** OKLCH to sRGB (Ottosson 2020); components from 0 to 1, cut to the gamut. */
export function oklch(lightness: number, chroma: number, hue: number): Rgb {
  const a = chroma * Math.cos((hue * Math.PI) / 180);
  const b = chroma * Math.sin((hue * Math.PI) / 180);
  const l = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3;
  const m = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3;
  const s = (lightness - 0.0894841775 * a - 1.291485548 * b) ** 3;
  return [
    gamma(4.0767416621 * l - 3.3077115913 * m + 0.2309699292 * s),
    gamma(-1.2684380046 * l + 2.6097574011 * m - 0.3413193965 * s),
    gamma(-0.0041960863 * l - 0.7034186147 * m + 1.707614701 * s),
  ];
}

function gamma(v: number): number {
  const c = Math.min(1, Math.max(0, v));
  return c <= 0.0031308 ? 12.92 * c : 1.055 * c ** (1 / 2.4) - 0.055;
}

export function hex([r, g, b]: Rgb): string {
  return `#${[r, g, b].map((c) => Math.round(255 * c).toString(16).padStart(2, "0")).join("")}`;
}

export function luminance([r, g, b]: Rgb): number {
  const flat = (c: number): number => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4);
  return 0.2126 * flat(r) + 0.7152 * flat(g) + 0.0722 * flat(b);
}

/** Contrast as WCAG 2 defines it. */
export function contrast(a: Rgb, b: Rgb): number {
  const [high, low] = [luminance(a), luminance(b)].sort((x, y) => y - x) as [number, number];
  return (high + 0.05) / (low + 0.05);
}

/** Four plans side by side: blue, amber, violet, green; apart also in lightness and in dash. */
const PLANS: { hue: number; light: number; dark: number; chroma: number }[] = [
  { hue: 240, light: 0.46, dark: 0.8, chroma: 0.1 },
  { hue: 55, light: 0.56, dark: 0.76, chroma: 0.125 },
  { hue: 325, light: 0.42, dark: 0.72, chroma: 0.14 },
  { hue: 160, light: 0.5, dark: 0.86, chroma: 0.09 },
];
export const DASHES: number[][] = [[], [7, 4], [2, 3], [9, 3, 2, 3]];

export function planColour(index: number, theme: "light" | "dark"): string {
  const { hue, chroma, ...levels } = PLANS[index % PLANS.length]!;
  return hex(oklch(levels[theme], chroma, hue));
}

export function faded(colour: string, share: number): string {
  const value = Number.parseInt(colour.replace("#", ""), 16);
  return `rgba(${(value >> 16) & 255}, ${(value >> 8) & 255}, ${value & 255}, ${share})`;
}

/** `#rrggbb` as shares of 1. */
export function rgb(colour: string): [number, number, number] {
  const found = /^#([0-9a-f]{6})$/i.exec(colour.trim());
  const value = found ? Number.parseInt(found[1]!, 16) : 0x808080;
  return [((value >> 16) & 255) / 255, ((value >> 8) & 255) / 255, (value & 255) / 255];
}
