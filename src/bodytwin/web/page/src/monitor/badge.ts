/** In which state the connection is: seen by everybody, said only when it changes. */
import { el } from "../organ/dom";

export type Kind = "connecting" | "live" | "stale" | "ended" | "broken" | "refused";

const LOOKS: Record<Kind, [string, string]> = {
  connecting: ["info", "Connecting"],
  live: ["good", "Live"],
  stale: ["warn", "Stale"],
  ended: ["", "Ended"],
  broken: ["bad", "Not connected"],
  refused: ["bad", "Refused"],
};

export interface Badge {
  element: HTMLElement;
  readonly kind: Kind;
  set(kind: Kind, words: string): void;
}

export function badge(): Badge {
  const tag = el("span", { class: "tag" });
  const words = el("span", { class: "small muted" });
  const spoken = el("span", { class: "unseen", role: "status" });
  const element = el("div", { class: "monitor-state" }, el("span", { "aria-hidden": "true", class: "monitor-said" }, tag, words), spoken);
  let now: Kind | null = null;
  return {
    element,
    get kind() { return now ?? "connecting"; },
    set(kind, said) {
      words.textContent = said;
      if (kind === now) return;
      now = kind;
      const [look, name] = LOOKS[kind];
      tag.className = `tag ${look}`;
      tag.textContent = name;
      spoken.textContent = `${name}. ${said}`;
    },
  };
}
