/** Choosing a PIN. */
import { useState } from "preact/hooks";
import { isWeak } from "../core/pin";
import { isFull } from "../core/store";
import { isPin } from "../core/vault";
import { Icon } from "./icons";
import { joining, moving } from "./lock";
import { Heading, LangSwitch } from "./parts";
import { Digits } from "./pin";
import { moveUnder, newPin, settle } from "./settle";
import { t } from "./state";

/** The PIN twice. A fault is kept as the key of its sentence: the language may change while it stands. */
export function Twice({ onChosen, onNone, first, label = "phone.pin.choose" }: { label?: string; onChosen: (pin: string) => Promise<void>; onNone?: (() => Promise<void>) | undefined; first: boolean }) {
  const [pin, setPin] = useState("");
  const [again, setAgain] = useState("");
  const [fault, setFault] = useState<string>();
  const [busy, setBusy] = useState(false);
  const submit = async (): Promise<void> => {
    if (busy) return;
    const wrong = !isPin(pin) ? "short" : isWeak(pin) ? "weak" : pin !== again ? "differ" : undefined;
    setFault(wrong && `phone.pin.fault.${wrong}`);
    if (wrong) return;
    setBusy(true);
    await onChosen(pin).catch((error: unknown) => setFault(`phone.enrol.fault.${isFull(error) ? "full" : "disk"}`));
    setBusy(false);
  };
  return (
    <>
      <Digits id="pin-new" label={t(label)} value={pin} onInput={setPin} fault={fault && t(fault)} first={first} />
      <Digits id="pin-again" label={t("phone.pin.again")} value={again} onInput={setAgain} />
      <button type="button" class="button main" disabled={busy} onClick={() => void submit()} data-testid="pin-keep"><Icon name="lock" />{t(busy ? "phone.pin.keeping" : "phone.pin.keep")}</button>
      {onNone && <button type="button" class="button" disabled={busy} onClick={() => { setBusy(true); void onNone().finally(() => setBusy(false)); }} data-testid="pin-none">{t("phone.pin.none")}</button>}
    </>
  );
}

/** After the code was taken, or before old notes are moved under a lock. */
export function ChooseScreen() {
  const rule = joining.value?.rule ?? "required";
  const chosen = async (pin: string | undefined): Promise<void> => {
    if (moving.value) await moveUnder(pin);
    else if (joining.value) await settle(pin);
    else await newPin("", pin);
  };
  return (
    <form class="enrol" data-testid="choose-pin" onSubmit={(e) => e.preventDefault()}>
      <div class="enrol-head"><span class="empty-icon"><Icon name="lock" size={40} /></span><LangSwitch /></div>
      <Heading title={t("phone.pin.choose_title")} />
      <p class="lead">{t(moving.value ? "phone.pin.move_text" : "phone.pin.choose_text")}</p>
      <Twice onChosen={chosen} onNone={rule === "optional" ? () => chosen(undefined) : undefined} first />
      <p class="hint">{t("phone.pin.only_delays")}</p>
    </form>
  );
}
