/** What beside the words may be filled in: it follows the lane. */
import { useState } from "preact/hooks";
import { above, topicsFor } from "../core/lanes";
import { dayOf, daysBefore, weekOf } from "../core/days";
import { HEARD, type Draft } from "../core/types";
import { edit, groups, without } from "./draft";
import { Icon } from "./icons";
import { Choices } from "./parts";
import { go } from "./route";
import { areaName, areas, number, places, t, topicName, topics } from "./state";

/** The finer topics of the one chosen, if it has any: one more tap for who wants it. */
export function FinerTopics({ d, choose }: { d: Draft; choose: (code: string) => void }) {
  const parent = topics.value.get(d.topic!)?.parent ?? d.topic!;
  const list = topicsFor([...topics.value.values()], d.kind!, parent);
  if (!list.length) return null;
  return (
    <Choices label={t("phone.write.finer")} hint={t("phone.write.optional")} testid="topic" value={d.topic === parent ? undefined : d.topic}
      options={list.map((topic) => ({ value: topic.code, text: topicName(topic.code) }))} onPick={(code) => choose(code ?? parent)} />
  );
}

export function PlaceFields({ d }: { d: Draft }) {
  const list = groups();
  const place = places.value.find((p) => p.id === d.place);
  return (
    <>
      <div class="field">
        <h2 class="label">{t("phone.write.place")} <span class="hint">{t("phone.write.optional")}</span></h2>
        <div class="with-clear">
          <button type="button" class="button pick" onClick={() => go(`write/${d.id}/place`)} data-testid="place-open">
            <Icon name="pin" /><span lang={place ? "vi" : undefined}>{place?.name ?? t("phone.write.pick_place")}</span>
          </button>
          {place && <button type="button" class="button square" aria-label={t("phone.write.no_place")} onClick={() => void without("place")}><Icon name="close" /></button>}
        </div>
      </div>
      <Day d={d} />
      <div class="field">
        <label for="area">{t("phone.write.group")}</label>
        {list.length > 1 ? (
          <select id="area" value={d.area} onChange={(e) => void edit({ area: e.currentTarget.value })} data-testid="area">
            {!list.some((g) => g.code === d.area) && <option value={d.area ?? ""}>{d.area ? areaName(d.area) : t("phone.write.pick_group")}</option>}
            {list.map((g) => <option key={g.code} value={g.code} lang="vi">{g.name}</option>)}
          </select>
        ) : <p class="fixed" id="area" lang={list[0] ? "vi" : undefined}>{list[0]?.name ?? t("phone.write.no_group")}</p>}
      </div>
      <label class="check">
        <input type="checkbox" checked={d.urgent === true} onChange={(e) => void (e.currentTarget.checked ? edit({ urgent: true }) : without("urgent"))} data-testid="urgent" />
        <span><strong>{t("phone.write.urgent")}</strong><span class="hint">{t("phone.write.urgent_hint")}</span></span>
      </label>
      {d.urgent && <p class="note-info doubt" role="status" data-testid="urgent-info"><Icon name="alert" size={22} /><span>{t("phone.write.urgent_info")}</span></p>}
    </>
  );
}

function Day({ d }: { d: Draft }) {
  const today = dayOf(Date.now());
  const day = d.day ?? today;
  const [other, setOther] = useState(day !== today && day !== daysBefore(today, 1));
  return (
    <fieldset class="field">
      <legend>{t("phone.write.day")}</legend>
      <div class="chips">
        {[today, daysBefore(today, 1)].map((value, i) => (
          <button key={value} type="button" class="chip" aria-pressed={!other && day === value} onClick={() => { setOther(false); void edit({ day: value }); }} data-testid={`day-${i}`}>
            {!other && day === value && <Icon name="check" size={18} />}{t(i ? "phone.write.yesterday" : "phone.write.today")}
          </button>
        ))}
        <button type="button" class="chip" aria-pressed={other} onClick={() => setOther(true)} data-testid="day-other">{other && <Icon name="check" size={18} />}{t("phone.write.other_day")}</button>
      </div>
      {other && <input type="date" aria-label={t("phone.write.other_day")} value={day} min={daysBefore(today, 60)} max={today} onChange={(e) => e.currentTarget.value && void edit({ day: e.currentTarget.value })} data-testid="day" />}
    </fieldset>
  );
}

const clusterOf = (d: Draft) => (d.area ? above(areas.value, d.area, "cluster") : undefined);

/** What will be sent of an opinion beside its words, computed here and said in words. */
export function OpinionInfo({ d }: { d: Draft }) {
  const week = d.week ?? weekOf(d.day ?? dayOf(Date.now()));
  return <p class="note-info" data-testid="opinion-info"><Icon name="shield" size={24} /><span>{t("phone.write.opinion_info", { cluster: clusterOf(d)?.name ?? "", week: number(Number(week.slice(6))) })}</span></p>;
}

export function OpinionFields({ d }: { d: Draft }) {
  const cluster = clusterOf(d);
  const list = [...new Map(groups().map((g) => [above(areas.value, g.code, "cluster")?.code, g])).entries()].filter(([code]) => code);
  return (
    <>
      {list.length > 1 && (
        <div class="field">
          <label for="cluster">{t("phone.write.cluster")}</label>
          <select id="cluster" value={cluster?.code} onChange={(e) => void edit({ area: list.find(([code]) => code === e.currentTarget.value)?.[1].code ?? d.area ?? "" })} data-testid="cluster">
            {list.map(([code]) => <option key={code} value={code} lang="vi">{areaName(code!)}</option>)}
          </select>
        </div>
      )}
      {d.kind === "rumour" && (
        <Choices label={t("phone.write.heard")} hint={t("phone.write.optional")} testid="heard" value={d.heard_via}
          options={HEARD.map((value) => ({ value, text: t(`phone.heard.${value}`) }))}
          onPick={(heard_via) => void (heard_via ? edit({ heard_via }) : without("heard_via"))} />
      )}
    </>
  );
}
