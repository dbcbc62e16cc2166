/** The samples of the last minutes, in the order of time. */
import type { Channel, Samples } from "./frames";

export interface Piece {
  from: number;
  /** Time after the last sample, when the next one is due. */
  to: number;
  count: number;
  data: Float32Array;
  receivedMs: number;
  /** Came as it was measured, not from the server's memory. */
  isLive: boolean;
  /** Time is missing before it. */
  isAfterGap: boolean;
}

export const KEPT_MS = 11 * 60_000;
/** Old samples are dropped so many at a time. */
const SLACK_MS = 30_000;
/** A pause longer than so many samples is a gap. */
const TOLERANCE = 1.5;

export class History {
  readonly pieces: Piece[] = [];
  #first = 0;
  readonly step: number;

  constructor(readonly channels: Channel[]) {
    this.step = 1000 / Math.max(1e-3, channels[0]?.rate_hz ?? 1);
  }

  /** Number of the next piece; it never goes back. */
  get next(): number {
    return this.#first + this.pieces.length;
  }

  get end(): number {
    return this.pieces[this.pieces.length - 1]?.to ?? Number.NaN;
  }

  get begin(): number {
    return this.pieces[0]?.from ?? Number.NaN;
  }

  add(frame: Samples, isLive: boolean): void {
    const before = this.pieces[this.pieces.length - 1];
    const late = before ? frame.t0_ms - before.to : 0;
    const isOld = before !== undefined && late < -TOLERANCE * this.step;
    const from = before && Math.abs(late) <= TOLERANCE * this.step && frame.gap === 0 ? before.to : Math.max(frame.t0_ms, before?.to ?? -Infinity);
    this.pieces.push({
      from,
      to: from + frame.count * this.step,
      count: frame.count,
      data: frame.data,
      receivedMs: frame.received_ms,
      isLive,
      isAfterGap: before !== undefined && (frame.gap > 0 || late > TOLERANCE * this.step) && !isOld,
    });
    if (this.pieces[0]!.to < this.end - KEPT_MS - SLACK_MS) {
      const old = this.at(this.end - KEPT_MS);
      this.pieces.splice(0, old);
      this.#first += old;
    }
  }

  /** Place in `pieces` of the first that ends after a time. */
  at(time: number): number {
    let [low, high] = [0, this.pieces.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.pieces[middle]!.to > time) high = middle;
      else low = middle + 1;
    }
    return low;
  }

  /** Place in `pieces` of the piece with a number. */
  placeOf(number: number): number {
    return Math.max(0, number - this.#first);
  }

  /** Smallest and largest value of a channel in a span; null where there is none. */
  span(channel: number, from: number, to: number): [number, number] | null {
    let [low, high] = [Infinity, -Infinity];
    for (let n = this.at(from); n < this.pieces.length && this.pieces[n]!.from < to; n += 1) {
      const { data, count } = this.pieces[n]!;
      for (let i = channel * count; i < (channel + 1) * count; i += 1) {
        const value = data[i]!;
        if (value < low) low = value;
        if (value > high) high = value;
      }
    }
    return low <= high ? [low, high] : null;
  }
}
