/** The lock before the app: what is asked for, and the PIN that opens. */
import { useEffect, useRef, useState } from "preact/hooks";
import { DIGITS, isPin, loadArgon, waitFor } from "../core/vault";
import type { Vault } from "../core/types";
import { Icon } from "./icons";
import { all, joining, switchTo, unlock } from "./lock";
import { Heading, LangSwitch } from "./parts";
import { go } from "./route";
import { number, t } from "./state";

/** A duration as people say it. */
export function span(ms: number): string {
  const seconds = Math.ceil(ms / 1000);
  return seconds < 90 ? t("phone.pin.seconds", { n: number(seconds) }) : t("phone.pin.minutes", { n: number(Math.ceil(seconds / 60)) });
}

export function Digits({ id, label, value, onInput, fault, disabled, first }: {
  id: string; label: string; value: string; onInput: (pin: string) => void; fault?: string | undefined; disabled?: boolean; first?: boolean;
}) {
  const field = useRef<HTMLInputElement>(null);
  useEffect(() => { if (first) field.current?.focus(); }, [first, disabled]);
  // a password field would offer to keep the PIN in the browser
  return (
    <div class={fault ? "field wrong" : "field"}>
      <label for={id}>{label}</label>
      {fault && <p class="fault" id={`${id}-fault`} role="alert" data-testid="pin-fault">{fault}</p>}
      <input id={id} ref={field} class="pin" type="text" inputMode="numeric" maxLength={DIGITS} autocomplete="off" value={value} disabled={disabled}
        onInput={(e) => onInput(e.currentTarget.value.replace(/\D/g, ""))} aria-invalid={fault !== undefined} {...(fault ? { "aria-describedby": `${id}-fault` } : {})} data-testid={id} />
    </div>
  );
}

/** Counts down to the next try. */
function useWait(first: number): [number, (ms: number) => void] {
  const [until, setUntil] = useState(Date.now() + first);
  const [left, setLeft] = useState(first);
  useEffect(() => {
    setLeft(until - Date.now());
    const timer = setInterval(() => setLeft(until - Date.now()), 500);
    return () => clearInterval(timer);
  }, [until]);
  return [Math.max(0, left), (ms) => setUntil(Date.now() + ms)];
}

export function LockScreen({ which }: { which: Vault }) {
  const [pin, setPin] = useState("");
  const [busy, setBusy] = useState(false);
  const [wrong, setWrong] = useState(false);
  const [broken, setBroken] = useState(false);
  const [left, wait] = useWait(waitFor(which, Date.now()));
  useEffect(() => void loadArgon().catch(() => undefined), []); // while the digits are typed
  const shut = which.revoked && !joining.value; // only the ward opens it again
  const others = all.value.filter((v) => v.id !== which.id);
  const attempt = async (typed: string): Promise<void> => {
    if (busy || !isPin(typed)) return;
    setBusy(true);
    const tried = await unlock(which, typed).catch(() => undefined);
    setPin("");
    setBusy(false);
    setBroken(!tried);
    if (!tried || tried.end === "open") return;
    setWrong(tried.end === "wrong");
    wait(tried.wait);
  };
  const fault = left ? t("phone.pin.wait", { time: span(left) }) : wrong ? t("phone.pin.wrong") : broken ? t("phone.enrol.fault.disk") : undefined;
  return (
    <form class="enrol" data-testid="locked" onSubmit={(e) => { e.preventDefault(); void attempt(pin); }}>
      <div class="enrol-head">
        <img src={`${import.meta.env.BASE_URL}icon.svg`} width="72" height="72" alt="" />
        <LangSwitch />
      </div>
      <Heading title={all.value.length > 1 ? t("phone.pin.open_title_n", { n: which.n }) : t("phone.pin.open_title")} />
      {which.revoked && <div class="strip strip-revoked" data-testid="revoked"><Icon name="alert" size={22} /><span>{t("phone.pin.revoked")}</span></div>}
      {shut ? null : <p class="lead">{t(joining.value ? "phone.pin.open_again" : "phone.pin.open_text")}</p>}
      {!shut && <Digits id="pin" label={t("phone.pin.label")} value={pin} fault={fault} disabled={busy || left > 0} first
        onInput={(typed) => { setPin(typed); setWrong(false); void attempt(typed); }} />}
      {!shut && <button type="submit" class="button main" disabled={busy || left > 0} data-testid="unlock"><Icon name="lock" />{t(busy ? "phone.pin.opening" : "phone.pin.open")}</button>}
      <Rescue />
      {others.map((v) => <button key={v.id} type="button" class="button" onClick={() => void switchTo(v)} data-testid={`vault-${v.n}`}>{t("phone.pin.other", { n: v.n })}</button>)}
      <details class="field" open={shut}>
        <summary>{t(shut ? "phone.pin.new_code" : "phone.pin.forgot")}</summary>
        <p class="hint">{t(shut ? "phone.enrol.again_text" : "phone.pin.forgot_text")}</p>
        {joining.value
          ? <button type="button" class="button" onClick={() => (joining.value = { ...joining.value!, apart: true })} data-testid="pin-apart">{t("phone.pin.apart")}</button>
          : <button type="button" class="button" onClick={() => go("enrol")} data-testid="enrol-again">{t("phone.pin.new_code")}</button>}
      </details>
    </form>
  );
}

/** The way to the rescue file; it needs no PIN. */
export function Rescue() {
  return <a class="button" href="#/rescue" data-testid="rescue"><Icon name="send" />{t("phone.rescue.link")}</a>;
}
