/** One answer or notice. Opening it counts it as fetched; the marks carry the cluster, never the group. */
import { useEffect } from "preact/hooks";
import { above } from "../core/lanes";
import { dayOf, showDay } from "../core/days";
import { addMark } from "../core/notes";
import type { Answer, MarkKind, Notice } from "../core/types";
import { Icon } from "./icons";
import { useKeeping } from "./keeping";
import { BackTop, Vi } from "./parts";
import { kickAfterSave } from "./live";
import { accountStore, announce, answers, areaName, areas, marked, notes, notices, reload, seen, session, t, topicName, troubleOf } from "./state";

function cluster(): { area?: string } {
  const area = above(areas.value, session.value?.areas[0] ?? "", "cluster");
  return area ? { area: area.code } : {};
}

async function note(answer: Answer, mark: MarkKind): Promise<void> {
  const about = mark === "told" || mark === "read" ? { answer: answer.id } : { issue: answer.issue };
  await addMark(accountStore(), { mark, ...about, ...cluster() }, Date.now(), answer.id);
  await reload();
  void kickAfterSave();
}

async function open(id: string, version: number): Promise<void> {
  if ((seen.value[id] ?? 0) >= version) return;
  await accountStore().write([{ shelf: "kv", key: "seen", value: { ...seen.value, [id]: version } }]);
  await reload();
}

export function AnswerScreen({ id }: { id: string }) {
  const [fault, keep] = useKeeping();
  const answer = answers.value.find((a) => a.id === id);
  const notice = notices.value.find((n) => n.id === id);
  useEffect(() => {
    // that it was read is no news to whoever has just read it: on a full phone it goes unsaid, and is tried at the next reading
    if (answer) void open(id, answer.version).then(() => note(answer, "read")).catch(troubleOf);
    else if (notice) void open(id, 1).catch(troubleOf);
  }, [id, answer?.version]);
  if (notice) return <NoticePage notice={notice} />;
  if (!answer) return <><BackTop title={t("phone.answers.title")} /><p>{t("phone.answers.gone")}</p></>;
  const mine = marked.value[id] ?? {};
  const tap = async (mark: MarkKind): Promise<void> => {
    if (await keep(() => note(answer, mark))) announce(t(`phone.mark.${mark}_done`));
  };
  return (
    <>
      <BackTop title={answer.title} ours={false} sub={topicName(answer.topic)} />
      <article class="paper" data-testid="answer-text">
        <p class="paper-status">{t(`phone.answer_status.${answer.status}`)}</p>
        {answer.text.split(/\n+/).map((line, i) => <p key={i} class="paper-text" lang="vi">{line}</p>)}
        {answer.source && <p class="paper-foot">{t("phone.answer.source", { source: "" })}<Vi>{answer.source}</Vi></p>}
        <p class="paper-foot"><Icon name="clock" size={20} /><span>{t("phone.answer.day", { day: showDay(answer.published_at) })} · <Vi>{answer.areas.map(areaName).join(", ")}</Vi></span></p>
        {answer.valid_to && <p class="paper-foot">{t("phone.answer.valid_to", { day: showDay(answer.valid_to) })}</p>}
      </article>
      <Linked numbers={[answer.issue, ...(answer.issues ?? [])]} but={id} />
      <h2 class="label">{t("phone.mark.title")}</h2>
      <p class="hint">{t("phone.mark.hint")}</p>
      {fault}
      <div class="marks">
        {(["told", "still_so", "settled", "plus_one"] as const).map((mark) => (
          <button key={mark} type="button" class={mark === "told" ? "button main" : "button"} aria-pressed={mine[mark] !== undefined} disabled={mine[mark] !== undefined}
            onClick={() => void tap(mark)} data-testid={`mark-${mark}`}>
            <Icon name={mine[mark] ? "check" : { told: "speech", still_so: "concern", settled: "thanks", plus_one: "group" }[mark]} />
            {t(mine[mark] ? `phone.mark.${mark}_done` : `phone.mark.${mark}`)}
          </button>
        ))}
      </div>
    </>
  );
}

/** What else this phone holds of the same issues: own notes, other answers. */
function Linked({ numbers, but }: { numbers: readonly number[]; but: string }) {
  const here = notes.value.filter((n) => n.master?.issue !== undefined && numbers.includes(n.master.issue));
  const more = answers.value.filter((a) => a.id !== but && [a.issue, ...(a.issues ?? [])].some((n) => numbers.includes(n)));
  if (!here.length && !more.length) return null;
  return (
    <section class="linked" data-testid="linked">
      <h2 class="label">{t("phone.answer.issue", { n: String(numbers[0]) })}</h2>
      {here.map((n) => <a key={n.id} class="row" href={`#/note/${n.id}`} data-testid={`linked-note-${n.id}`}><span class="tile-icon"><Icon name="notes" size={26} /></span><span class="tile-name">{t("phone.answer.own_note")} {n.fields.text ? <Vi>{`“${[...n.fields.text].slice(0, 60).join("")}${[...n.fields.text].length > 60 ? "…" : ""}”`}</Vi> : showDay(dayOf(n.receipts.saved ?? n.receipts.taken ?? 0))}</span></a>)}
      {more.map((a) => <a key={a.id} class="row" href={`#/answer/${a.id}`}><span class="tile-icon"><Icon name="answers" size={26} /></span><Vi look="tile-name">{a.title}</Vi></a>)}
    </section>
  );
}

function NoticePage({ notice }: { notice: Notice }) {
  return (
    <>
      <BackTop title={notice.title} ours={false} sub={t("phone.answers.notice")} />
      <article class="paper" data-testid="answer-text">
        {notice.text.split(/\n+/).map((line, i) => <p key={i} class="paper-text" lang="vi">{line}</p>)}
        <p class="paper-foot"><Icon name="clock" size={20} />{t("phone.notice.days", { from: showDay(notice.from), to: showDay(notice.to) })}</p>
        <p class="paper-foot"><Icon name="pin" size={20} /><Vi>{notice.areas.map(areaName).join(", ")}</Vi></p>
      </article>
      <Linked numbers={notice.issues ?? []} but={notice.id} />
    </>
  );
}
