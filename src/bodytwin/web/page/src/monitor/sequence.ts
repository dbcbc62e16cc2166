/**
 * Which frames have come, so that none is taken twice and none is missed unseen.
 *
 * A number that was skipped is accounted for by the sensor's own loss (`gap` of the next frame), by a
 * message of another kind that bore it, or by what the server says it no longer has; otherwise it is
 * missing.
 */

export class Sequence {
  lastSeq = -1;
  received = 0;
  duplicates = 0;
  missing = 0;
  lostBySensor = 0;
  #between = new Set<number>();

  /** Whether the frame is new. */
  take(seq: number, gap: number): boolean {
    if (seq <= this.lastSeq) {
      this.duplicates += 1;
      return false;
    }
    if (this.lastSeq >= 0) {
      const skipped = seq - this.lastSeq - 1;
      this.missing += Math.max(0, skipped - gap - this.#between.size);
    }
    this.lostBySensor += gap;
    this.lastSeq = seq;
    this.received += 1;
    this.#between.clear();
    return true;
  }

  /** A message of another kind bore this number. */
  passed(seq: number): void {
    if (seq > this.lastSeq) this.#between.add(seq);
  }

  /** The server no longer has these; they will not come. */
  lost(from: number, to: number): void {
    const first = Math.max(from, this.lastSeq + 1);
    if (to < first) return;
    this.missing += to - first + 1;
    this.lastSeq = to;
    this.#between.clear();
  }

  /** Another session counts anew. */
  restart(): void {
    this.lastSeq = -1;
    this.#between.clear();
  }
}
