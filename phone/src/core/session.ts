/** Who this phone works for, as the server said at enrolment. It lies in the account's own database, under its key. */

import type { Change, Store } from "./store";
import type { Lang, LocalNote, OutRow, Session } from "./types";

export async function currentSession(store: Store): Promise<Session | undefined> {
  return (await store.get("kv", "session")) as Session | undefined;
}

export const keepSession = (session: Session): Change => ({ shelf: "kv", key: "session", value: session });

export async function language(phone: Store): Promise<Lang> {
  return (await phone.get("kv", "lang")) === "en" ? "en" : "vi";
}

/** Body of a good answer to `POST /v1/enrol`. */
export interface Enrolled {
  device_id: string; token: string; push_token?: string; seal_key?: string; epoch: string; server_time: string;
  account: { id: string; role: string; kind?: string }; areas: string[]; pin?: PinRule;
}

export function sessionOf(answer: Enrolled, now: number): Session {
  return {
    account: answer.account.id, device: answer.device_id, token: answer.token, role: answer.account.role,
    areas: answer.areas, epoch: answer.epoch, enrolled_at: now,
    ...(answer.account.kind ? { kind: answer.account.kind } : {}),
    ...(answer.push_token ? { push_token: answer.push_token } : {}),
    ...(answer.seal_key ? { seal_key: answer.seal_key } : {}),
  };
}

/** How strict the ward is about the PIN; `required` unless the server said otherwise. */
export type PinRule = "required" | "optional";

/**
 * After enrolling again the device is a new one for the server: unsent rows are numbered anew from 1, in their order;
 * what was taken keeps no number. Nothing unsent is lost.
 */
export function renumbered(notes: readonly LocalNote[], outbox: readonly OutRow[]): Change[] {
  const unsent = outbox.filter((row) => row.seq !== undefined).sort((a, b) => (a.seq ?? 0) - (b.seq ?? 0));
  const numbers = new Map(unsent.map((row, i) => [row.id, i + 1]));
  return [
    ...unsent.map((row): Change => ({ shelf: "outbox", key: `${row.collection}/${row.id}`, value: { ...row, seq: numbers.get(row.id)! } })),
    ...notes.map((note): Change => ({ shelf: "notes", key: note.id, value: { ...note, seq: numbers.get(note.id) ?? 0 } })),
    { shelf: "kv", key: "seq", value: unsent.length },
    { shelf: "kv", key: "hold", drop: true }, { shelf: "kv", key: "areas", drop: true },
  ];
}
