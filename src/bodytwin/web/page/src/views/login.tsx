/** Nobody is logged in. */
import { useState } from "preact/hooks";
import { api, ApiError } from "../api";

export function Login({ again }: { again: () => void }) {
  const [token, set] = useState("");
  const [trouble, fail] = useState("");
  const enter = async (event: Event) => {
    event.preventDefault();
    try {
      await api.send("/session", { method: "POST", body: { token: token.trim() } });
      again();
    } catch (error) {
      fail(error instanceof ApiError ? error.fault.message : "This failed.");
    }
  };
  return (
    <form class="login stack" onSubmit={enter}>
      <h1>Log in</h1>
      <p class="muted"><code>bodytwin serve</code> prints an address with a token. Open that address, or paste the token here.</p>
      <div class="field">
        <label for="token">Token</label>
        <input id="token" class="input mono" type="password" autoComplete="off" required value={token} aria-invalid={trouble ? "true" : undefined} onInput={(e) => set(e.currentTarget.value)} />
        <span class="hint bad" role="alert">{trouble}</span>
      </div>
      <div><button class="button main" type="submit">Log in</button></div>
    </form>
  );
}
