/** What the server says of a heart. */
export interface Packed { dtype: string; shape: number[]; base64: string }

export interface Site { name: string; label: string; vertex: number; position_mm: [number, number, number] }

export interface HeartHeader {
  title: string;
  based_on: string;
  assumed: string[];
  volumes_ml: Record<string, number>;
  sites: Site[];
  drugs: { name: string; words: string }[];
  arrays: Record<string, { dtype: string; shape: number[] }>;
}

export interface Share { probability: number; low: number; high: number }

export interface SiteSaid extends Share {
  site: string;
  outcome: string;
  coupling_intervals_ms: number[];
  cycle_length_ms: number | null;
  erp_ms: number | null;
}

export interface Ecg { leads: string[]; time_ms: number[]; mv: number[][] }

export interface CircuitSaid {
  id: string;
  words: string;
  cycle_length_ms: number;
  low: number;
  high: number;
  exit_vertex: number;
  path_mm: [number, number, number][];
  arrays: { lat: Packed };
  ecg: Ecg;
}

export interface Screened extends Share {
  plan: string;
  draws: number;
  based_on: string;
  remarks: string[];
  sites: SiteSaid[];
  circuits: CircuitSaid[];
  control?: { inducible: boolean; words: string };
}

export interface Lesion { vertices: number[]; radius_mm: number }

export interface Searched {
  words: string;
  plan: string;
  lesions: Lesion[];
  before: Screened;
  after: Screened;
}

export interface Guess {
  probability: number | null;
  low: number | null;
  high: number | null;
  trusted: boolean;
  words: string;
  seconds: number;
}

export function unpacked(packed: Packed): Float32Array {
  return new Float32Array(Uint8Array.from(atob(packed.base64), (c) => c.charCodeAt(0)).buffer);
}

/** `43 % (12 to 77)`. */
export function share(s: Share): string {
  const [p, low, high] = [s.probability, s.low, s.high].map((v) => Math.round(100 * v));
  return `${p} % (${low} to ${high})`;
}
