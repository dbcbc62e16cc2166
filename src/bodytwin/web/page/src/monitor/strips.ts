/**
 * Channels over time on one canvas.
 *
 * While it sweeps, only what is new is drawn: a narrow band ahead of it is wiped and the lines go on.
 */
import { css } from "../organ/colour";
import { number, withUnit } from "../format";
import { planColour } from "../palette";
import { gain, isUnsuited, type Gain } from "./gain";
import type { History, Piece } from "./history";

export type Mode = "sweep" | "page" | "still";

export interface View {
  mode: Mode;
  seconds: number;
  /** End of what is shown, in ms; only where it stands still. */
  end: number;
}

const FOOT = 20;
const WIPED = 0.035;
/** A gap of so many pixels bears its name. */
const NAMED = 64;
const GAIN_EVERY_MS = 2000;

export class Strips {
  #width = 1;
  #height = 1;
  #gutter = 72;
  #gains: (Gain | null)[] = [];
  #nextPiece = 0;
  #gainAt = 0;
  readonly #pen: CanvasRenderingContext2D | null;
  readonly #ink: Record<"ink" | "muted" | "line" | "paper" | "lost", string>;

  constructor(
    readonly canvas: HTMLCanvasElement,
    readonly history: History,
    readonly theme: "light" | "dark",
  ) {
    this.#pen = canvas.getContext("2d", { alpha: false });
    this.#ink = { ink: css("--ink", "#000"), muted: css("--muted", "#555"), line: css("--line", "#ddd"), paper: css("--raised", "#fff"), lost: css("--warn-wash", "#fbf0dc") };
    this.#gains = history.channels.map(() => null);
  }

  size(width: number, height: number): void {
    const ratio = Math.min(2, devicePixelRatio || 1);
    [this.#width, this.#height] = [Math.max(160, width), Math.max(80, height)];
    this.#gutter = width < 560 ? 56 : 84;
    this.canvas.width = Math.round(this.#width * ratio);
    this.canvas.height = Math.round(this.#height * ratio);
    this.#pen?.setTransform(ratio, 0, 0, ratio, 0, 0);
  }

  /** Everything anew; returns the pieces drawn that were not drawn before. */
  full(view: View): Piece[] {
    const [from, to] = this.#window(view);
    this.#suit(from, to);
    const pen = this.#pen;
    if (!pen) return [];
    pen.fillStyle = this.#ink.paper;
    pen.fillRect(0, 0, this.#width, this.#height);
    this.#grid(view, this.#gutter, this.#width);
    this.#labels(view);
    const pieces = this.history.pieces;
    const first = this.history.at(from);
    let last = first;
    while (last < pieces.length && pieces[last]!.from < to) last += 1;
    this.#lines(view, first, last, from, to);
    return this.#taken();
  }

  /** What has come since the last drawing. */
  advance(view: View, now: number): Piece[] {
    const { pieces, next, end } = this.history;
    if (this.#nextPiece >= next) return [];
    const from = this.history.placeOf(this.#nextPiece);
    const begin = pieces[Math.max(0, from - 1)]!.to;
    const isMuch = end - begin > 500 * view.seconds;
    const isNewPage = view.mode === "page" && this.#page(begin, view) !== this.#page(end - 1, view);
    if (isMuch || isNewPage || this.#needsGain(view, now)) return this.full(view);
    if (view.mode === "sweep") this.#wipe(view, begin, end);
    this.#lines(view, Math.max(0, from - 1), pieces.length, -Infinity, Infinity, from);
    return this.#taken();
  }

  #taken(): Piece[] {
    const fresh = this.history.pieces.slice(this.history.placeOf(this.#nextPiece));
    this.#nextPiece = this.history.next;
    return fresh;
  }

  #page(time: number, view: View): number {
    return Math.floor(time / (1000 * view.seconds));
  }

  #window(view: View): [number, number] {
    const span = 1000 * view.seconds;
    if (view.mode === "still") return [view.end - span, view.end];
    const { end } = this.history;
    if (view.mode === "page") return [this.#page(end - 1, view) * span, Infinity];
    return [end - span * (1 - WIPED), Infinity];
  }

  /** Where a time stands; sweeping, the same place comes again after a screen. */
  #x(time: number, view: View): number {
    const span = 1000 * view.seconds;
    const share = view.mode === "still" ? (time - (view.end - span)) / span : (time % span) / span;
    return this.#gutter + share * (this.#width - this.#gutter);
  }

  #row(channel: number): { top: number; height: number } {
    const height = (this.#height - FOOT) / Math.max(1, this.history.channels.length);
    return { top: channel * height, height };
  }

  #needsGain(view: View, now: number): boolean {
    if (now - this.#gainAt < GAIN_EVERY_MS) return false;
    this.#gainAt = now;
    const [from] = this.#window(view);
    return this.#gains.some((has, channel) => {
      const seen = this.history.span(channel, from, Infinity);
      return seen !== null && (has === null || isUnsuited(has, seen));
    });
  }

  #suit(from: number, to: number): void {
    this.#gains = this.#gains.map((has, channel) => {
      const seen = this.history.span(channel, from, to);
      return seen === null || (has !== null && !isUnsuited(has, seen)) ? has : gain(seen);
    });
  }

  #wipe(view: View, begin: number, end: number): void {
    const span = 1000 * view.seconds;
    const [from, to] = [this.#x(begin, view) + 1, this.#x(end, view) + Math.max(10, WIPED * (this.#width - this.#gutter))];
    const wraps = Math.floor(begin / span) !== Math.floor((end - 0.001) / span);
    const parts: [number, number][] = wraps ? [[from, this.#width], [this.#gutter, to]] : [[from, Math.min(to, this.#width)]];
    if (!wraps && to > this.#width) parts.push([this.#gutter, this.#gutter + to - this.#width]);
    for (const [left, right] of parts) {
      this.#pen!.fillStyle = this.#ink.paper;
      this.#pen!.fillRect(left, 0, right - left, this.#height - FOOT);
      this.#grid(view, left, right);
    }
  }

  #grid(view: View, left: number, right: number): void {
    const pen = this.#pen!;
    pen.save();
    pen.beginPath();
    pen.rect(left, 0, right - left, this.#height);
    pen.clip();
    pen.strokeStyle = this.#ink.line;
    pen.lineWidth = 1;
    pen.beginPath();
    const span = 1000 * view.seconds;
    const every = view.seconds > 30 ? 10_000 : view.seconds > 12 ? 5000 : 1000;
    const start = view.mode === "still" ? view.end - span : 0;
    for (let t = Math.ceil(start / every) * every; t <= start + span; t += every) {
      const x = Math.round(this.#gutter + ((t - start) / span) * (this.#width - this.#gutter)) + 0.5;
      pen.moveTo(x, 0);
      pen.lineTo(x, this.#height - FOOT);
    }
    for (let n = 1; n <= this.history.channels.length; n += 1) {
      const y = Math.round(this.#row(n).top) + 0.5;
      pen.moveTo(left, y);
      pen.lineTo(right, y);
    }
    pen.stroke();
    pen.restore();
  }

  #labels(view: View): void {
    const pen = this.#pen!;
    const small = this.#gutter < 70 ? 11 : 12;
    pen.textAlign = "left";
    this.history.channels.forEach((channel, n) => {
      const { top, height } = this.#row(n);
      pen.textBaseline = "middle";
      pen.fillStyle = this.#colour(n);
      pen.font = `600 ${small + 1}px system-ui, sans-serif`;
      pen.fillText(channel.name, 8, top + height / 2 - (height > 44 ? 7 : 0), this.#gutter - 12);
      pen.fillStyle = this.#ink.muted;
      pen.font = `${small}px system-ui, sans-serif`;
      if (height > 44) pen.fillText(withUnit("", channel.unit).trim(), 8, top + height / 2 + 9, this.#gutter - 12);
      const has = this.#gains[n];
      if (!has || height < 36) return;
      pen.textAlign = "right";
      pen.textBaseline = "top";
      pen.fillText(number(has[1], 2), this.#gutter - 8, top + 4);
      pen.textBaseline = "bottom";
      pen.fillText(number(has[0], 2), this.#gutter - 8, top + height - 3);
      pen.textAlign = "left";
    });
    this.#foot(view);
  }

  #foot(view: View): void {
    const pen = this.#pen!;
    pen.fillStyle = this.#ink.muted;
    pen.font = "12px system-ui, sans-serif";
    pen.textBaseline = "middle";
    const y = this.#height - FOOT / 2;
    if (view.mode === "still") {
      pen.textAlign = "left";
      pen.fillText(clock(view.end - 1000 * view.seconds), this.#gutter, y);
      pen.textAlign = "right";
      pen.fillText(`${clock(view.end)} UTC`, this.#width - 4, y);
    } else {
      pen.textAlign = "right";
      pen.fillText(`${view.seconds}\u00a0s across`, this.#width - 4, y);
    }
    pen.textAlign = "left";
  }

  #colour(channel: number): string {
    const kinds = [...new Set(this.history.channels.map((c) => c.quantity))];
    return planColour(kinds.indexOf(this.history.channels[channel]!.quantity), this.theme);
  }

  /** Pieces [first, last); of those before `fresh` only the last sample, to go on from. */
  #lines(view: View, first: number, last: number, from: number, to: number, fresh = first): void {
    const pen = this.#pen!;
    pen.save();
    pen.beginPath();
    pen.rect(this.#gutter, 0, this.#width - this.#gutter, this.#height - FOOT);
    pen.clip();
    this.#gaps(view, Math.max(first, fresh), last, from);
    pen.lineWidth = 1.4;
    pen.lineJoin = "round";
    for (let n = 0; n < this.history.channels.length; n += 1) this.#line(view, n, first, last, from, to, fresh);
    pen.restore();
  }

  #line(view: View, channel: number, first: number, last: number, from: number, to: number, fresh: number): void {
    const pen = this.#pen!;
    const has = this.#gains[channel];
    if (!has) return;
    const { top, height } = this.#row(channel);
    const scale = (height - 8) / (has[1] - has[0]);
    pen.strokeStyle = this.#colour(channel);
    pen.beginPath();
    let isDown = false;
    let before = -Infinity;
    for (let p = first; p < last; p += 1) {
      const piece = this.history.pieces[p]!;
      if (piece.isAfterGap) isDown = false;
      for (let i = p < fresh ? piece.count - 1 : 0; i < piece.count; i += 1) {
        const time = piece.from + i * this.history.step;
        const value = piece.data[channel * piece.count + i]!;
        const x = this.#x(time, view);
        if (time < from || time > to || !Number.isFinite(value)) isDown = false;
        else {
          const y = top + 4 + (has[1] - value) * scale;
          if (isDown && x >= before) pen.lineTo(x, y);
          else pen.moveTo(x, y);
          isDown = true;
        }
        before = x;
      }
    }
    pen.stroke();
  }

  /** Where nothing came: a band, so that nobody takes it for a flat line. */
  #gaps(view: View, first: number, last: number, from: number): void {
    for (let p = Math.max(1, first); p < last; p += 1) {
      const piece = this.history.pieces[p]!;
      if (!piece.isAfterGap) continue;
      const begin = Math.max(this.history.pieces[p - 1]!.to, from, piece.from - 1000 * view.seconds);
      const [x0, x1] = [this.#x(begin, view), this.#x(piece.from, view)];
      const parts: [number, number][] = x0 <= x1 ? [[x0, x1]] : [[x0, this.#width], [this.#gutter, x1]];
      for (const [left, right] of parts) this.#band(left, right);
    }
  }

  #band(left: number, right: number): void {
    const pen = this.#pen!;
    pen.fillStyle = this.#ink.lost;
    pen.fillRect(left, 0, Math.max(2, right - left), this.#height - FOOT);
    if (right - left < NAMED) return;
    pen.fillStyle = this.#ink.muted;
    pen.font = "12px system-ui, sans-serif";
    pen.textAlign = "center";
    pen.textBaseline = "top";
    pen.fillText("no signal", (left + right) / 2, 6);
  }
}

export function clock(ms: number): string {
  return Number.isFinite(ms) ? new Date(ms).toISOString().slice(11, 19) : "–";
}
