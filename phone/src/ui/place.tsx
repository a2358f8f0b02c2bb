/** Choosing a place from the ward's own list; the search ignores marks and knows other and older names. */
import { useState } from "preact/hooks";
import { found } from "../core/places";
import { above } from "../core/lanes";
import { draft, edit } from "./draft";
import { Icon } from "./icons";
import { Top, Vi } from "./parts";
import { back } from "./route";
import { areas, notes, places, t } from "./state";

const SHOWN = 40;

export function PlaceStep() {
  const [query, setQuery] = useState("");
  const ward = above(areas.value, draft.value?.area ?? "", "ward")?.code;
  const mine = places.value.filter((p) => !ward || p.area === ward || above(areas.value, p.area, "ward")?.code === ward);
  const used = notes.value.flatMap((n) => n.fields.place ?? []);
  const list = found(mine, query, used);
  const pick = (id: string): void => {
    void edit({ place: id });
    back();
  };
  return (
    <>
      <Top title={t("phone.place.title")} onBack={back} />
      <div class="field">
        <label for="place">{t("phone.place.search")}</label>
        <input id="place" type="search" value={query} onInput={(e) => setQuery(e.currentTarget.value)} autocomplete="off" enterkeyhint="search" data-testid="place-search" />
      </div>
      <p class="hint" role="status">{list.length ? t("phone.place.found", { n: list.length }) : t("phone.place.none")}</p>
      <div class="rows">
        {list.slice(0, SHOWN).map(({ place, by }) => (
          <button key={place.id} type="button" class="row" aria-pressed={draft.value?.place === place.id} onClick={() => pick(place.id)} data-testid={`place-${place.id}`}>
            <span class="tile-icon"><Icon name="pin" size={26} /></span>
            <span class="row-words"><Vi look="tile-name">{place.name}</Vi>{by && <span class="hint">{t("phone.place.also", { name: by })}</span>}</span>
          </button>
        ))}
        {list.length > SHOWN && <p class="hint" data-testid="place-more">{t("phone.place.more", { n: SHOWN })}</p>}
      </div>
    </>
  );
}
