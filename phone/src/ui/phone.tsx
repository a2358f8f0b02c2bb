/** "Điện thoại": what this phone holds, how it stands, and Send now. */
import type { ComponentChild } from "preact";
import { useEffect } from "preact/hooks";
import { showTime } from "../core/days";
import { connection, photosWait } from "../core/world";
import { Icon } from "./icons";
import { useKeeping } from "./keeping";
import { Top, Vi } from "./parts";
import { kick } from "./live";
import { all, hasPin, switchTo } from "./lock";
import { lookForRoom, space } from "./room";
import { areaName, last, number, phoneStore, sending, session, choose, t, used, vault, waitingBytes, waitingCount, wardCount, wifiOnly, lang } from "./state";
import { Strip } from "./strip";

export function PhoneScreen() {
  const room = space.value;
  const [fault, keep] = useKeeping();
  useEffect(() => void lookForRoom(), []);
  const firm = async (): Promise<void> => {
    await navigator.storage?.persist?.();
    await lookForRoom();
  };
  const setWifi = async (on: boolean): Promise<void> => {
    wifiOnly.value = on;
    if (await keep(() => phoneStore().write([{ shelf: "kv", key: "wifiOnly", value: on }]))) void kick(true);
    else wifiOnly.value = !on; // as it stands on the disk
  };
  return (
    <>
      <Top title={t("phone.phone.title")} />
      <Strip />
      <button type="button" class="button main" disabled={sending.value} onClick={() => void kick(true)} data-testid="sync-now">
        <Icon name="send" />{sending.value ? t("phone.phone.sending") : t("phone.phone.send_now")}
      </button>
      {waitingBytes.value > 0 && <p class="hint">{t("phone.phone.to_send", { size: number(waitingBytes.value / 1e6, 1) })}</p>}
      {last.value?.skew !== undefined && <p class="hint" data-testid="clock-skew">{t(last.value.skew > 0 ? "phone.phone.clock_ahead" : "phone.phone.clock_behind")}</p>}
      <dl class="facts">
        <Fact name={t("phone.phone.here")} value={number(waitingCount.value)} testid="count-here" />
        <Fact name={t("phone.phone.at_ward")} value={number(wardCount.value)} testid="count-ward" />
        <Fact name={t("phone.phone.used")} value={t("phone.phone.mb", { n: number(((used.value?.up ?? 0) + (used.value?.down ?? 0)) / 1e6, 2) })} testid="data-used" />
        <Fact name={t("phone.phone.last")} value={last.value ? showTime(last.value.at) : t("phone.phone.never")} testid="last-sync" />
        <Fact name={t("phone.phone.areas")} value={<Vi>{(session.value?.areas ?? []).map(areaName).join(", ")}</Vi>} />
        <Fact name={t("phone.phone.free")} value={room.free === undefined ? "–" : t("phone.phone.gb", { n: number(room.free / 1e9, 1) })} />
        <Fact name={t("phone.phone.persist")} value={room.persisted === undefined ? "–" : t(room.persisted ? "phone.phone.persist_yes" : "phone.phone.persist_no")} />
        <Fact name={t("phone.phone.version")} value={__VERSION__} />
      </dl>
      {room.persisted === false && <><p class="hint">{t("phone.phone.persist_hint")}</p><button type="button" class="button" onClick={() => void firm()}>{t("phone.phone.persist_ask")}</button></>}
      <label class="check">
        <input type="checkbox" checked={wifiOnly.value} onChange={(e) => void setWifi(e.currentTarget.checked)} data-testid="wifi-only" />
        <span><strong>{t("phone.phone.wifi")}</strong><span class="hint">{t("phone.phone.wifi_hint")}{!connection()?.type && ` ${t("phone.phone.wifi_unknown")}`}</span></span>
      </label>
      {fault}
      {waitingBytes.value > 0 && photosWait(wifiOnly.value) && (
        <div class="ask">
          <span>{t(connection()?.saveData ? "phone.phone.saving_data" : "phone.stuck.wifi", { size: number(waitingBytes.value / 1e6, 1) })}</span>
          <button type="button" class="button" onClick={() => void kick(true, true)} data-testid="photos-now"><Icon name="camera" />{t("phone.stuck.wifi_button")}</button>
        </div>
      )}
      <fieldset class="field">
        <legend>{t("phone.phone.language")}</legend>
        <div class="chips">
          {(["vi", "en"] as const).map((l) => <button key={l} type="button" class="chip" lang={l} aria-pressed={lang.value === l} onClick={() => void choose(l)} data-testid={`lang-${l}`}>{l === "vi" ? "Tiếng Việt" : "English"}</button>)}
        </div>
      </fieldset>
      <div class="rows">
        <a class="row" href="#/rescue" data-testid="rescue"><span class="tile-icon"><Icon name="send" size={26} /></span><span class="tile-name">{t("phone.rescue.link")}</span></a>
        <a class="row" href="#/pin" data-testid="change-pin"><span class="tile-icon"><Icon name="lock" size={26} /></span><span class="tile-name">{t(hasPin() ? "phone.pin.change" : "phone.pin.choose_title")}</span></a>
        {all.value.filter((v) => v.id !== vault.value?.id).map((v) => (
          <button key={v.id} type="button" class="row" onClick={() => void switchTo(v)} data-testid={`vault-${v.n}`}><span class="tile-icon"><Icon name="group" size={26} /></span><span class="tile-name">{t("phone.pin.other", { n: v.n })}</span></button>
        ))}
        <a class="row" href="#/enrol/other" data-testid="add-account"><span class="tile-icon"><Icon name="next" size={26} /></span><span class="tile-name">{t("phone.pin.add")}</span></a>
        <a class="row" href="#/log" data-testid="open-log"><span class="tile-icon"><Icon name="sync" size={26} /></span><span class="tile-name">{t("phone.log.title")}</span></a>
        <a class="row" href="#/help" data-testid="open-help"><span class="tile-icon"><Icon name="info" size={26} /></span><span class="tile-name">{t("phone.help.title")}</span></a>
        <a class="row" href="#/script"><span class="tile-icon"><Icon name="speech" size={26} /></span><span class="tile-name">{t("phone.script.link")}</span></a>
        <a class="row" href="#/about"><span class="tile-icon"><Icon name="shield" size={26} /></span><span class="tile-name">{t("phone.about.link")}</span></a>
      </div>
    </>
  );
}

function Fact({ name, value, testid }: { name: string; value: ComponentChild; testid?: string }) {
  return <div><dt>{name}</dt><dd data-testid={testid}>{value}</dd></div>;
}
