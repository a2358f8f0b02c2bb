/** What came back: answers and notices for my areas, by topic, nearest area first, readable without network. */
import { signal } from "@preact/signals";
import { showDay } from "../core/days";
import { matches } from "../core/fold";
import type { Answer, Notice } from "../core/types";
import { Icon } from "./icons";
import { Empty, Top, Vi } from "./parts";
import { answers, areaName, areas, book, notes, notices, seen, session, t, topicName, topics } from "./state";
import { Strip } from "./strip";

/** Kept while one answer is read, so that Back leads to the same list; another notebook begins anew. */
export const query = signal("");
export const chosen = signal("all");
export const place = signal("");
book.subscribe(() => {
  query.value = place.value = "";
  chosen.value = "all";
});

export const fresh = (one: Answer | Notice): boolean => ("version" in one ? (seen.value[one.id] ?? 0) < one.version : !seen.value[one.id]);
const top = (code: string): string => topics.value.get(code)?.parent ?? code;

/** Issues my own notes went into: their answers are the ones waited for. */
const mine = (): Set<number> => new Set(notes.value.flatMap((n) => (n.master?.issue === undefined ? [] : [n.master.issue])));
export const own = (answer: Answer): boolean => {
  const issues = mine();
  return [answer.issue, ...(answer.issues ?? [])].some((n) => issues.has(n));
};

/** How far up from my group an area is: 0 the group itself. */
function distance(codes: readonly string[]): number {
  let best = 9;
  for (const held of session.value?.areas ?? []) {
    let area = areas.value.get(held);
    for (let i = 0; area && i < 6; i++, area = areas.value.get(area.parent ?? "")) if (codes.includes(area.code)) best = Math.min(best, i);
  }
  return best;
}

export function AnswersScreen() {
  const all = [...answers.value, ...notices.value];
  const kinds = [...new Set(answers.value.map((a) => top(a.topic)))].sort();
  const where = [...new Set(all.flatMap((one) => one.areas))].sort((a, b) => distance([a]) - distance([b]));
  const pick = chosen.value;
  const fit = (one: Answer | Notice): boolean =>
    (pick === "all" || (pick === "new" ? fresh(one) : pick === "notice" ? !("version" in one) : "topic" in one && top(one.topic) === pick))
    && (!place.value || one.areas.includes(place.value))
    && (!query.value.trim() || matches(query.value, one.title, one.text, ...("topic" in one ? [topicName(one.topic)] : [])));
  const day = (one: Answer | Notice): string => ("version" in one ? one.published_at : one.from);
  const list = all.filter(fit).sort((a, b) => Number(fresh(b)) - Number(fresh(a)) || (day(a).slice(0, 10) < day(b).slice(0, 10) ? 1 : day(a).slice(0, 10) > day(b).slice(0, 10) ? -1 : distance(a.areas) - distance(b.areas)));
  const unread = all.filter(fresh).length;
  const chip = (name: string, icon: string, text: string) => (
    <button key={name} type="button" class="chip" aria-pressed={pick === name} onClick={() => (chosen.value = name)} data-testid={`filter-${name}`}><Icon name={icon} size={20} />{text}</button>
  );
  return (
    <>
      <Top title={t("phone.answers.title")} />
      <Strip />
      {all.length === 0 ? <Empty icon="answers" title={t("phone.answers.empty")}><p>{t("phone.answers.empty_text")}</p></Empty> : (
        <>
          <div class="field search">
            <label for="find"><Icon name="search" size={20} />{t("phone.answers.search")}</label>
            <input id="find" type="search" value={query.value} onInput={(e) => (query.value = e.currentTarget.value)} autocomplete="off" data-testid="answers-search" />
          </div>
          <div class="chips chips-line" role="group" aria-label={t("phone.answers.filter")}>
            {chip("all", "answers", t("phone.answers.all"))}
            {unread > 0 && chip("new", "alert", t("phone.answers.unread", { n: unread }))}
            {notices.value.length > 0 && chip("notice", "notice", t("phone.answers.notices"))}
            {kinds.map((code) => chip(code, topics.value.get(code)?.icon ?? "more", topicName(code)))}
          </div>
          {where.length > 1 && (
            <div class="field">
              <label for="where">{t("phone.answers.area")}</label>
              <select id="where" value={place.value} onChange={(e) => (place.value = e.currentTarget.value)} data-testid="answers-area">
                <option value="">{t("phone.answers.all_areas")}</option>
                {where.map((code) => <option key={code} value={code} lang="vi">{areaName(code)}</option>)}
              </select>
            </div>
          )}
          <p class="hint" role="status">{t("phone.answers.found", { n: list.length })}</p>
        </>
      )}
      <ul class="cards">{list.map((one) => <Card key={one.id} one={one} />)}</ul>
      {all.length > 0 && list.length === 0 && <p>{t("phone.answers.none")}</p>}
    </>
  );
}

function Card({ one }: { one: Answer | Notice }) {
  const answer = "version" in one ? one : undefined;
  const unread = fresh(one);
  return (
    <li>
      <a class="card" href={`#/answer/${one.id}`} data-testid={`answer-${one.id}`} data-unread={unread}>
        <span class="card-row">
          <span class="card-kind"><Icon name={answer ? (topics.value.get(answer.topic)?.icon ?? "answers") : "notice"} size={20} />{answer ? topicName(answer.topic) : t("phone.answers.notice")}</span>
          {unread ? <b class="new" data-testid="new-mark">{t("phone.answers.new")}</b> : <span class="card-when">{showDay(answer ? answer.published_at : (one as Notice).from)}</span>}
        </span>
        <span class="card-title" lang="vi">{one.title}</span>
        {answer && own(answer) && <span class="mood mood-sent"><Icon name="check" size={18} />{t("phone.answers.own")}</span>}
        <span class="card-foot">{answer && <span>{t(`phone.answer_status.${answer.status}`)}</span>}<Vi>{one.areas.map(areaName).join(", ")}</Vi></span>
      </a>
    </li>
  );
}
