// Keys: each presses what the page marks with `data-key`, in the current row first, then anywhere outside the list.

import { current, items, stand, step } from "./place";

const AFTER = "sotay-then"; // a key that is meant for the page that opens

function find(key: string): HTMLElement | null {
  const mark = `[data-key="${key}"]`;
  const row = current();
  return (
    row?.querySelector<HTMLElement>(mark) ??
    [...document.querySelectorAll<HTMLElement>(`main ${mark}`)].find((one) => !one.closest("[data-keys=list]")) ??
    null
  );
}

function press(key: string): boolean {
  if (key === "g") tickCurrent();
  const found = find(key);
  if (!found) {
    const open = "rqt".includes(key) && find("o");
    if (!open) return false;
    sessionStorage.setItem(AFTER, key);
    open.click();
    return true;
  }
  if (found instanceof HTMLDetailsElement) {
    found.open = true;
    found.querySelector<HTMLElement>("textarea, select, input:not([type=hidden])")?.focus();
  } else if (found.matches("select, input:not([type=checkbox]), textarea")) found.focus();
  else found.click();
  return true;
}

/** With nothing ticked, the current row is meant; its suggestion is chosen in the bar. */
function tickCurrent(): void {
  const row = current();
  const tick = row?.querySelector<HTMLInputElement>("input[name=pick]");
  if (!row || !tick || row.matches("form") || document.querySelector("input[name=pick]:checked")) return;
  tick.checked = true;
  const near = row.querySelector('[data-key="m"]')?.getAttribute("formaction")?.match(/into=(\d+)/)?.[1];
  const into = document.querySelector<HTMLSelectElement>("[data-keep] select[name=into]");
  if (near && into) into.value = near;
}

function help(): void {
  const dialog = document.querySelector<HTMLDialogElement>("#keys");
  if (!dialog) return;
  dialog.hidden = false;
  dialog.showModal();
}

export function keys(): void {
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.altKey || event.metaKey || event.isComposing) return;
    const target = event.target as HTMLElement;
    if (event.key === "Escape" && target.matches("input, select, textarea")) return target.blur();
    if (target.matches("input:not([type=checkbox]), select, textarea") || document.querySelector("dialog[open]")) return;
    if (event.key === "j" || event.key === "k") step(event.key === "j" ? 1 : -1);
    else if (event.key === "?") help();
    else if (!/^[a-z]$/.test(event.key) || !press(event.key)) return;
    event.preventDefault();
  });
  document.addEventListener("focusin", (event) => {
    const row = (event.target as HTMLElement).closest<HTMLElement>("[data-keys=list] > *");
    if (row && items().includes(row)) stand(row);
  });
  const then = sessionStorage.getItem(AFTER);
  sessionStorage.removeItem(AFTER);
  if (then) press(then);
}
