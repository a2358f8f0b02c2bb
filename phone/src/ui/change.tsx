/** "Điện thoại" › the PIN: another one, or none. */
import { useState } from "preact/hooks";
import type { Tried } from "../core/vault";
import { Twice } from "./choose";
import { hasPin, pinRule } from "./lock";
import { BackTop } from "./parts";
import { Digits, span } from "./pin";
import { back } from "./route";
import { newPin } from "./settle";
import { announce, t } from "./state";

export function PinScreen() {
  const [old, setOld] = useState("");
  const [refused, setRefused] = useState<Tried & { end: "wrong" | "wait" }>();
  const fault = refused && (refused.wait ? t("phone.pin.wait", { time: span(refused.wait) }) : t("phone.pin.wrong"));
  const change = async (pin: string | undefined): Promise<void> => {
    setRefused(undefined);
    const tried = await newPin(old, pin);
    if (tried.end !== "open") return setRefused(tried);
    announce(t("phone.pin.changed"));
    back();
  };
  return (
    <>
      <BackTop title={t(hasPin() ? "phone.pin.change" : "phone.pin.choose_title")} />
      <form class="enrol" onSubmit={(e) => e.preventDefault()}>
        {hasPin() && <Digits id="pin-old" label={t("phone.pin.old")} value={old} onInput={setOld} fault={fault} first />}
        <Twice label="phone.pin.choose_new" onChosen={change} onNone={hasPin() && pinRule() === "optional" ? () => change(undefined) : undefined} first={!hasPin()} />
        <p class="hint">{t("phone.pin.only_delays")}</p>
      </form>
    </>
  );
}
