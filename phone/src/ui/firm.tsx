/** After the first save: does the browser promise to keep what is here? If not, the home screen makes it do so. */
import { Icon } from "./icons";
import { firmAsked, offer } from "./room";
import { t } from "./state";

export function Firm() {
  const firm = firmAsked.value;
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
