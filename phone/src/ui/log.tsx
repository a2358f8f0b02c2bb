/** The log of exchanges with the ward, in plain words. */
import { idle } from "../core/log";
import { dayOf, showDay, showTime } from "../core/days";
import type { Exchange } from "../core/types";
import { Icon } from "./icons";
import { BackTop } from "./parts";
import { kick } from "./live";
import { log, number, sending, t, used } from "./state";
import { Strip } from "./strip";

function words(one: Exchange): string {
  const sent = [one.rows && t("phone.log.rows", { n: one.rows }), one.photos && t("phone.log.photos", { n: one.photos })].filter(Boolean).join(", ");
  const parts = [
    sent && t(one.asleep ? "phone.log.asleep" : "phone.log.sent", { what: sent }), one.news && t("phone.log.news"),
    one.reason && t(`phone.log.${one.reason}`, { time: showTime(one.until ?? 0).slice(6) }), idle(one) && t("phone.log.nothing"),
  ];
  return parts.filter(Boolean).join(" ");
}

/** `12 KB`, `0,4 MB`: what a data plan counts. */
export const size = (bytes: number): string => (bytes < 1e5 ? `${number(Math.ceil(bytes / 1000))} KB` : `${number(bytes / 1e6, 1)} MB`);

export function LogScreen() {
  const days = [...new Set(log.value.map((one) => dayOf(one.at)))];
  return (
    <>
      <BackTop title={t("phone.log.title")} />
      <Strip />
      <button type="button" class="button main" disabled={sending.value} onClick={() => void kick(true)} data-testid="log-sync-now"><Icon name="send" />{sending.value ? t("phone.phone.sending") : t("phone.phone.send_now")}</button>
      <p class="hint" data-testid="log-used">{t("phone.log.used", { up: size(used.value?.up ?? 0), down: size(used.value?.down ?? 0) })}</p>
      {days.length === 0 && <p>{t("phone.log.empty")}</p>}
      {days.map((day) => (
        <section key={day}>
          <h2 class="label">{showDay(day)}</h2>
          <ul class="log" data-testid="log">
            {log.value.filter((one) => dayOf(one.at) === day).map((one, i) => (
              <li key={i} data-reason={one.reason ?? "ok"}>
                <Icon name={one.reason ? (one.reason === "offline" ? "cloudoff" : "alert") : "check"} size={20} />
                <span><b>{showTime(one.at).slice(6)}</b> {words(one)}</span>
                <span class="card-when">{one.up + one.down > 0 ? size(one.up + one.down) : ""}</span>
              </li>
            ))}
          </ul>
        </section>
      ))}
    </>
  );
}
