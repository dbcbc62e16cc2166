/** Where the reader is: #/patients, #/patients/<p>/<tab>; back and forward work. */
import { Cell, watched } from "./state";

export const TABS = ["timeline", "twins", "heart", "organ", "live", "audit", "consent", "take-along"] as const;
export type Tab = (typeof TABS)[number];

export interface Route {
  name: "patients" | "patient" | "unknown";
  patient: string;
  tab: Tab;
}

export const route = new Cell<Route>(read());

function read(): Route {
  const path = location.hash.replace(/^#/, "").split("?")[0] ?? "";
  const [root = "", patient = "", tab = "timeline"] = path.split("/").filter(Boolean);
  if (root === "" || (root === "patients" && !patient)) return at("patients");
  if (root !== "patients") return at("unknown");
  const found = TABS.find((t) => t === tab);
  return found ? { name: "patient", patient: decoded(patient), tab: found } : at("unknown");
}

function at(name: Route["name"]): Route {
  return { name, patient: "", tab: "timeline" };
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

export function link(patient?: string, tab: Tab = "timeline"): string {
  return patient ? `#/patients/${encodeURIComponent(patient)}/${tab}` : "#/patients";
}

export function go(to: string): void {
  location.hash = to;
}

function follow(): void {
  route.value = read();
  const { name, tab } = route.value;
  watched.route = name === "patient" ? `patient/${tab}` : name;
}

export function start(): void {
  addEventListener("hashchange", follow);
  follow();
}
