/** What choosing a PIN does: it ends an enrolment, moves rows that lay open, or replaces the PIN. Loaded with its screen. */

import { addVault, changePin, newVault } from "../core/pin";
import { keepSession } from "../core/session";
import { openVault, type Tried } from "../core/vault";
import { all, begin, enter, joining, moving, refresh, unlock, welcome } from "./lock";
import { openAccount, phoneStore, session, vault } from "./state";

export async function moveUnder(pin: string | undefined): Promise<void> {
  await (await import("../core/move")).move(phoneStore(), pin);
  moving.value = false;
  await refresh();
  if (pin !== undefined) await unlock(undefined, pin);
  else await begin();
}

/** Ends an enrolment: a vault of its own under this PIN (undefined: none, where the ward lets it). */
export async function settle(pin: string | undefined): Promise<void> {
  const fresh = joining.value;
  if (!fresh) return;
  const { vault: made, key } = await newVault(fresh.session, pin);
  const store = await openVault(made, key);
  await store.write([keepSession(fresh.session)]);
  store.close();
  await addVault(phoneStore(), made, true);
  joining.value = undefined;
  await refresh();
  session.value = undefined; // whoever was open is no longer
  if (await openAccount(key)) await enter();
  welcome();
}

export async function newPin(old: string, next: string | undefined): Promise<Tried> {
  const tried = await changePin(phoneStore(), vault.value!.id, old, next, Date.now);
  await refresh();
  vault.value = all.value.find((v) => v.id === vault.value?.id);
  return tried;
}
