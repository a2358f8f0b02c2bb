/** What came back: answers and notices for my areas, readable without network. */
import { useState } from "preact/hooks";
import { showDay } from "../core/days";
import { matches } from "../core/fold";
import { Icon } from "./icons";
import { Empty, Top } from "./parts";
import { answers, areaName, notices, seen, t, topicName, topics } from "./state";
import { Strip } from "./strip";

export function AnswersScreen() {
  const [query, setQuery] = useState("");
  const fit = (...texts: string[]): boolean => !query.trim() || matches(query, ...texts);
  const found = answers.value.filter((a) => fit(a.title, a.text, topicName(a.topic)));
  const posts = notices.value.filter((n) => fit(n.title, n.text));
  const nothing = answers.value.length + notices.value.length === 0;
  return (
    <>
      <Top title={t("phone.answers.title")} />
      <Strip />
      {nothing ? <Empty icon="answers" title={t("phone.answers.empty")}><p>{t("phone.answers.empty_text")}</p></Empty> : (
        <div class="field search">
          <label for="find"><Icon name="search" size={20} />{t("phone.answers.search")}</label>
          <input id="find" type="search" value={query} onInput={(e) => setQuery(e.currentTarget.value)} autocomplete="off" data-testid="answers-search" />
        </div>
      )}
      <ul class="cards">
        {posts.map((n) => (
          <li key={n.id}>
            <a class="card" href={`#/answer/${n.id}`} data-testid={`answer-${n.id}`} data-unread={!seen.value[n.id]}>
              <Line icon="notice" kind={t("phone.answers.notice")} fresh={!seen.value[n.id]} day={n.from} />
              <span class="card-title">{n.title}</span>
            </a>
          </li>
        ))}
        {found.map((a) => {
          const fresh = (seen.value[a.id] ?? 0) < a.version;
          return (
            <li key={a.id}>
              <a class="card" href={`#/answer/${a.id}`} data-testid={`answer-${a.id}`} data-unread={fresh}>
                <Line icon={topics.value.get(a.topic)?.icon ?? "answers"} kind={topicName(a.topic)} fresh={fresh} day={a.published_at} />
                <span class="card-title">{a.title}</span>
                <span class="card-foot"><span>{t(`phone.answer_status.${a.status}`)}</span><span>{a.areas.map(areaName).join(", ")}</span></span>
              </a>
            </li>
          );
        })}
      </ul>
      {!nothing && found.length + posts.length === 0 && <p>{t("phone.answers.none")}</p>}
    </>
  );
}

function Line({ icon, kind, fresh, day }: { icon: string; kind: string; fresh: boolean; day: string }) {
  return (
    <span class="card-row">
      <span class="card-kind"><Icon name={icon} size={20} />{kind}</span>
      {fresh ? <b class="new" data-testid="new-mark">{t("phone.answers.new")}</b> : <span class="card-when">{showDay(day)}</span>}
    </span>
  );
}
