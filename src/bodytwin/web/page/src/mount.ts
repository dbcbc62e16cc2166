/** What the organ view and the monitor are given. */
import type { Api } from "./api";

export interface MountContext {
  api: Api;
  patient: string;
  purpose: string;
  reducedMotion: boolean;
}

export interface Mounted {
  destroy(): void;
}
