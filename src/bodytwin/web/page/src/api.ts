/** The only way to the server: purpose on every request, one shape of error. */
import type { Fault, Job } from "./shapes";
import { loggedOut, online, purpose, watched } from "./state";

export class ApiError extends Error {
  constructor(
    readonly status: number,
    readonly fault: Fault,
  ) {
    super(fault.message);
  }
  get refused(): boolean {
    return this.status === 403;
  }
}

export interface Asked {
  method?: "GET" | "POST" | "DELETE";
  body?: unknown;
  raw?: BodyInit;
  /** Another purpose than the chosen one, for this request only. */
  purpose?: string;
  signal?: AbortSignal | undefined;
}

export interface Api {
  get(path: string, signal?: AbortSignal): Promise<any>;
  bytes(path: string, signal?: AbortSignal): Promise<ArrayBuffer>;
  send(path: string, asked: Asked): Promise<any>;
  blob(path: string, asked: Asked): Promise<{ blob: Blob; name: string }>;
}

const UNREACHABLE: Fault = {
  kind: "Unreachable",
  message: "The server did not answer.",
  reasons: ["Check that bodytwin serve is running, and the connection to it."],
};

export const api: Api = {
  get: async (path, signal) => (await ask(path, { signal })).json(),
  bytes: async (path, signal) => (await ask(path, { signal })).arrayBuffer(),
  send: async (path, asked) => {
    const answer = await ask(path, asked);
    return answer.status === 204 ? null : answer.json();
  },
  blob: async (path, asked) => {
    const answer = await ask(path, asked);
    return { blob: await answer.blob(), name: named(answer.headers.get("Content-Disposition")) };
  },
};

async function ask(path: string, asked: Asked): Promise<Response> {
  const method = asked.method ?? "GET";
  watched.pending += 1;
  try {
    const answer = await fetch(path.startsWith("/api/") ? path : `/api${path}`, {
      method,
      headers: headers(method, asked),
      body: asked.raw ?? (asked.body === undefined ? null : JSON.stringify(asked.body)),
      signal: asked.signal ?? null,
      credentials: "same-origin",
      cache: "no-store",
    });
    online.value = true;
    if (!answer.ok) throw new ApiError(answer.status, await fault(answer));
    return answer;
  } catch (error) {
    if (error instanceof TypeError) {
      online.value = navigator.onLine;
      throw noted(new ApiError(0, UNREACHABLE));
    }
    throw error instanceof ApiError ? noted(error) : error;
  } finally {
    watched.pending -= 1;
  }
}

function headers(method: string, asked: Asked): Headers {
  const found = new Headers();
  const why = asked.purpose ?? purpose.value;
  if (why) found.set("X-Purpose", why);
  if (method !== "GET") found.set("X-Bodytwin", "1");
  if (asked.raw !== undefined) found.set("Content-Type", "application/octet-stream");
  else if (asked.body !== undefined) found.set("Content-Type", "application/json");
  return found;
}

async function fault(answer: Response): Promise<Fault> {
  try {
    const said = (await answer.json()) as { error?: Partial<Fault> };
    const { kind, message, reasons, rule } = said.error ?? {};
    if (message) return { kind: kind ?? "", message, reasons: reasons ?? [], ...(rule ? { rule } : {}) };
  } catch {
    // Not JSON: say what is known.
  }
  return { kind: "Fault", message: `The server answered ${answer.status}.`, reasons: [] };
}

function noted(error: ApiError): ApiError {
  if (error.status === 401) loggedOut.value = true;
  watched.errors.push(`${error.status} ${error.fault.kind}`);
  if (watched.errors.length > 50) watched.errors.shift();
  return error;
}

function named(disposition: string | null): string {
  return /filename="?([^";]+)"?/.exec(disposition ?? "")?.[1] ?? "download";
}

export interface Progress {
  message: string;
  fraction: number;
}

export interface Running<T> {
  done: Promise<T>;
  stop(): void;
}

/** Start long work, follow it, and give its result; `stop` ends it on the server too. */
export function work<T>(path: string, body: unknown, tell: (p: Progress) => void): Running<T> {
  let id: string | null = null;
  let stopped = false;
  const done = (async () => {
    const begun = (await api.send(path, { method: "POST", body })) as { job: string };
    id = begun.job;
    if (stopped) void remove(id);
    for (let wait = 120; ; wait = Math.min(wait * 1.4, 700)) {
      if (stopped) throw new Stopped();
      const job = (await api.get(`/api/jobs/${encodeURIComponent(id)}`)) as Job;
      if (stopped || job.state === "stopped") throw new Stopped();
      if (job.state === "failed") throw failed(job);
      if (job.state === "done") return job.result as T;
      tell({ message: job.message, fraction: job.fraction });
      await new Promise((r) => setTimeout(r, wait));
    }
  })();
  return {
    done,
    stop() {
      stopped = true;
      if (id) void remove(id);
    },
  };
}

export class Stopped extends Error {}

const REFUSALS = /Refus|Consent|Outside|Missing|Misfit|Envelope/;

function failed(job: Job): ApiError {
  const said = job.error ?? { kind: "Fault", message: job.message, reasons: [] };
  const status = REFUSALS.test(said.kind) ? 403 : /Invalid/.test(said.kind) ? 400 : 500;
  return noted(new ApiError(status, { ...said, reasons: said.reasons ?? [] }));
}

async function remove(id: string): Promise<void> {
  try {
    await api.send(`/api/jobs/${encodeURIComponent(id)}`, { method: "DELETE" });
  } catch {
    // It ended by itself.
  }
}
