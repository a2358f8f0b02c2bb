// News: the server says that something changed, the page asks anew. Only a page that is looked at listens, so that many
// tabs do not use up the browser's connections.

import { show } from "./acts";
import { items } from "./place";

const LIVE = { "sotay-live": "1" }; // asked by itself: does not keep a sign-in alive
const PAUSE = 2_000; // between two looks
const HOLD = 60_000; // how often an open note says that it is open

let source: EventSource | undefined;
let timer: number | undefined;
let last = 0;

/** A page of one note or issue is not shown anew under the hands: it says that there is news. */
const one = (): boolean => main().dataset["rev"] !== undefined;
const main = (): HTMLElement => document.querySelector("main")!;

function say(which: "news" | "paused" | "", wait = false): void {
  const news = document.querySelector<HTMLElement>(".news");
  if (!news) return;
  news.textContent = which ? (news.dataset[which] ?? "") : "";
  news.classList.toggle("wait", wait);
}

async function look(): Promise<void> {
  timer = undefined;
  last = Date.now();
  if (document.querySelector("dialog[open]")) return soon();
  const answer = await fetch(location.href, { headers: LIVE });
  if (!answer.ok || answer.redirected) return; // signed out, or gone: the next act says so
  if (!one()) {
    const before = new Set(items().map((item) => item.id));
    await show(answer, false);
    return say(items().some((item) => !before.has(item.id)) ? "news" : "");
  }
  const now = new DOMParser().parseFromString(await answer.text(), "text/html").querySelector("main");
  if (now?.dataset["rev"] !== main().dataset["rev"]) say("news", true);
}

function soon(): void {
  timer ??= window.setTimeout(() => void look().catch(() => say("paused", true)), Math.max(150, last + PAUSE - Date.now()));
}

function listen(): void {
  if (source || document.hidden) return;
  source = new EventSource("/panel/live");
  source.addEventListener("news", soon);
  source.onerror = () => say("paused", true);
  source.onopen = () => { if (document.querySelector(".news.wait") && !one()) { say(""); soon(); } };
}

function hold(): void {
  const to = main().dataset["hold"];
  const token = document.querySelector<HTMLInputElement>("input[name=csrf]")?.value;
  if (!to || !token || document.hidden) return;
  void fetch(to, { method: "POST", headers: LIVE, body: new URLSearchParams({ csrf: token }) }).catch(() => undefined);
}

export function live(): void {
  if (!main().dataset["live"]) return;
  listen();
  window.setInterval(hold, HOLD);
  document.addEventListener("visibilitychange", () => {
    if (document.hidden) {
      source?.close();
      source = undefined;
    } else {
      listen();
      soon();
    }
  });
}
