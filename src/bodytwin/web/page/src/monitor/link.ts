/** The connection to the server: made again when it breaks, from where it broke. */
import { Malformed, samples, text, type Estimate, type Hello, type Samples, type Told } from "./frames";
import { Sequence } from "./sequence";

export interface Heard {
  hello(hello: Hello, isNewSession: boolean): void;
  samples(frame: Samples, isLive: boolean): void;
  estimate(estimate: Estimate): void;
  told(told: Told): void;
  refused(reasons: string[]): void;
  /** The connection broke; another attempt comes in so many ms, or never. */
  broken(retryMs: number | null): void;
}

const FIRST_MS = 500;
const LONGEST_MS = 10_000;
const SILENCE_MS = 30_000;
const REFUSED = 4403;

export class Link {
  readonly sequence = new Sequence();
  reconnects = 0;
  malformed = 0;
  #socket: WebSocket | null = null;
  #session: string | null = null;
  #channels = 0;
  #liveFrom = Infinity;
  #wait = FIRST_MS;
  #timer = 0;
  #heardAt = 0;
  readonly #guard: number;
  #isOver = false;
  readonly #online = (): void => {
    if (this.#socket === null && !this.#isOver) this.open();
  };

  constructor(
    readonly path: string,
    readonly purpose: string,
    readonly heard: Heard,
  ) {
    addEventListener("online", this.#online);
    this.#guard = window.setInterval(() => this.#doubt(), SILENCE_MS / 10);
  }

  open(): void {
    clearTimeout(this.#timer);
    this.#isOver = false;
    const url = new URL(this.path, location.href);
    url.protocol = location.protocol === "https:" ? "wss:" : "ws:";
    url.searchParams.set("after", String(this.sequence.lastSeq));
    if (this.purpose) url.searchParams.set("purpose", this.purpose);
    const socket = new WebSocket(url);
    socket.binaryType = "arraybuffer";
    this.#socket = socket;
    socket.onmessage = ({ data }) => socket === this.#socket && this.#take(data as string | ArrayBuffer);
    socket.onclose = ({ code }) => socket === this.#socket && this.#closed(code);
    this.#heardAt = performance.now();
  }

  close(): void {
    this.#isOver = true;
    removeEventListener("online", this.#online);
    clearTimeout(this.#timer);
    clearInterval(this.#guard);
    const socket = this.#socket;
    this.#socket = null;
    socket?.close(1000);
  }

  #take(data: string | ArrayBuffer): void {
    this.#heardAt = performance.now();
    try {
      if (typeof data === "string") this.#text(data);
      else this.#samples(data);
    } catch (error) {
      if (!(error instanceof Malformed || error instanceof SyntaxError)) throw error;
      this.malformed += 1;
    }
  }

  #text(data: string): void {
    const message = text(data);
    if ("seq" in message && typeof message.seq === "number") this.sequence.passed(message.seq);
    switch (message.type) {
      case "hello": return this.#hello(message);
      case "estimate": return this.heard.estimate(message);
      case "state":
        this.#isOver = message.state === "ended";
        return this.heard.told(message);
      case "gap": return this.sequence.lost(message.from, message.to);
      case "refused":
        this.#isOver = true;
        this.#socket?.close();
        this.#socket = null;
        return this.heard.refused(message.reasons);
      default: return undefined;
    }
  }

  #hello(hello: Hello): void {
    const isNew = hello.session !== this.#session;
    const asked = this.sequence.lastSeq;
    if (asked >= 0 && (isNew || hello.next <= asked)) {
      this.sequence.restart();
      this.#session = null;
      this.#abandon(0);
      return;
    }
    this.#session = hello.session;
    this.#channels = hello.channels.length;
    const sent = typeof hello.sent_at === "string" ? Date.parse(hello.sent_at) : hello.sent_at;
    this.#liveFrom = sent ?? Date.now();
    this.#wait = FIRST_MS;
    this.heard.hello(hello, isNew);
  }

  #samples(data: ArrayBuffer): void {
    if (this.#session === null) return;
    const frame = samples(data, this.#channels);
    if (this.sequence.take(frame.seq, frame.gap)) this.heard.samples(frame, frame.received_ms >= this.#liveFrom);
  }

  #closed(code: number): void {
    this.#socket = null;
    if (code === REFUSED) this.#isOver = true;
    const isFinal = this.#isOver || (code >= 4400 && code < 4500);
    if (isFinal) {
      if (code !== REFUSED) this.heard.broken(null);
      return;
    }
    this.#again();
  }

  #again(): void {
    this.reconnects += 1;
    const wait = this.#wait * (0.8 + 0.4 * Math.random());
    this.#wait = Math.min(LONGEST_MS, 2 * this.#wait);
    this.#timer = window.setTimeout(() => this.open(), wait);
    this.heard.broken(wait);
  }

  /** Give up this connection and try another. */
  #abandon(wait: number): void {
    const socket = this.#socket;
    this.#socket = null;
    socket?.close();
    this.#timer = window.setTimeout(() => this.open(), wait);
  }

  /** A connection on which nothing at all arrives may be dead without saying so. */
  #doubt(): void {
    const socket = this.#socket;
    if (!socket || this.#isOver || performance.now() - this.#heardAt < SILENCE_MS) return;
    this.#socket = null;
    socket.close();
    this.#again();
  }
}
