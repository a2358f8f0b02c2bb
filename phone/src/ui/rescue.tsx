/** Unsent work as one file, by share sheet or download; and carrying the file of another phone. Loaded when asked for. */
import { useEffect, useState } from "preact/hooks";
import { dayOf } from "../core/days";
import { carry, rescueFile, type Carried, type RescueFile } from "../core/rescue";
import { postFrom } from "../core/world";
import { Icon } from "./icons";
import { sealUp } from "./live";
import { BackTop } from "./parts";
import { go } from "./route";
import { announce, hasAccount, number, phoneStore, photos, session, t, vault } from "./state";

export function RescueScreen() {
  const [made, setMade] = useState<RescueFile>();
  const at = vault.value;
  useEffect(() => {
    if (at) void sealUp().then(() => rescueFile(at, hasAccount() ? photos.value : undefined)).then(setMade);
  }, [at?.id]);
  return (
    <>
      <BackTop title={t("phone.rescue.title")} />
      <p class="lead">{t("phone.rescue.text")}</p>
      {made && made.items > 0 && <Give made={made} />}
      {made && made.open > 0 && <p class="note-info doubt" data-testid="rescue-open"><Icon name="alert" size={24} /><span>{t("phone.rescue.open", { n: made.open })}</span></p>}
      {made && !made.items && !made.open && <p class="note-info" data-testid="rescue-none"><Icon name="check" size={24} /><span>{t("phone.rescue.none")}</span></p>}
      {hasAccount() && <Carry />}
      {!hasAccount() && <button type="button" class="button" onClick={() => go("")}>{t("phone.rescue.back")}</button>}
    </>
  );
}

function Give({ made }: { made: RescueFile }) {
  const name = `sotay-${dayOf(Date.now())}.txt`;
  const file = new File([made.blob], name, { type: "text/plain" });
  const [url, setUrl] = useState<string>();
  useEffect(() => {
    const link = URL.createObjectURL(made.blob);
    setUrl(link);
    return () => URL.revokeObjectURL(link);
  }, [made]);
  const shares = navigator.canShare?.({ files: [file] }) === true;
  const share = async (): Promise<void> => {
    await navigator.share({ files: [file] }).catch(() => undefined); // closed without choosing
  };
  return (
    <section class="paper">
      <strong data-testid="rescue-holds">{[...(["notes", "photos", "more"] as const).filter((what) => made[what]).map((what) => t(`phone.rescue.${what}`, { n: made[what] })), t("phone.rescue.size", { size: number(Math.max(made.blob.size / 1e6, 0.1), 1) })].join(", ")}</strong>
      {shares && <button type="button" class="button main" onClick={() => void share()} data-testid="rescue-share"><Icon name="send" />{t("phone.rescue.share")}</button>}
      {url && <a class={shares ? "button" : "button main"} href={url} download={name} data-testid="rescue-save">{t("phone.rescue.save")}</a>}
      <p class="hint">{t("phone.rescue.how")}</p>
    </section>
  );
}

/** This phone hands on what another one could not send. */
function Carry() {
  const [busy, setBusy] = useState<number>();
  const [done, setDone] = useState<Carried>();
  const pick = async (file: File | undefined): Promise<void> => {
    if (!file || busy !== undefined) return;
    setBusy(0);
    const now = session.value;
    const post = postFrom(phoneStore());
    const end = now && (await carry(file, now.push_token ?? now.token, post, setBusy).catch(() => undefined));
    setDone(end ?? { taken: 0, refused: {}, end: "held", up: 0, down: 0 });
    setBusy(undefined);
    if (end?.up) await post.tell?.(vault.value?.id ?? "", { at: Date.now(), rows: 0, photos: 0, up: end.up, down: end.down }).catch(() => undefined);
    if (end?.end === "done" && end.taken && !Object.keys(end.refused).length) announce(t("phone.rescue.carried"));
  };
  const refused = done ? Object.values(done.refused).reduce((n, m) => n + m, 0) : 0;
  return (
    <section class="field">
      <label for="carry">{t("phone.rescue.carry")}</label>
      <p class="hint">{t("phone.rescue.carry_text")}</p>
      <input id="carry" type="file" accept=".txt,text/plain" disabled={busy !== undefined} onChange={(e) => void pick(e.currentTarget.files?.[0])} data-testid="carry" />
      {busy !== undefined && <p role="status">{t("phone.rescue.carrying", { n: number(Math.round(busy * 100)) })}</p>}
      {done && (
        <p class={done.end === "done" && !refused ? "note-info" : "note-info doubt"} role="status" data-testid="carry-end">
          {done.end === "not_one" ? t("phone.rescue.not_one") : `${t("phone.rescue.taken", { n: done.taken })}${refused ? ` ${t("phone.rescue.refused", { n: refused })}` : ""}${done.end === "done" ? "" : ` ${t("phone.rescue.again")}`}`}
        </p>
      )}
    </section>
  );
}
