/** What is done after an exchange: sealed copies are made and sent, what has had its time goes. A part of its own: opening the app does not wait for it. */

import { tidied } from "../core/keep";
import { sealQueue } from "../core/seal";
import { deliver } from "../core/sealed";
import { keepSession } from "../core/session";
import type { Store } from "../core/store";
import { amendVault, facts, vaults } from "../core/vault";
import { postFrom } from "../core/world";
import { hasPin, lock } from "./lock";
import { accountStore, hasAccount, hold, phoneStore, session, settings, vault, world } from "./state";

export async function sealUp(): Promise<void> {
  const [now, at] = [session.value, world];
  if (!now || !at || !hasAccount()) return;
  try {
    await sealQueue(at.store, now, at.now());
  } catch (error) {
    console.error(error); // locked meanwhile, or no room: the next occasion tries again
  }
}

/** All notebooks of this phone but the open one deliver what is sealed; an empty one asks nothing of the network. */
export async function deliverSealed(): Promise<void> {
  const phone = phoneStore();
  for (const each of await vaults(phone)) {
    if (each.revoked || !each.push_token || (hasAccount() && each.id === vault.value?.id)) continue;
    const end = await deliver(each, postFrom(phone)).catch((error: unknown) => console.error(error));
    if (end === "revoked") await amendVault(phone, each.id, { revoked: true });
  }
}

/** What has been on this phone long enough goes. */
export async function tidy(store: Store, now: number): Promise<void> {
  await store.edit(async () => ({ changes: await tidied(store, now), result: undefined }));
}

/** After every exchange with the ward: a new public key, or the end of this phone's rights. */
export async function settle(): Promise<void> {
  const [now, at] = [session.value, vault.value];
  if (!now || !at || !hasAccount()) return;
  const key = settings.value.find((s) => s["id"] === "limits")?.["seal_key"];
  if (typeof key === "string" && key !== now.seal_key) {
    session.value = { ...now, seal_key: key };
    await accountStore().write([keepSession(session.value), { shelf: "kv", key: "sealedBy", drop: true }]); // copies are made anew
    await amendVault(phoneStore(), at.id, facts(session.value));
  }
  if (hold.value?.reason !== "revoked" || at.revoked) return;
  await sealUp();
  await amendVault(phoneStore(), at.id, { revoked: true });
  if (hasPin()) lock();
}
