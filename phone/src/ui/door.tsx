/** A matter for a formal door: the way there is shown, nothing is stored but one count for the ward. */
import { above, doorsFor } from "../core/lanes";
import { addMark } from "../core/notes";
import { discard, draft } from "./draft";
import { Icon } from "./icons";
import { Top } from "./parts";
import { kickAfterSave } from "./live";
import { back, swap } from "./route";
import { accountStore, announce, areas, doors, lang, session, t, topicName } from "./state";

export function DoorStep() {
  const d = draft.value!;
  const list = doorsFor(doors.value, d.topic!);
  const told = async (door: string): Promise<void> => {
    const ward = above(areas.value, d.area ?? session.value?.areas[0] ?? "", "ward");
    await discard(d);
    await addMark(accountStore(), { mark: "door", door, ...(ward ? { area: ward.code } : {}) }, Date.now());
    void kickAfterSave();
    announce(t("phone.door.done"));
    swap("");
  };
  return (
    <>
      <Top title={topicName(d.topic!)} onBack={back} />
      <p class="note-info"><Icon name="door" size={26} /><span>{t("phone.door.text")}</span></p>
      <ul class="cards" data-testid="doors">
        {list.map((door) => (
          <li key={door.id} class="card">
            <h2 class="card-title">{door.name}</h2>
            <p>{door.how[lang.value]}</p>
            {door.phone && <a class="button main" href={`tel:${door.phone}`}><Icon name="call" />{t("phone.door.call", { phone: door.phone })}</a>}
            <button type="button" class="button" onClick={() => void told(door.id)} data-testid={`door-told-${door.id}`}><Icon name="check" />{t("phone.door.told")}</button>
          </li>
        ))}
      </ul>
      <button type="button" class="button quiet" onClick={() => void discard(d).then(() => swap(""))} data-testid="door-leave">{t("phone.door.leave")}</button>
    </>
  );
}
