/** Locking and opening: by PIN, by the button, and by itself once the app was out of sight for five minutes. */

import { signal } from "@preact/signals";
import { keepSession, renumbered, type PinRule } from "../core/session";
import { amendVault, currentId, facts, loadArgon, openVault, setCurrent, tryPin, vaults, type Tried } from "../core/vault";
import type { Store } from "../core/store";
import type { Session, Vault } from "../core/types";
import { onDisk } from "./draft";
import { fetchRest, joinAccount, kick, sealUp } from "./live";
import { swap } from "./route";
import { accountStore, announce, hasAccount, openAccount, phoneStore, session, settings, t, vault } from "./state";

export const AFTER_HIDDEN = 5 * 60_000;
const LAST_WRITES = 5_000;
const CHANNEL = "sotay-lock";

/** Accounts from before there was a lock wait for their PIN. */
export const moving = signal(false);
/** An enrolment the server has granted; it waits for the PIN it will lie under. */
export const joining = signal<{ session: Session; rule: PinRule; apart?: true } | undefined>(undefined);
/** A code that came by link. */
export const pending = signal("");
export const all = signal<Vault[]>([]);

export const refresh = async (): Promise<void> => void (all.value = await vaults(phoneStore()));

/** May rows lie here from before there was a lock (`core/move.ts`)? Unknown where the browser does not name its databases. */
const older = async (): Promise<boolean> => (await indexedDB.databases?.())?.some(({ name }) => name === "sotay") ?? true;

/** At the start: what is there, and does it open by itself? */
export async function begin(): Promise<void> {
  const phone = phoneStore();
  moving.value = (await older()) && !(await phone.get("kv", "moved")) && (await (await import("../core/move")).mustMove(phone));
  await refresh();
  if (!moving.value && (await openAccount())) await enter();
}

/** The account is open: back to the note that was being written, and send. */
export async function enter(): Promise<void> {
  const at = !location.hash.startsWith("#/") || location.hash === "#/" ? await accountStore().get("kv", "open") : undefined;
  if (typeof at === "string" && (await accountStore().get("drafts", at))) swap(`write/${at}`);
  joinAccount();
  void sealUp();
  void kick(true).then(sealUp); // under a new key, should the ward have one
}

/** One try to open an account (the current one if none is named). */
export async function unlock(which: Vault | undefined, pin: string): Promise<Tried> {
  const phone = phoneStore();
  if (which) await setCurrent(phone, which);
  const id = which?.id ?? (await currentId(phone))!;
  await loadArgon(); // before the try is counted
  const tried = await tryPin(phone, id, pin, Date.now);
  if (tried.end !== "open") return tried;
  const fresh = joining.value;
  if (fresh && which) {
    const store = await openVault(which, tried.key);
    await rejoin(which, store, fresh.session);
    store.close();
  }
  joining.value = undefined;
  if (await openAccount(tried.key)) await enter();
  return tried;
}

/** The same account with a new token: everything stays, what is unsent is numbered anew. */
async function rejoin(at: Vault, store: Store, next: Session): Promise<void> {
  await store.edit(async () => ({ changes: [...renumbered(await store.all("notes"), await store.all("outbox")), keepSession(next)], result: undefined }));
  await amendVault(phoneStore(), at.id, { ...facts(next), revoked: false });
}

/** What the server granted meets what is on this phone. */
export async function granted(next: Session, rule: PinRule): Promise<void> {
  fetchRest();
  if (session.value?.account === next.account) {
    await rejoin(vault.value!, accountStore(), next);
    session.value = next;
    swap("");
    joinAccount();
    welcome();
  } else {
    joining.value = { session: next, rule };
    swap("");
  }
}

export function welcome(): void {
  announce(t("phone.enrol.done"));
  void kick(true);
}

/** A vault for this account that is on the phone already, but not open. */
export const heldFor = (next: Session): Vault | undefined => all.value.find((v) => v.account === next.account);

/** What the ward says about PINs, as last heard; until then, that they must be. */
export const pinRule = (): PinRule | undefined => {
  const limits = settings.value.find((s) => s["id"] === "limits");
  return limits && (limits["pin"] === "optional" ? "optional" : "required");
};
export const hasPin = (): boolean => vault.value?.lock.by === "pin";

/** Locks this account on every tab. Nothing is seen from here on; what is on its way to the disk has a moment to get there, then
 * the page begins anew, so that nothing of it stays in memory. */
export function lock(): void {
  channel?.postMessage("lock");
  leave();
}

function leave(): void {
  document.documentElement.hidden = true;
  void Promise.race([onDisk(), new Promise((end) => setTimeout(end, LAST_WRITES))]).finally(() => location.reload());
}

/** Another tab brought a new version, whose parts do not fit this page: it begins anew once nothing is lost by it. */
export function renew(): void {
  void onDisk().then(() => (joining.value ? setTimeout(renew, 1_000) : location.reload())); // what a code has brought lies in memory only
}

export async function switchTo(other: Vault): Promise<void> {
  await setCurrent(phoneStore(), other);
  leave();
}

let channel: BroadcastChannel | undefined;

/** Out of sight for five minutes, also when the browser slept meanwhile: locked before anything is shown. */
export function watch(): void {
  channel = typeof BroadcastChannel === "undefined" ? undefined : new BroadcastChannel(CHANNEL);
  channel?.addEventListener("message", () => hasAccount() && hasPin() && leave());
  let hidden: number | undefined;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const due = (): boolean => hasAccount() && hasPin() && hidden !== undefined && Math.abs(Date.now() - hidden) >= AFTER_HIDDEN;
  document.addEventListener("visibilitychange", () => {
    clearTimeout(timer);
    if (document.visibilityState === "hidden") {
      hidden = Date.now();
      timer = setTimeout(() => due() && leave(), AFTER_HIDDEN);
    } else {
      if (due()) leave();
      hidden = undefined;
    }
  });
}
