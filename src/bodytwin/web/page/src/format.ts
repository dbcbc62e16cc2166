/** Numbers, units and times as they are written on the page. */

export const NB = "\u00a0";
const MINUS = "\u2212";
const SUPER: Record<string, string> = { "0": "⁰", "1": "¹", "2": "²", "3": "³", "4": "⁴", "5": "⁵", "6": "⁶", "7": "⁷", "8": "⁸", "9": "⁹", "-": "⁻" };

/** Significant digits, without exponents where a reader can do without. */
export function number(value: number | null | undefined, digits = 3): string {
  if (value === null || value === undefined || !Number.isFinite(value)) return "–";
  if (value === 0) return "0";
  const size = Math.floor(Math.log10(Math.abs(Number(value.toPrecision(digits)))));
  if (size >= 6 || size < -4) return power(value, digits);
  const text = value.toFixed(Math.max(0, Math.min(12, digits - 1 - size)));
  return signed(grouped(size >= digits ? String(Math.round(value)) : text));
}

/** As it was recorded: no digit added, at most `digits` kept. */
export function asGiven(value: number | null, digits = 5): string {
  if (value === null || !Number.isFinite(value)) return "–";
  const short = Number(value.toPrecision(digits));
  const size = short === 0 ? 0 : Math.floor(Math.log10(Math.abs(short)));
  if (size >= 9 || size < -5) return power(value, digits);
  return signed(grouped(String(short)));
}

function power(value: number, digits: number): string {
  const [base = "", exponent = "0"] = value.toExponential(digits - 1).split("e");
  const raised = [...exponent.replace("+", "")].map((c) => SUPER[c] ?? c).join("");
  return `${signed(base)}${NB}×${NB}10${raised}`;
}

function grouped(text: string): string {
  const [whole = "", rest] = text.split(".");
  const marked = whole.length > 5 ? whole.replace(/\B(?=(\d{3})+(?!\d))/g, "\u202f") : whole;
  return rest === undefined ? marked : `${marked}.${rest}`;
}

function signed(text: string): string {
  return text.replace("-", MINUS);
}

/** Digits after the point that suit an interval: enough to tell its ends apart. */
export function interval(
  median: number | null,
  low: number | null,
  high: number | null,
): { median: string; low: string; high: string } {
  const known = [median, low, high].filter((v): v is number => v !== null && Number.isFinite(v));
  const largest = Math.max(...known.map(Math.abs), 0);
  const width = low !== null && high !== null ? Math.abs(high - low) : largest;
  if (largest === 0 || largest >= 1e6 || largest < 1e-4) {
    return { median: number(median), low: number(low), high: number(high) };
  }
  const byWidth = width > 0 ? 2 - Math.floor(Math.log10(width)) : 2;
  const bySize = 2 - Math.floor(Math.log10(largest));
  const places = Math.max(0, Math.min(8, Math.min(byWidth, bySize)));
  const fixed = (v: number | null): string =>
    v === null || !Number.isFinite(v) ? "–" : signed(grouped(zeroed(v.toFixed(places))));
  return { median: fixed(median), low: fixed(low), high: fixed(high) };
}

function zeroed(text: string): string {
  return /^-0(\.0*)?$/.test(text) ? text.slice(1) : text;
}

export function percent(share: number | null | undefined): string {
  if (share === null || share === undefined || !Number.isFinite(share)) return "–";
  const value = 100 * share;
  if (share > 0 && value < 0.1) return `<${NB}0.1${NB}%`;
  if (share < 1 && value > 99.9) return `>${NB}99.9${NB}%`;
  const near = (value > 0 && value < 1) || (value > 99 && value < 100);
  return `${value.toFixed(near ? 1 : 0)}${NB}%`;
}

const SPOKEN: Record<string, string> = {
  "1": "", "mm[Hg]": "mmHg", "cm[H2O]": "cmH₂O", "a": "years", "mo": "months", "wk": "weeks", "d": "days",
  "{score}": "points", "Cel": "°C", "[degF]": "°F", "deg": "°", "[iU]": "IU", "/min": "/min", "{beats}/min": "/min",
};

/** A UCUM code as people write it. */
export function unit(code: string | null | undefined): string {
  if (!code) return "";
  const known = SPOKEN[code];
  if (known !== undefined) return known;
  return code
    .replace(/\{[^}]*\}/g, "")
    .replace(/^10\*(-?\d+)/, (_, n: string) => `10${[...n].map((c) => SUPER[c] ?? c).join("")}`)
    .replace(/\[iU\]/gi, "IU").replace(/\[Hg\]/g, "Hg").replace(/\bu(?=[gLlmM])/g, "µ")
    .replace(/([A-Za-z])(\d)(?!\w)/g, (_, a: string, n: string) => a + (SUPER[n] ?? n))
    .replace(/\./g, "·")
    .replace(/^\/?$/, "");
}

/** A number and its unit, never parted by a line break. */
export function withUnit(text: string, code: string): string {
  const spoken = unit(code);
  return spoken === "" ? text : `${text}${NB}${spoken}`;
}

export function quantity(value: number | null, code: string, comparator?: string | null, digits = 6): string {
  return withUnit(`${comparator ? `${comparator}${NB}` : ""}${asGiven(value, digits)}`, code);
}

const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

function two(n: number): string {
  return String(n).padStart(2, "0");
}

export function day(iso: string | number | null): string {
  if (iso === null || iso === "") return "–";
  const t = new Date(iso);
  if (Number.isNaN(t.getTime())) return "–";
  return `${t.getUTCDate()}${NB}${MONTHS[t.getUTCMonth()]}${NB}${t.getUTCFullYear()}`;
}

/** Always UTC: the page says so where times begin. */
export function moment(iso: string | number | null): string {
  if (iso === null || iso === "") return "–";
  const t = new Date(iso);
  if (Number.isNaN(t.getTime())) return "–";
  return `${day(iso)}, ${two(t.getUTCHours())}:${two(t.getUTCMinutes())}`;
}

export function span(first: string | null, last: string | null): string {
  if (!first || !last) return "–";
  const from = day(first);
  const to = day(last);
  if (from === to) return from;
  const year = (iso: string) => new Date(iso).getUTCFullYear();
  return `${year(first) === year(last) ? from.replace(/\u00a0\d{4}$/, "") : from} – ${to}`;
}

export function age(birth: string | null, at: number = Date.now()): string {
  if (!birth) return "";
  const days = (at - Date.parse(birth)) / 86_400_000;
  if (!Number.isFinite(days) || days < 0) return "";
  if (days < 28) return `${Math.floor(days)}${NB}days`;
  if (days < 730) return `${Math.floor(days / 30.44)}${NB}months`;
  return `${Math.floor(days / 365.2425)}${NB}years`;
}

export function hours(h: number): string {
  const size = Math.abs(h);
  if (size < 1) return `${Math.round(60 * h)}${NB}min`;
  if (size < 48) return `${number(h, size < 10 ? 2 : 3).replace(/\.0+$/, "")}${NB}h`;
  return `${number(h / 24, 2).replace(/\.0+$/, "")}${NB}days`;
}

const SUFFIX: [RegExp, string][] = [
  [/_(auc24)?_?mg_h_per_l$/, ""], [/_l_per_h_per_kg$/, ""], [/_ml_per_min$/, ""], [/_l_per_h$/, ""], [/_per_h$/, ""],
  [/_mg_per_l$/, ""], [/_per_l$/, ""], [/_(l|h|kg|mg|g|a|s|ms|mm|gy)$/, ""],
];

/** `central_volume_l` as people say it; the unit stands elsewhere. */
export function named(name: string): string {
  let text = name;
  for (const [ending, by] of SUFFIX) {
    const cut = text.replace(ending, by);
    if (cut !== text && cut !== "") {
      text = cut;
      break;
    }
  }
  return capital(text.replace(/_/g, " "));
}

export function capital(text: string): string {
  return text === "" ? text : text[0]!.toUpperCase() + text.slice(1);
}

export function count(n: number, one: string, many = `${one}s`): string {
  return `${n === 0 ? "no" : grouped(String(n))}${NB}${n === 1 ? one : many}`;
}

export function short(hash: string, length = 12): string {
  return hash.slice(0, length);
}
