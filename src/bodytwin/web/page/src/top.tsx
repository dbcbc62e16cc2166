/** The bar at the top: what this is, why you look, who you are. */
import { api } from "./api";
import { announce, loggedOut, me, purpose, useCell } from "./state";
import { choose, wish, type Wish } from "./theme";
import { Icon, type IconName } from "./ui/icon";

const NEXT: Record<Wish, { to: Wish; icon: IconName; words: string }> = {
  system: { to: "light", icon: "system", words: "Colours as the system. Change to light" },
  light: { to: "dark", icon: "sun", words: "Light colours. Change to dark" },
  dark: { to: "system", icon: "moon", words: "Dark colours. Change to those of the system" },
};

export function Top() {
  const who = useCell(me);
  const now = NEXT[useCell(wish)];
  return (
    <header class="top">
      <a class="brand" href="#/patients" aria-label="bodytwin: all patients">
        <svg viewBox="0 0 24 24" aria-hidden="true"><circle cx="9" cy="12" r="6.5" /><circle cx="15" cy="12" r="6.5" /></svg>
        bodytwin
      </a>
      <span class="disclaimer">{who?.disclaimer ?? ""}</span>
      {who ? <Purpose /> : null}
      {who ? <div class="who"><b>{who.actor.name}</b><span>{who.actor.role_words}{who.actor.organisation ? `, ${who.actor.organisation}` : ""}</span></div> : null}
      {who && !who.local ? <button class="button plain" type="button" onClick={leave}>Log out</button> : null}
      <button class="icon-button" type="button" title={now.words} onClick={() => choose(now.to)}><Icon name={now.icon} label={now.words} /></button>
    </header>
  );
}

function leave(): void {
  void api.send("/session", { method: "DELETE" }).finally(() => {
    me.value = null;
    loggedOut.value = true;
  });
}

function Purpose() {
  const who = useCell(me)!;
  const code = useCell(purpose);
  const words = who.purposes.find((p) => p.code === code)?.words ?? code;
  const change = (next: string) => {
    purpose.value = next;
    announce("Purpose changed. The view is asked for again.");
  };
  return (
    <div class="purpose">
      <label for="purpose">You are looking for</label>
      {who.purposes.length > 1 ? (
        <select id="purpose" class="input" value={code} onChange={(e) => change(e.currentTarget.value)}>
          {who.purposes.map((p) => <option key={p.code} value={p.code}>{p.words}</option>)}
        </select>
      ) : <span id="purpose">{words}</span>}
    </div>
  );
}
