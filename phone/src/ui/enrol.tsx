/** The first screen: a code from the ward makes this phone the reporter's. */
import { useEffect, useRef, useState } from "preact/hooks";
import { enrol, platform } from "../core/enrol";
import { sessionOf } from "../core/session";
import { isFull } from "../core/store";
import { Fault, Heading, LangSwitch } from "./parts";
import { Icon } from "./icons";
import { granted, pending } from "./lock";
import { go } from "./route";
import { lang, phoneStore, session, t, vault } from "./state";
import type { Refused } from "../core/enrol";

/** A code serves once: whether this phone can keep what it brings is tried before it is used up. */
async function tryRoom(): Promise<void> {
  const at = { shelf: "kv", key: "room" } as const;
  await phoneStore().write([{ ...at, value: new ArrayBuffer(16_384) }]);
  await phoneStore().write([{ ...at, drop: true }]);
}

async function join(code: string, word: string): Promise<Refused | undefined> {
  await tryRoom();
  const answer = await enrol(code, platform(navigator.userAgent), word);
  if (!("token" in answer)) return answer;
  pending.value = "";
  await granted(sessionOf(answer, Date.now()), answer.pin ?? "required");
  return undefined;
}

/** `other`: a code for another account, beside the notebook that is open. */
export function EnrolScreen({ id }: { id?: string }) {
  const [code, setCode] = useState(pending.value);
  const [word, setWord] = useState("");
  const [busy, setBusy] = useState(false);
  const [fault, setFault] = useState<Refused>();
  // only printed codes have a word, and only the server knows which code is one
  const [sheet, setSheet] = useState(false);
  const other = id === "other";
  const field = useRef<HTMLInputElement>(null);
  const digits = useRef<HTMLInputElement>(null);
  useEffect(() => { if (sheet) digits.current?.focus(); }, [sheet]);
  useEffect(() => { if (pending.value) setCode(pending.value); }, [pending.value]);
  const submit = async (event: Event): Promise<void> => {
    event.preventDefault();
    if (busy) return;
    const wrong = code.trim() ? undefined : { code: "empty" };
    setFault(wrong);
    if (!wrong) {
      setBusy(true);
      const refused = await join(code, word.trim()).catch((error: unknown): Refused => ({ code: isFull(error) ? "full" : "disk" }));
      setFault(refused);
      setBusy(false);
      if (refused?.code === "code_word") return setSheet(true);
    }
    field.current?.focus();
  };
  return (
    <form class="enrol" onSubmit={(e) => void submit(e)} noValidate>
      <div class="enrol-head">
        <img src={`${import.meta.env.BASE_URL}icon.svg`} width="72" height="72" alt="" />
        <LangSwitch />
      </div>
      <Heading title={t(!session.value ? "phone.enrol.title" : other ? "phone.pin.add" : "phone.enrol.again_title")} />
      <p class="lead">{t(!session.value ? "phone.enrol.text" : other ? "phone.enrol.other_text" : "phone.enrol.again_text")}</p>
      <div class={fault ? "field wrong" : "field"}>
        <label for="code">{t("phone.enrol.label")}</label>
        <p class="hint" id="code-hint">{t("phone.enrol.hint")}</p>
        {fault && <p class="fault" id="code-fault" role="alert" data-testid="enrol-error"><Why fault={fault} /></p>}
        <input id="code" ref={field} class="code" value={code} onInput={(e) => setCode(e.currentTarget.value)} autocomplete="one-time-code"
          autocapitalize="characters" autocorrect="off" spellcheck={false} aria-describedby={fault ? "code-fault" : "code-hint"}
          aria-invalid={fault !== undefined} data-testid="enrol-code" />
      </div>
      {sheet && (
        <div class="field">
          <label for="word">{t("phone.enrol.word")}</label>
          <p class="hint" id="word-hint">{t("phone.enrol.word_hint")}</p>
          <input id="word" ref={digits} class="code" inputMode="numeric" maxLength={4} value={word} onInput={(e) => setWord(e.currentTarget.value)}
            autocomplete="off" aria-describedby="word-hint" data-testid="enrol-word" />
        </div>
      )}
      <button type="submit" class="button main" disabled={busy} data-testid="enrol-submit">
        <Icon name="phone" />{busy ? t("phone.enrol.busy") : t("phone.enrol.button")}
      </button>
      {vault.value && <button type="button" class="button" onClick={() => go("")}>{t("phone.enrol.not_now")}</button>}
      <a class="link" href="#/about">{t("phone.about.link")}</a>
    </form>
  );
}

function Why({ fault }: { fault: Refused }) {
  const own = fault.problem;
  if (own?.sentence) return <><strong>{own.sentence[lang.value]}</strong><span>{own.remedy?.[lang.value]}</span></>;
  if (["empty", "offline", "captive", "disk", "full"].includes(fault.code)) return <strong>{t(`phone.enrol.fault.${fault.code}`)}</strong>;
  return <Fault code={fault.code} {...(own ? { values: own as unknown as Record<string, string | number> } : {})} />;
}
