/** The screens of the lock: opening an account, choosing a PIN, changing it. */
import { useEffect, useRef, useState } from "preact/hooks";
import { DIGITS, isPin, isWeak, waitFor, type Tried } from "../core/vault";
import type { Vault } from "../core/types";
import { Icon } from "./icons";
import { all, hasPin, heldFor, joining, moveUnder, moving, newPin, pinRule, settle, switchTo, unlock } from "./lock";
import { BackTop, LangSwitch } from "./parts";
import { back, go } from "./route";
import { announce, number, t, vault } from "./state";

/** A duration as people say it. */
function span(ms: number): string {
  const seconds = Math.ceil(ms / 1000);
  return seconds < 90 ? t("phone.pin.seconds", { n: number(seconds) }) : t("phone.pin.minutes", { n: number(Math.ceil(seconds / 60)) });
}

function Digits({ id, label, value, onInput, fault, disabled, first }: {
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
  const [left, wait] = useWait(waitFor(which, Date.now()));
  const others = all.value.filter((v) => v.id !== which.id);
  const attempt = async (typed: string): Promise<void> => {
    if (busy || !isPin(typed)) return;
    setBusy(true);
    const tried = await unlock(which, typed);
    setPin("");
    setBusy(false);
    if (tried.end === "open") return;
    setWrong(tried.end === "wrong");
    wait(tried.wait);
  };
  const fault = left ? t("phone.pin.wait", { time: span(left) }) : wrong ? t("phone.pin.wrong") : undefined;
  return (
    <form class="enrol" data-testid="locked" onSubmit={(e) => { e.preventDefault(); void attempt(pin); }}>
      <div class="enrol-head">
        <img src={`${import.meta.env.BASE_URL}icon.svg`} width="72" height="72" alt="" />
        <LangSwitch />
      </div>
      <h1>{all.value.length > 1 ? t("phone.pin.open_title_n", { n: which.n }) : t("phone.pin.open_title")}</h1>
      <p class="lead">{t(joining.value ? "phone.pin.open_again" : "phone.pin.open_text")}</p>
      <Digits id="pin" label={t("phone.pin.label")} value={pin} fault={fault} disabled={busy || left > 0} first
        onInput={(typed) => { setPin(typed); setWrong(false); void attempt(typed); }} />
      <button type="submit" class="button main" disabled={busy || left > 0} data-testid="unlock"><Icon name="lock" />{t(busy ? "phone.pin.opening" : "phone.pin.open")}</button>
      {others.map((v) => <button key={v.id} type="button" class="button" onClick={() => void switchTo(v)} data-testid={`vault-${v.n}`}>{t("phone.pin.other", { n: v.n })}</button>)}
      <details class="field">
        <summary>{t("phone.pin.forgot")}</summary>
        <p class="hint">{t("phone.pin.forgot_text")}</p>
        {joining.value
          ? <button type="button" class="button" onClick={() => (joining.value = { ...joining.value!, apart: true })} data-testid="pin-apart">{t("phone.pin.apart")}</button>
          : <button type="button" class="button" onClick={() => go("enrol")} data-testid="enrol-again">{t("phone.pin.new_code")}</button>}
      </details>
    </form>
  );
}

/** The PIN twice; `onChosen` says what went wrong, or nothing. */
function Twice({ onChosen, onNone, first }: { onChosen: (pin: string) => Promise<string | undefined>; onNone?: (() => Promise<void>) | undefined; first: boolean }) {
  const [pin, setPin] = useState("");
  const [again, setAgain] = useState("");
  const [fault, setFault] = useState<string>();
  const [busy, setBusy] = useState(false);
  const submit = async (): Promise<void> => {
    if (busy) return;
    const wrong = !isPin(pin) ? "short" : isWeak(pin) ? "weak" : pin !== again ? "differ" : undefined;
    setFault(wrong && t(`phone.pin.fault.${wrong}`));
    if (wrong) return;
    setBusy(true);
    setFault(await onChosen(pin).catch(() => t("phone.enrol.fault.disk")));
    setBusy(false);
  };
  return (
    <>
      <Digits id="pin-new" label={t("phone.pin.choose")} value={pin} onInput={setPin} fault={fault} first={first} />
      <Digits id="pin-again" label={t("phone.pin.again")} value={again} onInput={setAgain} />
      <button type="button" class="button main" disabled={busy} onClick={() => void submit()} data-testid="pin-keep"><Icon name="lock" />{t(busy ? "phone.pin.keeping" : "phone.pin.keep")}</button>
      {onNone && <button type="button" class="button" disabled={busy} onClick={() => { setBusy(true); void onNone().finally(() => setBusy(false)); }} data-testid="pin-none">{t("phone.pin.none")}</button>}
    </>
  );
}

/** After the code was taken, or before old notes are moved under a lock. */
export function ChooseScreen() {
  const rule = joining.value?.rule ?? "required";
  const chosen = async (pin: string | undefined): Promise<undefined> => {
    if (moving.value) await moveUnder(pin);
    else if (joining.value) await settle(pin);
    else await newPin("", pin);
    return undefined;
  };
  return (
    <form class="enrol" data-testid="choose-pin" onSubmit={(e) => e.preventDefault()}>
      <div class="enrol-head"><span class="empty-icon"><Icon name="lock" size={40} /></span><LangSwitch /></div>
      <h1>{t("phone.pin.choose_title")}</h1>
      <p class="lead">{t(moving.value ? "phone.pin.move_text" : "phone.pin.choose_text")}</p>
      <Twice onChosen={chosen} onNone={rule === "optional" ? () => chosen(undefined) : undefined} first />
      <p class="hint">{t("phone.pin.only_delays")}</p>
    </form>
  );
}

/** "Điện thoại" › the PIN. */
export function PinScreen() {
  const [old, setOld] = useState("");
  const [fault, setFault] = useState<string>();
  const done = (tried: Tried): string | undefined => {
    if (tried.end === "open") {
      announce(t("phone.pin.changed"));
      back();
      return undefined;
    }
    setFault(tried.wait ? t("phone.pin.wait", { time: span(tried.wait) }) : t("phone.pin.wrong"));
    return undefined;
  };
  const change = async (pin: string | undefined): Promise<string | undefined> => {
    setFault(undefined);
    return done(await newPin(old, pin));
  };
  return (
    <>
      <BackTop title={t(hasPin() ? "phone.pin.change" : "phone.pin.choose_title")} />
      <form class="enrol" onSubmit={(e) => e.preventDefault()}>
        {hasPin() && <Digits id="pin-old" label={t("phone.pin.old")} value={old} onInput={setOld} fault={fault} first />}
        <Twice onChosen={change} onNone={hasPin() && pinRule() === "optional" ? async () => void (await change(undefined)) : undefined} first={!hasPin()} />
        <p class="hint">{t("phone.pin.only_delays")}</p>
      </form>
    </>
  );
}

/** What stands before the app, or nothing. */
export function gate(route: string) {
  if (moving.value) return <ChooseScreen />;
  if (joining.value) {
    const held = joining.value.apart ? undefined : heldFor(joining.value.session);
    return held ? <LockScreen key={held.id} which={held} /> : <ChooseScreen />;
  }
  return vault.value && route !== "enrol" ? <LockScreen key={vault.value.id} which={vault.value} /> : undefined;
}
