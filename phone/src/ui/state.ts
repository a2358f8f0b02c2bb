/** What the screens show: signals filled from the store. Nothing is shown as done before it is on disk. */

import { computed, signal } from "@preact/signals";
import { atWard, mood, type Marked, type Mood } from "../core/custody";
import type { World } from "../core/sender";
import { currentSession, language } from "../core/session";
import { isFull, openStore, type Store } from "../core/store";
import { amendVault, currentVault, facts, openKey, openVault } from "../core/vault";
import type {
  Answer, Area, Door, Draft, Exchange, Hold, Lang, LastSync, LocalNote, LocalPhoto, Message, Notice, OutRow, Place, Session, Topic, Used, Vault,
} from "../core/types";
import { loadWords, number as show, say } from "../core/words";

export const lang = signal<Lang>("vi");
export const session = signal<Session | undefined>(undefined);
/** The account this phone works for, as much as may be known of it while it is locked. */
export const vault = signal<Vault | undefined>(undefined);
/** Which notebook is open, or about to be: what belongs to the one before ends here. */
export const book = computed(() => vault.value?.id);
export const notes = signal<LocalNote[]>([]);
export const photos = signal<LocalPhoto[]>([]);
export const drafts = signal<Draft[]>([]);
export const areas = signal<ReadonlyMap<string, Area>>(new Map());
export const topics = signal<ReadonlyMap<string, Topic>>(new Map());
export const places = signal<Place[]>([]);
export const doors = signal<Door[]>([]);
export const answers = signal<Answer[]>([]);
export const notices = signal<Notice[]>([]);
export const messages = signal<Message[]>([]);
export const outbox = signal<OutRow[]>([]);
export const log = signal<Exchange[]>([]);
export const used = signal<Used | undefined>(undefined);
export const settings = signal<Record<string, unknown>[]>([]);
export const marked = signal<Marked>({});
/** Version of each answer and notice already opened here. */
export const seen = signal<Record<string, number>>({});
export const last = signal<LastSync | undefined>(undefined);
export const hold = signal<Hold | undefined>(undefined);
export const wifiOnly = signal(false);
export const online = signal(typeof navigator === "undefined" || navigator.onLine);
export const sending = signal(false);
/** A write was refused for want of room; false again once one went through. What the browser tells of its room is an estimate. */
export const full = signal(false);
/** Why something could not be kept. */
export type Trouble = "full" | "disk";
export const troubleOf = (error: unknown): Trouble => ((full.value = isFull(error)) ? "full" : "disk");
export const toast = signal<{ text: string; bad: boolean } | undefined>(undefined);

export const t = (key: string, values?: Record<string, string | number>): string => say(lang.value, key, values);

export const number = (n: number, digits = 0): string => show(lang.value, n, digits);

const none: LocalPhoto[] = [];
const byNote = computed(() => {
  const groups = new Map<string, LocalPhoto[]>();
  for (const photo of photos.value) if (photo.phase !== "draft") groups.set(photo.note, [...(groups.get(photo.note) ?? none), photo]);
  return groups;
});
export const photosOf = (note: string): LocalPhoto[] => byNote.value.get(note) ?? none;
const moods = computed(() => new Map(notes.value.map((n) => [n.id, mood(n, photosOf(n.id))])));
export const moodOf = (note: LocalNote): Mood => moods.value.get(note.id) ?? "waiting";
export const anyRefused = computed(() => [...moods.value.values()].includes("refused"));
export const waitingCount = computed(() => [...moods.value.values()].filter((m) => m === "waiting" || m === "refused").length);
export const wardCount = computed(() => notes.value.length - waitingCount.value);
export const waitingBytes = computed(() => photos.value.filter((p) => p.bytes && p.phase !== "draft" && !atWard(p)).reduce((n, p) => n + p.size - p.offset, 0));
export const unread = computed(
  () => answers.value.filter((a) => (seen.value[a.id] ?? 0) < a.version).length + notices.value.filter((n) => !seen.value[n.id]).length,
);

let phone: Store;
let store: Store | undefined;
export const phoneStore = (): Store => phone;
export function accountStore(): Store {
  if (!store) throw new Error("no account");
  return store;
}
/** The open account's store, as set by `openAccount`. */
export const useStore = (next: Store | undefined): void => void (store = next);
export const hasAccount = (): boolean => store !== undefined;
export let world: World | undefined;
export const setWorld = (next: World | undefined): void => void (world = next);

export async function openPhone(): Promise<void> {
  phone = await openStore();
  await speak(await language(phone), false).catch((error: unknown) => console.error(error)); // not here, and no network: Vietnamese is
  wifiOnly.value = (await phone.get("kv", "wifiOnly")) === true;
}

/** Opens the current account: with this key, or by itself where it has no PIN. False: it is locked, or there is none. */
export async function openAccount(key?: CryptoKey): Promise<boolean> {
  const at = (vault.value = await currentVault(phone));
  const found = key ?? (at && (await openKey(at)));
  store?.close();
  store = at && found && (await openVault(at, found));
  cursors = "";
  const next = store && (await currentSession(store));
  if (!store || !next) return false;
  if (at && next.device !== at.device) await amendVault(phone, at.id, facts(next)); // enrolled again, and cut off in between
  await reload();
  session.value = next;
  return true;
}

export async function speak(next: Lang, keep = true): Promise<void> {
  await loadWords(next);
  document.documentElement.lang = next;
  lang.value = next;
  if (keep) await phone.write([{ shelf: "kv", key: "lang", value: next }]);
}

/** The writer asks for another language. */
export const choose = (next: Lang): Promise<void> =>
  speak(next).catch((error: unknown) => complain(lang.value === next ? troubleOf(error) : "offline"));

/** By day; on one day the question stands before its reply. */
const inTalk = (a: Message, b: Message): number => ((a.at ?? "") < (b.at ?? "") ? -1 : (a.at ?? "") > (b.at ?? "") ? 1 : Number(b.office ?? false) - Number(a.office ?? false));

let cursors = "";

/** Reads again what may have changed; the documents only when a pull brought some. */
export async function reload(): Promise<void> {
  const from = store;
  if (!from) return;
  const [n, p, d, o, ms, mk, sn, ls, hd, lg, us, cps] = await Promise.all([
    from.all("notes"), from.all("photos"), from.all("drafts"), from.all("outbox"), from.all("docs", "messages/"), from.get("kv", "marked"), from.get("kv", "seen"),
    from.get("kv", "last"), from.get("kv", "hold"), from.get("kv", "log"), from.get("kv", "used"), from.get("kv", "cps"),
  ]);
  if (from !== store) return;
  const begun = (note: LocalNote): number => note.receipts.saved ?? note.receipts.taken ?? 0;
  notes.value = n.sort((a, b) => begun(b) - begun(a));
  photos.value = p;
  drafts.value = d.sort((a, b) => b.at - a.at);
  outbox.value = o;
  messages.value = ms.map((row) => row.doc as Message).sort(inTalk);
  log.value = (lg as Exchange[] | undefined) ?? [];
  used.value = us as Used | undefined;
  marked.value = (mk as Marked | undefined) ?? {};
  seen.value = (sn as Record<string, number> | undefined) ?? {};
  last.value = ls as LastSync | undefined;
  hold.value = hd as Hold | undefined;
  const now = JSON.stringify(cps ?? {});
  if (now !== cursors) await reloadDocs(from, now);
}

async function reloadDocs(from: Store, now: string): Promise<void> {
  const docs = async <T>(name: string): Promise<T[]> => (await from.all("docs", `${name}/`)).map((row) => row.doc as T);
  const [a, tp, pl, dr, an, no, st] = await Promise.all([
    docs<Area>("areas"), docs<Topic>("topics"), docs<Place>("places"), docs<Door>("doors"),
    docs<Answer>("answers"), docs<Notice>("notices"), docs<Record<string, unknown>>("settings"),
  ]);
  areas.value = new Map(a.map((x) => [x.code, x]));
  topics.value = new Map(tp.map((x) => [x.code, x]));
  places.value = pl.sort((x, y) => x.name.localeCompare(y.name, "vi"));
  doors.value = dr;
  answers.value = an.sort((x, y) => (x.published_at < y.published_at ? 1 : -1));
  notices.value = no.sort((x, y) => (x.from < y.from ? 1 : -1));
  settings.value = st;
  cursors = now;
}

export const topicName = (code: string): string => topics.value.get(code)?.name[lang.value] ?? code;
export const areaName = (code: string): string => areas.value.get(code)?.name ?? code;

let timer: ReturnType<typeof setTimeout> | undefined;
/** `bad`: it did not work, and why. */
export function announce(text: string, bad = false): void {
  toast.value = { text, bad };
  clearTimeout(timer);
  timer = setTimeout(() => (toast.value = undefined), bad ? 8_000 : 3_500);
}
export const complain = (why: Trouble | "offline" = "disk"): void => announce(t(`phone.enrol.fault.${why}`), true);
