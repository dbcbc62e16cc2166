/** The frame: top bar, the view that the address names, and what holds everywhere. */
import { useEffect, useRef, useState } from "preact/hooks";
import { api } from "./api";
import { go, link, route } from "./route";
import type { Me } from "./shapes";
import { announcement, loggedOut, me, online, purpose, useCell } from "./state";
import { Icon } from "./ui/icon";
import { Empty, Loading, Trouble } from "./ui/states";
import { Top } from "./top";
import { Login } from "./views/login";
import { Patients } from "./views/patients";
import { Patient } from "./views/patient";

export function App() {
  const who = useCell(me);
  const out = useCell(loggedOut);
  const [error, fail] = useState<unknown>(null);
  const [turn, next] = useState(0);
  useEffect(() => {
    fail(null);
    api.get("/me").then(
      (found: Me) => {
        loggedOut.value = false;
        purpose.value = kept(found);
        me.value = found;
        if (found.patient && route.value.name === "patients") go(link(found.patient));
      },
      (e: unknown) => fail(e),
    );
  }, [turn]);
  const again = () => next((n) => n + 1);
  return (
    <>
      <a class="skip" href="#main" onClick={skip}>Skip to the content</a>
      <Top />
      <Offline />
      <main id="main" class="body" tabIndex={-1}>
        {out ? <Login again={again} />
          : error ? <Trouble error={error} again={again} />
            : who ? <View /> : <Loading what="the page" />}
      </main>
      {who ? <footer class="foot"><span>{who.disclaimer}</span><span>bodytwin {who.version}</span><span>All times in UTC</span></footer> : null}
      <div class="unseen" role="status" aria-live="polite"><Spoken /></div>
    </>
  );
}

function View() {
  const here = useCell(route);
  const first = useRef(true);
  const place = `${here.name}/${here.patient}`;
  useEffect(() => {
    if (!first.current) document.getElementById("main")?.focus({ preventScroll: true });
    first.current = false;
    scrollTo(0, 0);
  }, [place]);
  if (here.name === "patients") return <Patients />;
  if (here.name === "patient") return <Patient key={here.patient} patient={here.patient} tab={here.tab} />;
  return <Empty icon="search" title="There is no such page"><p><a href="#/patients">All patients</a></p></Empty>;
}

function Offline() {
  const there = useCell(online);
  if (there) return null;
  return <div class="offline" role="alert"><Icon name="warning" /> No connection. What you see may be old; changes cannot be saved.</div>;
}

function Spoken() {
  return <>{useCell(announcement)}</>;
}

function skip(event: Event): void {
  event.preventDefault();
  document.getElementById("main")?.focus();
}

const KEY = "bodytwin.purpose";

function kept(found: Me): string {
  try {
    const chosen = sessionStorage.getItem(KEY);
    if (chosen && found.purposes.some((p) => p.code === chosen)) return chosen;
  } catch {
    // No storage: the server's own choice holds.
  }
  return found.purpose;
}

purpose.watch((code) => {
  try {
    sessionStorage.setItem(KEY, code);
  } catch {
    // As long as the page, then.
  }
});
