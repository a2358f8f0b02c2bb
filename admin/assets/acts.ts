// Forms of a list are sent without a new page: place, ticks and what is typed elsewhere stay.

import { countDown } from "./undo";
import { keep, restore } from "./place";

/** Shows an answer of the panel: the same page anew, another one by going there. */
export async function show(answer: Response, act: boolean): Promise<void> {
  const url = new URL(answer.url);
  if (act && answer.ok && url.pathname !== location.pathname) return location.assign(answer.url);
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  const main = page.querySelector("main");
  const old = document.querySelector("main");
  if (!main || !old) return location.assign(answer.url);
  const kept = keep();
  if (!act) {
    // what was said, and the way to take it back, stay where they are
    main.querySelector(".said")?.remove();
    const said = old.querySelector(".said");
    if (said) main.prepend(said);
  }
  old.replaceWith(main);
  document.title = page.title;
  restore(kept);
  if (act && answer.ok) history.replaceState(null, "", url.pathname + url.search.replace(/&(said|undo)=[^&]*/g, ""));
  main.querySelector<HTMLElement>("[role=alert]")?.scrollIntoView({ block: "center" });
  countDown();
}

let busy = false;

async function send(form: HTMLFormElement, by: HTMLElement | null): Promise<void> {
  const body = new URLSearchParams();
  for (const [key, value] of new FormData(form, by)) if (typeof value === "string") body.append(key, value);
  const to = by?.getAttribute("formaction") ?? form.getAttribute("action") ?? "";
  try {
    const answer = await fetch(to, { method: "POST", body });
    // a form that was not accepted comes back with what was typed in it; its own fields are not to be put over them
    if (answer.ok) form.reset();
    await show(answer, true);
  } catch {
    form.querySelector("[data-failed]")?.remove();
    const news = document.querySelector<HTMLElement>(".news");
    if (news) { news.textContent = news.dataset["paused"] ?? ""; news.classList.add("wait"); }
  }
}

/** Buttons of one row must not take along, or empty, what was typed for the whole list. */
const own = (by: HTMLElement | null): boolean => by?.hasAttribute("formaction") ?? false;

export function acts(): void {
  document.addEventListener("submit", (event) => {
    const form = event.target as HTMLFormElement;
    const by = event.submitter;
    if (!form.hasAttribute("data-acts") || by?.dataset["key"] === "o") return;
    event.preventDefault();
    if (busy) return;
    busy = true;
    void (own(by) ? sendRow(form, by) : send(form, by)).finally(() => { busy = false; });
  });
}

async function sendRow(form: HTMLFormElement, by: HTMLElement | null): Promise<void> {
  const row = document.createElement("form");
  row.setAttribute("action", by?.getAttribute("formaction") ?? "");
  for (const field of form.querySelectorAll<HTMLInputElement>("input[type=hidden]")) row.append(field.cloneNode());
  await send(row, null);
}
