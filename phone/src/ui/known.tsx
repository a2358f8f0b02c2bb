/** Search first: this may have an answer already. Reading it is quicker than asking again, and one tap says "asked here too". */
import { useEffect, useState } from "preact/hooks";
import { above } from "../core/lanes";
import { dayOf } from "../core/days";
import { answered } from "../core/known";
import { addMark } from "../core/notes";
import type { Answer, Draft } from "../core/types";
import { isEmpty } from "./draft";
import { Icon } from "./icons";
import { useKeeping } from "./keeping";
import { kickAfterSave } from "./live";
import { swap } from "./route";
import { accountStore, announce, answers, areas, marked, reload, t } from "./state";

export function Known({ d }: { d: Draft }) {
  const [text, setText] = useState(d.text);
  const [fault, keep] = useKeeping();
  useEffect(() => {
    const timer = setTimeout(() => setText(d.text), 500);
    return () => clearTimeout(timer);
  }, [d.text]);
  if (d.edits || !d.topic) return null;
  const found = answered(answers.value, d.topic, text, dayOf(Date.now()));
  if (!found.length) return null;
  const plus = async (answer: Answer): Promise<void> => {
    const cluster = above(areas.value, d.area ?? "", "cluster"); // never the group
    if (!(await keep(() => addMark(accountStore(), { mark: "plus_one", issue: answer.issue, ...(cluster ? { area: cluster.code } : {}) }, Date.now(), answer.id)))) return;
    void kickAfterSave();
    await reload();
    if (!(await isEmpty(d.id))) return;
    announce(t("phone.mark.plus_one_done"));
    swap("");
  };
  return (
    <aside class="known" data-testid="known">
      <h2 class="label">{t("phone.write.known")}</h2>
      {fault}
      <ul>
        {found.map((a) => (
          <li key={a.id}>
            <a class="link" href={`#/answer/${a.id}`} data-testid={`known-${a.id}`}><Icon name="answers" size={22} /><span lang="vi">{a.title}</span></a>
            {marked.value[a.id]?.plus_one === undefined
              ? <button type="button" class="chip" onClick={() => void plus(a)} data-testid={`plus-${a.id}`}><Icon name="plus" size={20} />{t("phone.write.known_plus")}</button>
              : <p class="known-done"><Icon name="check" size={20} />{t("phone.mark.plus_one_done")}</p>}
          </li>
        ))}
      </ul>
    </aside>
  );
}
