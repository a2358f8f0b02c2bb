/** After the first save: does the browser promise to keep what is here? If not, the home screen makes it do so. */
import { signal } from "@preact/signals";
import { Icon } from "./icons";
import { firmAsked } from "./room";
import { t } from "./state";

type Offer = Event & { prompt(): Promise<unknown> };
/** The browser's own way to the home screen, where it has one. */
const offer = signal<Offer | undefined>(undefined);

export function watchInstall(): void {
  addEventListener("beforeinstallprompt", (event) => {
    event.preventDefault();
    offer.value = event as Offer;
  });
  addEventListener("appinstalled", () => (offer.value = undefined));
}

export function Firm() {
  const firm = firmAsked.value;
  if (firm === undefined) return null;
  return (
    <div class={firm ? "note-info" : "note-info doubt"} role="status" data-testid="firm" data-firm={firm}>
      <Icon name={firm ? "check" : "info"} size={22} />
      <div class="doubt-ask">
        <p>{t(firm ? "phone.firm.yes" : "phone.firm.no")}</p>
        <div class="chips">
          {!firm && offer.value && <button type="button" class="chip" onClick={() => void offer.value?.prompt()} data-testid="firm-install"><Icon name="phone" size={20} />{t("phone.firm.add")}</button>}
          <button type="button" class="chip" onClick={() => (firmAsked.value = undefined)}>{t("phone.firm.seen")}</button>
        </div>
      </div>
    </div>
  );
}
