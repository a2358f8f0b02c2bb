/** A matter for a formal door: the way there is shown, and here it ends. Nothing is stored but one count for the ward. */
import { above, doorsFor } from "../core/lanes";
import { addMark } from "../core/notes";
import { discard, draft } from "./draft";
import { Icon } from "./icons";
import { useKeeping } from "./keeping";
import { Top } from "./parts";
import { kickAfterSave } from "./live";
import { back, swap } from "./route";
import { accountStore, announce, areas, doors, lang, session, t, topicName } from "./state";

export function DoorStep({ topic }: { topic: string }) {
  const d = draft.value!;
  const [fault, keep] = useKeeping();
  const list = doorsFor(doors.value, topic);
  const told = async (door: string): Promise<void> => {
    const ward = above(areas.value, d.area ?? session.value?.areas[0] ?? "", "ward");
    if (!(await keep(() => addMark(accountStore(), { mark: "door", door, ...(ward ? { area: ward.code } : {}) }, Date.now())))) return;
    await discard(d);
    void kickAfterSave();
    announce(t("phone.door.done"));
    swap("");
  };
  return (
    <>
      <Top title={topicName(topic)} onBack={back} />
      <p class="note-info"><Icon name="door" size={26} /><span>{t("phone.door.text")}</span></p>
      {(d.text.trim() || d.photos.length > 0) && <p class="note-info doubt" data-testid="door-drops"><Icon name="alert" size={24} /><span>{t("phone.door.drops")}</span></p>}
      {fault}
      <ul class="cards" data-testid="doors">
        {list.map((door) => (
          <li key={door.id} class="card">
            <h2 class="card-title" lang="vi">{door.name}</h2>
            <p>{door.how[lang.value]}</p>
            {door.phone && <a class="button main" href={`tel:${door.phone}`} data-testid={`door-call-${door.id}`}><Icon name="call" />{t("phone.door.call", { phone: door.phone })}</a>}
            <button type="button" class="button" onClick={() => void told(door.id)} data-testid={`door-told-${door.id}`}><Icon name="check" />{t("phone.door.told")}</button>
          </li>
        ))}
      </ul>
      <button type="button" class="button quiet" onClick={() => void discard(d).then(() => swap(""))} data-testid="door-leave">{t("phone.door.leave")}</button>
    </>
  );
}
