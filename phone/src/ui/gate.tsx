import { ChooseScreen } from "./choose";
import { heldFor, joining, moving } from "./lock";
import { LockScreen } from "./pin";
import { vault } from "./state";

/** What stands before the app, or nothing. */
export function gate(route: string) {
  if (moving.value) return <ChooseScreen />;
  if (joining.value) {
    const held = joining.value.apart ? undefined : heldFor(joining.value.session);
    return held ? <LockScreen key={held.id} which={held} /> : <ChooseScreen />;
  }
  return vault.value && route !== "enrol" ? <LockScreen key={vault.value.id} which={vault.value} /> : undefined;
}
