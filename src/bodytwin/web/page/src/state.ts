/** What the whole page shares: who looks, for what purpose, in which colours. */
import { useEffect, useState } from "preact/hooks";
import type { Me } from "./shapes";

export interface Watched {
  route: string;
  pending: number;
  errors: string[];
}

declare global {
  interface Window {
    __state: Watched;
  }
}

/** For tests: where the page is, what it waits for, what went wrong. */
export const watched: Watched = { route: "", pending: 0, errors: [] };

export class Cell<T> {
  #value: T;
  readonly #listeners = new Set<(value: T) => void>();
  constructor(value: T) {
    this.#value = value;
  }
  get value(): T {
    return this.#value;
  }
  set value(next: T) {
    if (Object.is(next, this.#value)) return;
    this.#value = next;
    for (const tell of [...this.#listeners]) tell(next);
  }
  watch(tell: (value: T) => void): () => void {
    this.#listeners.add(tell);
    return () => this.#listeners.delete(tell);
  }
}

export function useCell<T>(cell: Cell<T>): T {
  const [value, set] = useState(cell.value);
  useEffect(() => {
    set(() => cell.value);
    return cell.watch((next) => set(() => next));
  }, [cell]);
  return value;
}

export const me = new Cell<Me | null>(null);
export const purpose = new Cell<string>("");
/** The session has ended while the page was open. */
export const loggedOut = new Cell<boolean>(false);
export const online = new Cell<boolean>(navigator.onLine);
/** Read aloud by screen readers, politely. */
export const announcement = new Cell<string>("");

export function announce(words: string): void {
  announcement.value = "";
  requestAnimationFrame(() => (announcement.value = words));
}

addEventListener("online", () => (online.value = true));
addEventListener("offline", () => (online.value = false));
