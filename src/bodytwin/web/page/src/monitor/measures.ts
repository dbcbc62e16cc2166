/** For tests: what came, what was lost, how late it was drawn. */
import type { Link } from "./link";

export interface Measures {
  readonly lastSeq: number;
  readonly received: number;
  readonly duplicates: number;
  readonly missing: number;
  readonly lostBySensor: number;
  readonly reconnects: number;
  readonly malformed: number;
  /** Of the last 500 frames: from the server's receipt to the drawing. */
  latencyMs: number[];
  fps: number;
  state: string;
}

declare global {
  interface Window {
    __monitor?: Measures;
  }
}

const KEPT = 500;

export function measures(link: Link): Measures {
  const { sequence } = link;
  return {
    get lastSeq() { return sequence.lastSeq; },
    get received() { return sequence.received; },
    get duplicates() { return sequence.duplicates; },
    get missing() { return sequence.missing; },
    get lostBySensor() { return sequence.lostBySensor; },
    get reconnects() { return link.reconnects; },
    get malformed() { return link.malformed; },
    latencyMs: [],
    fps: 0,
    state: "connecting",
  };
}

export function late({ latencyMs }: Measures, ms: number): void {
  latencyMs.push(ms);
  if (latencyMs.length > KEPT) latencyMs.splice(0, latencyMs.length - KEPT);
}
