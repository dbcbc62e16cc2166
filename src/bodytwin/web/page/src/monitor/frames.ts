/** What the server sends, read from text and from bytes. */

export interface Channel {
  name: string;
  unit: string;
  rate_hz: number;
  quantity: string;
}

export interface Hello {
  type: "hello";
  channels: Channel[];
  next: number;
  session: string;
  sent_at: number | string | null;
}

export interface Estimate {
  type: "estimate";
  seq: number;
  time_ms: number;
  quantity: string;
  unit: string;
  value: number | null;
  lower: number | null;
  upper: number | null;
  words: string;
}

export interface Told {
  type: "state";
  state: "live" | "stale" | "ended";
  words: string;
}

export interface Denied {
  type: "refused";
  reasons: string[];
}

export interface Lost {
  type: "gap";
  from: number;
  to: number;
}

export type Text = Hello | Estimate | Told | Denied | Lost;

/** One frame of samples: `data` is channel after channel, `count` of each. */
export interface Samples {
  seq: number;
  t0_ms: number;
  received_ms: number;
  count: number;
  gap: number;
  data: Float32Array;
}

export class Malformed extends Error {}

export function text(message: string): Text {
  try {
    return JSON.parse(message) as Text;
  } catch {
    throw new Malformed("A message is not JSON.");
  }
}

/** Length of the head, the head as JSON, padding to 4 bytes, the samples. */
export function samples(buffer: ArrayBuffer, channels: number): Samples {
  if (buffer.byteLength < 4) throw new Malformed("A frame is too short.");
  const length = new DataView(buffer).getUint32(0, true);
  const start = Math.ceil((4 + length) / 4) * 4;
  if (start > buffer.byteLength) throw new Malformed("The head of a frame is longer than the frame.");
  const head = JSON.parse(new TextDecoder().decode(new Uint8Array(buffer, 4, length))) as Omit<Samples, "data">;
  if (buffer.byteLength - start !== 4 * channels * head.count) throw new Malformed("A frame holds another number of samples than it says.");
  const data = new Float32Array(buffer, start);
  return { seq: head.seq, t0_ms: head.t0_ms, received_ms: head.received_ms, count: head.count, gap: head.gap ?? 0, data };
}
