/** Choosing a place from the ward's own list; the search ignores marks: "ly thanh tong" finds "Lý Thánh Tông". */
import { useState } from "preact/hooks";
import { matches } from "../core/fold";
import { draft, edit } from "./draft";
import { Icon } from "./icons";
import { Top } from "./parts";
import { back } from "./route";
import { places, t } from "./state";

const SHOWN = 40;

export function PlaceStep() {
  const [query, setQuery] = useState("");
  const found = places.value.filter((p) => !query.trim() || matches(query, p.name, ...(p.aliases ?? [])));
  const pick = (id: string): void => {
    void edit({ place: id });
    back();
  };
  return (
    <>
      <Top title={t("phone.place.title")} onBack={back} />
      <div class="field">
        <label for="place">{t("phone.place.search")}</label>
        <input id="place" type="search" value={query} onInput={(e) => setQuery(e.currentTarget.value)} autocomplete="off" data-testid="place-search" />
      </div>
      <p class="hint" role="status">{t("phone.place.found", { n: found.length })}</p>
      <div class="rows">
        {found.slice(0, SHOWN).map((p) => (
          <button key={p.id} type="button" class="row" aria-pressed={draft.value?.place === p.id} onClick={() => pick(p.id)} data-testid={`place-${p.id}`}>
            <span class="tile-icon"><Icon name="pin" size={26} /></span><span class="tile-name">{p.name}</span>
          </button>
        ))}
      </div>
      {found.length === 0 && <p>{t("phone.place.none")}</p>}
    </>
  );
}
