/** Told before it is too late: a phone without room keeps nothing. */
import { useEffect } from "preact/hooks";
import { Icon } from "./icons";
import { LOW, lookForRoom, space } from "./room";
import { full, number, t } from "./state";

export function LowSpace() {
  useEffect(() => void lookForRoom(), []);
  const free = space.value.free;
  if (full.value) return <p class="note-info doubt" role="status" data-testid="no-space"><Icon name="alert" size={22} /><span>{t("phone.space.full")}</span></p>;
  if (free === undefined || free > LOW) return null;
  return <p class="note-info doubt" role="status" data-testid="low-space"><Icon name="alert" size={22} /><span>{t("phone.space.low", { n: number(Math.floor(free / 1e6)) })}</span></p>;
}
