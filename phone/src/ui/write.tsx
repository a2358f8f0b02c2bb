/** Writing a note: kind → topic → words. Each step is on disk before the next one shows. */
import { useEffect, useState } from "preact/hooks";
import { topicsFor } from "../core/lanes";
import { KINDS, type Kind } from "../core/types";
import { DoorStep } from "./door";
import { draft, edit, laneNow, leave, reopen, without } from "./draft";
import { Icon } from "./icons";
import { Top } from "./parts";
import { PlaceStep } from "./place";
import { DraftPhotos } from "./photos";
import { back, go, swap } from "./route";
import { accountStore, photos, t, topicName, topics } from "./state";
import { WordsStep } from "./words";

export function WriteScreen({ id, part }: { id: string; part: string }) {
  const [ready, setReady] = useState(draft.value?.id === id);
  useEffect(() => {
    void reopen(id).then((found) => {
      if (!found) return swap("");
      void accountStore().write([{ shelf: "kv", key: "open", value: id }]);
      if (!part) swap(`write/${id}/${draft.value!.step}`);
      setReady(true);
    });
    return () => void leave();
  }, [id]);
  useEffect(() => {
    if (ready && (part === "kind" || part === "topic" || part === "words")) void edit({ step: part });
  }, [part, ready]);
  const d = draft.value;
  if (!ready || !d || d.id !== id) return null;
  if (part === "topic") return d.kind ? <TopicStep kind={d.kind} /> : <KindStep />;
  if (part === "place") return <PlaceStep />;
  if (part === "words" && d.kind && d.topic) return laneNow(d) === "door" ? <DoorStep /> : <WordsStep />;
  return <KindStep />;
}

function PhotoStrip() {
  const mine = photos.value.filter((p) => draft.value?.photos.includes(p.id));
  return mine.length ? <DraftPhotos photos={mine} /> : null;
}

function KindStep() {
  const pick = (kind: Kind): void => {
    void edit({ kind });
    go(`write/${draft.value!.id}/topic`);
  };
  return (
    <>
      <Top title={t("phone.write.kind")} onBack={back} sub={t("phone.write.step", { n: 1, m: 3 })} />
      <PhotoStrip />
      <div class="tiles">
        {KINDS.map((kind) => (
          <button key={kind} type="button" class="tile" data-testid={`kind-${kind}`} aria-pressed={draft.value?.kind === kind} onClick={() => pick(kind)}>
            <span class="tile-icon"><Icon name={kind} size={34} /></span>
            <span class="tile-name">{t(`phone.kind.${kind}`)}</span>
            <span class="tile-hint">{t(`phone.kind_hint.${kind}`)}</span>
          </button>
        ))}
      </div>
    </>
  );
}

function TopicStep({ kind }: { kind: Kind }) {
  const d = draft.value!;
  const [parent, setParent] = useState(d.parent ?? "");
  const list = topicsFor([...topics.value.values()], kind, parent);
  const choose = (code: string): void => {
    if (parent !== code && topicsFor([...topics.value.values()], kind, code).length) {
      setParent(code);
      void edit({ parent: code });
      scrollTo(0, 0);
      return;
    }
    void edit({ topic: code });
    go(`write/${d.id}/words`);
  };
  const up = (): void => {
    if (!parent) return back();
    setParent("");
    void without("parent");
  };
  const itself = topics.value.get(parent);
  const whole = itself && itself.lanes[kind] !== undefined && itself.lanes[kind] !== "door";
  return (
    <>
      <Top title={parent ? topicName(parent) : t("phone.write.topic")} onBack={up} sub={t("phone.write.step", { n: 2, m: 3 })} />
      <PhotoStrip />
      {!topics.value.size && <p class="note-info">{t("phone.write.no_topics")}</p>}
      <div class={parent ? "rows" : "tiles tiles-small"}>
        {list.map((topic) => (
          <button key={topic.code} type="button" class={parent ? "row" : `tile${topic.code.startsWith("D") ? " tile-door" : ""}`} data-testid={`topic-${topic.code}`}
            aria-pressed={d.topic === topic.code} onClick={() => choose(topic.code)}>
            <span class="tile-icon"><Icon name={topic.icon ?? "more"} size={parent ? 26 : 30} /></span>
            <span class="tile-name">{topicName(topic.code)}</span>
          </button>
        ))}
        {whole && (
          <button type="button" class="row" data-testid={`topic-${parent}`} onClick={() => choose(parent)}>
            <span class="tile-icon"><Icon name="more" size={26} /></span>
            <span class="tile-name">{t("phone.write.whole_topic")}</span>
          </button>
        )}
      </div>
    </>
  );
}
