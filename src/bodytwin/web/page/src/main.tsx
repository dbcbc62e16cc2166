/** The page of bodytwin: starts, logs in, shows. */
import { render } from "preact";
import { App } from "./app";
import * as route from "./route";
import { watched } from "./state";
import * as theme from "./theme";

window.__state = watched;
theme.start();
addEventListener("error", (event) => watched.errors.push(`page ${event.message}`));
addEventListener("unhandledrejection", (event) => watched.errors.push(`page ${String(event.reason)}`));

async function login(): Promise<void> {
  const token = /^#token=([^&]+)/.exec(location.hash)?.[1];
  if (!token) return;
  history.replaceState(null, "", `${location.pathname}#/patients`);
  await fetch("/api/session", {
    method: "POST",
    headers: { "Content-Type": "application/json", "X-Bodytwin": "1" },
    body: JSON.stringify({ token: decodeURIComponent(token) }),
    credentials: "same-origin",
  }).catch(() => null);
}

void login().then(() => {
  route.start();
  const root = document.getElementById("page");
  if (root) render(<App />, root);
});
