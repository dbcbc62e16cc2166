/** What the server says: the JSON of docs and `bodytwin ... --json`, as types. */

export interface Fault {
  kind: string;
  message: string;
  reasons: string[];
  rule?: string;
}

export interface Me {
  actor: { id: string; name: string; role: string; role_words: string; organisation: string | null };
  purposes: { code: string; words: string }[];
  purpose: string;
  local: boolean;
  version: string;
  disclaimer: string;
  patient: string | null;
}

export interface PatientRow {
  patient: string;
  name: string | null;
  sex: string | null;
  birth_date: string | null;
  observations: number;
  treatments: number;
  covariates: number;
  first: string | null;
  last: string | null;
}

export interface Took {
  sha256: string;
  reader: string;
  new: number;
  known: number;
  patients: string[];
  counts: Record<string, number>;
  not_read: Record<string, number>;
  held_back: unknown[];
  remarks: string[];
}

export interface Subject {
  twin: string;
  subject: string;
  question: string;
  variants: { name: string; title: string; source: string; level: string; may_rank: boolean }[];
}

export interface Emergency {
  id: string;
  actor: string;
  reason: string;
  at: string;
  until: string;
  reviewed: boolean | string | null;
}

export interface Person {
  patient: string;
  name: string | null;
  sex: string | null;
  birth_date: string | null;
  subjects: Subject[];
  latest: { posterior: string; twin: string; variant: string; made_at: string }[];
  fields: { id: string; title: string }[];
  hearts: { twin: string; title: string }[];
  live: boolean;
  emergencies: Emergency[];
}

export interface Source {
  sha256: string;
  path: string;
  reader: string;
}

export interface Fact {
  kind: "observation" | "treatment" | "covariate";
  time: string;
  precision: string;
  zone_assumed: boolean;
  system: string;
  code: string;
  display: string;
  value: number | null;
  unit: string;
  comparator: string | null;
  route: string | null;
  duration_h: number | null;
  recorded_at: string;
  conflict: boolean;
  superseded: boolean;
  sources: Source[];
}

export interface Known {
  patient: string;
  sex: string | null;
  birth_date: string | null;
  facts: Fact[];
}

export interface Excerpt {
  kind: string;
  reader: string;
  imported_at: string;
  text: string;
}

export interface Interval {
  median: number | null;
  low50: number | null;
  high50: number | null;
  low90: number | null;
  high90: number | null;
  unit: string;
}

export interface ParameterShape extends Interval {
  name: string;
  population_median: number | null;
  learned: number | null;
}

export interface PosteriorShape {
  id: string;
  variant: string;
  weight: number;
  parent: string | null;
  measurements: number;
  parameters: ParameterShape[];
  method: string;
  method_reason: string;
  trusted: boolean;
  describes_the_data: boolean;
  tail_probability: number | null;
  fit: string;
  assumed: string[];
  left_out: string[];
  draws: number;
  seed: number;
}

export interface Density {
  parameter: string;
  unit: string;
  x: (number | null)[];
  prior: (number | null)[];
  posterior: (number | null)[];
}

export interface Aim {
  low: number | null;
  high: number | null;
  harm_above: number | null;
  harm_below: number | null;
  words: string;
}

export interface Measured {
  time_h: number;
  value: number;
  comparator: string | null;
  source: Source | string | null;
}

export type Row = (number | null)[];

export interface QuantityCurves {
  quantity: string;
  unit: string;
  time_h: number[];
  lower: Row;
  median: Row;
  upper: Row;
  lower50?: Row;
  upper50?: Row;
  prior_lower: Row;
  prior_median: Row;
  prior_upper: Row;
  measured: Measured[];
  aim: Aim | null;
}

export interface Dose {
  time_h: number;
  amount: number;
  unit: string;
  duration_h: number | null;
  words: string;
}

export interface Curves {
  origin: string;
  now_h: number;
  quantities: QuantityCurves[];
  doses: Dose[];
}

export interface Personalised {
  patient: string;
  twin: string;
  version: string;
  as_of: string;
  posteriors: PosteriorShape[];
  refused: Record<string, string[]>;
  densities?: Record<string, Density[]>;
  curves?: Curves | null;
}

export interface OutcomeShape extends Interval {
  name: string;
  words: string;
  probability: number | null;
  probability_in_target: number | null;
  probability_of_harm: number | null;
}

export interface Option {
  plan: string;
  outcomes: OutcomeShape[];
  expected_utility: number | null;
  expected_utility_se: number | null;
  probability_best: number | null;
  probability_best_se: number | null;
  expected_regret: number | null;
  expected_regret_se: number | null;
}

export interface Difference {
  plan: string;
  against: string;
  outcome: string;
  unit: string;
  lower: number | null;
  median: number | null;
  upper: number | null;
}

export interface Compared {
  id: string;
  twin: string;
  version: string;
  variant: string;
  utility: string;
  proposed: boolean;
  best: string | null;
  ranking: string;
  options: Option[];
  remarks: string[];
  curves?: Record<string, Curves | null>;
  difference?: Difference[];
}

export interface Plans {
  plans: string[];
  grammar: string;
  example: string;
}

export interface ForecastTarget extends Interval {
  quantity: string;
  time: string;
  hours_ahead: number;
  true_value: Interval;
  population: Interval;
  last_value: number | null;
}

export interface Scored {
  forecast: string;
  standing: string;
  quantity: string;
  unit: string;
  time: string;
  measured_at: string;
  basis: string;
  words: string;
  [figure: string]: unknown;
}

export interface Registered {
  id: string;
  twin: string;
  version: string;
  variant: string;
  plan: string;
  as_of: string;
  standing: string;
  registered_at: string;
  posteriors: string[];
  targets: ForecastTarget[];
  remarks: string[];
  scores?: Scored[];
}

export interface Scoring {
  scored: Scored[];
  waiting: number;
  failed: unknown[];
}

export interface Finding {
  case: string;
  support: string;
  words: string;
  passed: boolean;
  patients: number;
  forecasts: number;
  source: string;
  command: string;
}

export interface Estimate {
  value: number | null;
  low: number | null;
  high: number | null;
}

export interface Card {
  twin: string;
  version: string;
  variant: string;
  quantity: string;
  unit: string;
  patients: number;
  forecasts: number;
  coverage90: Estimate | null;
  relative_rmse: Estimate | null;
  skill_over_population: Estimate | null;
  skill_over_last_value: Estimate | null;
  verdicts: { gate: string; standing: string; words: string }[];
  level: string;
}

export interface Shown {
  evidence: {
    variant: string;
    version: string;
    level: string;
    claims: { words: string; findings: Finding[] }[];
    known_failures: string[];
    may_rank: boolean;
  }[];
  cards: Card[];
  replayed: Card[];
  log: { entries: number; head: string; faults: string[]; sound: boolean };
}

export type Leave = "permit" | "deny";

export interface Choice {
  key: string;
  question: string;
  explains: string;
  value: Leave | "unset";
  fixed: string | null;
}

export interface Consent {
  id: string;
  status: string;
  from: string | null;
  until: string | null;
  basis: string | null;
  decision: Leave;
  sentences: string[];
  in_force: boolean;
  editable: boolean;
}

export interface AuditEntry {
  index: number;
  time: string;
  actor: string;
  role: string;
  organisation: string | null;
  purpose: string;
  purpose_words: string;
  action: string;
  words: string;
  outcome: "allowed" | "refused" | "done";
  reasons: string[];
  rule: string | null;
  twin: string | null;
  version: string | null;
  data: string | null;
  emergency: boolean;
}

export interface Audit {
  entries: AuditEntry[];
  next: string | number | null;
  head: { size: number; root: string; time: string; signature: string; key: string } | null;
  verified: boolean;
  faults: string[];
}

export interface Job {
  state: "running" | "done" | "failed" | "stopped";
  message: string;
  fraction: number;
  result?: unknown;
  error?: Fault;
}
