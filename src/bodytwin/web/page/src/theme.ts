/** Light or dark: what the system asks for, unless the reader chose. */
import { Cell } from "./state";

export type Wish = "system" | "light" | "dark";
const KEY = "bodytwin.theme";
const system = matchMedia("(prefers-color-scheme: dark)");
const motion = matchMedia("(prefers-reduced-motion: reduce)");

export const wish = new Cell<Wish>(remembered());
/** Counts changes of colour, so that canvases draw again. */
export const theme = new Cell<"light" | "dark">(resolved());

function remembered(): Wish {
  try {
    const kept = localStorage.getItem(KEY);
    return kept === "light" || kept === "dark" ? kept : "system";
  } catch {
    return "system";
  }
}

function resolved(): "light" | "dark" {
  if (wish.value !== "system") return wish.value;
  return system.matches ? "dark" : "light";
}

function apply(): void {
  document.documentElement.dataset["theme"] = resolved();
  theme.value = resolved();
}

export function choose(next: Wish): void {
  wish.value = next;
  try {
    if (next === "system") localStorage.removeItem(KEY);
    else localStorage.setItem(KEY, next);
  } catch {
    // Without storage the choice lasts as long as the page.
  }
  apply();
}

export function start(): void {
  system.addEventListener("change", apply);
  apply();
}

export function reducedMotion(): boolean {
  return motion.matches;
}

/** The present value of a colour of the style sheet. */
export function colour(name: string): string {
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
}
