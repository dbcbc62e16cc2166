/** How doubt is shown: grey grows with the sd, and hatching begins where it passes a limit. */

/** Grey is complete at this many times the limit. */
export const FULL = 2;
export const FIRST_SHARE = 0.1;
export const SHARES = { min: 0.01, max: 0.5 };
/** Hatching: distance of the lines and their width, in pixels of the style sheet. */
export const HATCH = { every: 7, width: 1.6, strength: 0.55 };

/** Share of the range from which colours are light enough for dark lines. */
export const LIGHT_FROM = 0.36;

/** From 0, sure, to 1, grey. */
export function doubt(sd: number, limit: number): number {
  return Number.isFinite(sd) && limit > 0 ? Math.min(1, Math.max(0, sd / (FULL * limit))) : 0;
}

export function isHatched(sd: number, limit: number): boolean {
  return Number.isFinite(sd) && sd > limit;
}

/** A tile of slanted lines to fill a canvas with. */
export function hatch(context: CanvasRenderingContext2D, colour: string, ratio: number): CanvasPattern | null {
  const size = Math.round(HATCH.every * Math.SQRT2 * ratio);
  const tile = document.createElement("canvas");
  tile.width = tile.height = size;
  const pen = tile.getContext("2d");
  if (!pen) return null;
  pen.strokeStyle = colour;
  pen.lineWidth = HATCH.width * ratio;
  pen.lineCap = "square";
  pen.beginPath();
  for (const shift of [-size, 0, size]) {
    pen.moveTo(shift, size);
    pen.lineTo(shift + size, 0);
  }
  pen.stroke();
  return context.createPattern(tile, "repeat");
}
