/** The calm strip under the title: how the line to the ward stands, in one sentence and at most one button. */
import { showTime } from "../core/days";
import { Icon } from "./icons";
import { kick, lookForUpdate, takeUpdate, updateReady } from "./live";
import { go, route } from "./route";
import { anyRefused, hold, last, online, sending, t, waitingCount } from "./state";

export type NetState = "offline" | "sending" | "captive" | "enrol" | "revoked" | "update" | "busy" | "fresh" | "waiting" | "refused" | "sent";

export function netState(): NetState {
  const reason = hold.value?.reason;
  if (reason === "enrol" || reason === "revoked" || reason === "update") return reason;
  if (!online.value) return "offline";
  if (sending.value) return "sending";
  if (reason === "captive") return "captive";
  if (reason === "offline") return "offline";
  if (reason) return "busy";
  if (!last.value) return "fresh";
  if (anyRefused.value) return "refused";
  return waitingCount.value ? "waiting" : "sent";
}

const ICONS: Record<NetState, string> = {
  offline: "cloudoff", sending: "sync", captive: "alert", enrol: "alert", revoked: "alert", update: "alert",
  busy: "clock", fresh: "sync", waiting: "clock", refused: "alert", sent: "check",
};

export function Strip() {
  const state = netState();
  const act = ["enrol", "update", "refused"].includes(state);
  return (
    <div class={`strip strip-${state}${act ? " strip-act" : ""}`} role="status" data-testid="net-state" data-state={state}>
      <Icon name={ICONS[state]} size={22} />
      <span>{t(`phone.net.${state}`, { time: last.value ? showTime(last.value.at) : "" })}</span>
      {state === "enrol" && <button type="button" onClick={() => go("enrol")}>{t("phone.net.enrol_button")}</button>}
      {state === "update" && <button type="button" onClick={() => void lookForUpdate().then(takeUpdate)}>{t("phone.update.button")}</button>}
      {state === "captive" && <button type="button" onClick={() => void kick(true)}>{t("phone.again")}</button>}
    </div>
  );
}

/** A new version is offered only while nothing is being written. */
export function UpdateStrip() {
  if (!updateReady.value || route.value[0] === "write") return null;
  return (
    <div class="strip strip-new" role="status">
      <Icon name="info" size={22} />
      <span>{t("phone.update.ready")}</span>
      <button type="button" onClick={takeUpdate} data-testid="take-update">{t("phone.update.button")}</button>
    </div>
  );
}
