// Where the reader is in a list, kept while the list changes under the hands.

export const items = (): HTMLElement[] =>
  [...document.querySelectorAll<HTMLElement>("[data-keys=list] > *")];

export const current = (): HTMLElement | undefined =>
  document.querySelector<HTMLElement>("[data-keys=list] > [data-at]") ?? undefined;

export function stand(item: HTMLElement | undefined): void {
  current()?.removeAttribute("data-at");
  if (!item) return;
  item.setAttribute("data-at", "");
  item.scrollIntoView({ block: "nearest" });
}

/** Down or up; what another reader has open is passed over. */
export function step(by: 1 | -1): void {
  const all = items();
  const from = all.indexOf(current() as HTMLElement);
  let at = from < 0 ? (by > 0 ? 0 : all.length - 1) : from + by;
  while (all[at]?.hasAttribute("data-held")) at += by;
  if (all[at]) stand(all[at]);
}

/** What a person has ticked or typed, by form and name, so that it outlives a new list. */
type Kept = { at: number; id: string; focus: string; values: Map<string, string | boolean> };

const name = (field: Element): string => {
  const input = field as HTMLInputElement;
  const form = input.form;
  const tick = input.type === "checkbox" ? input.value.split(":")[0] : "";
  return `${form?.id || form?.getAttribute("action")} ${input.name} ${tick}`;
};

const fields = (): (HTMLInputElement | HTMLTextAreaElement | HTMLSelectElement)[] =>
  [...document.querySelectorAll<HTMLInputElement>("main form :is(input:not([type=hidden]), textarea, select)")];

export function keep(): Kept {
  const values = new Map<string, string | boolean>();
  for (const field of fields()) {
    if (field instanceof HTMLInputElement && field.type === "checkbox") {
      if (field.checked !== field.defaultChecked) values.set(name(field), field.checked);
    } else if (field instanceof HTMLSelectElement) {
      if (![...field.options].some((one) => one.selected && one.defaultSelected) && field.selectedIndex > 0) values.set(name(field), field.value);
    } else if (field.value !== field.defaultValue) values.set(name(field), field.value);
  }
  const focus = document.activeElement;
  const here = current();
  return {
    at: here ? items().indexOf(here) : -1,
    id: here?.id ?? "",
    focus: focus && "form" in focus ? name(focus) : "",
    values,
  };
}

export function restore(kept: Kept): void {
  for (const field of fields()) {
    const value = kept.values.get(name(field));
    if (value !== undefined) {
      if (typeof value === "boolean") (field as HTMLInputElement).checked = value;
      else if (!(field instanceof HTMLSelectElement) || [...field.options].some((one) => one.value === value)) field.value = value;
    }
    if (kept.focus && name(field) === kept.focus) field.focus({ preventScroll: true });
  }
  if (kept.at >= 0) stand((kept.id && document.getElementById(kept.id)) || items()[Math.min(kept.at, items().length - 1)]);
}
