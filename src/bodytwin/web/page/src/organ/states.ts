/** Nothing there, on its way, refused, failed: said in the part's own box. */
import { el, icon, ICONS } from "./dom";

interface Fault {
  message?: string;
  reasons?: string[];
  rule?: string;
}

export function loading(what: string): HTMLElement {
  return el("div", { class: "skeleton", role: "status", "aria-label": `Loading ${what}` }, el("i", { class: "tall" }));
}

export function empty(title: string, words: string): HTMLElement {
  return el("div", { class: "state empty" }, mark("empty"), el("h2", {}, title), el("p", { class: "muted" }, words));
}

/** Whatever the server or the data did, and a way to ask again. */
export function trouble(error: unknown, again: () => void): HTMLElement {
  const { fault, refused } = (error ?? {}) as { fault?: Fault; refused?: boolean };
  const message = fault?.message ?? (error instanceof Error ? error.message : "This failed.");
  const reasons = (fault?.reasons ?? []).filter((r) => r !== message);
  return el(
    "div",
    { class: `state ${refused ? "refused" : "failed"}`, role: "alert" },
    mark(refused ? "shield" : "warning"),
    el("h2", {}, refused ? "You may not see this" : "This cannot be shown"),
    el("p", {}, message),
    reasons.length > 0 && el("ul", { class: "bullets" }, ...reasons.map((r) => el("li", {}, r))),
    fault?.rule ? el("p", { class: "small muted" }, "Rule: ", el("code", {}, fault.rule)) : null,
    el("button", { class: "button", type: "button", onclick: again }, "Try again"),
  );
}

function mark(name: keyof typeof ICONS): HTMLElement {
  return el("span", { class: "mark" }, icon(ICONS[name]));
}
