/** Writing a note: kind → topic → words. Each step is on disk before the next one shows. */
import { signal } from "@preact/signals";
import { useEffect, useState } from "preact/hooks";
import { laneOf, topicsFor } from "../core/lanes";
import { KINDS, type Draft, type Kind, type Topic } from "../core/types";
import { CoverScreen } from "./brush";
import { CameraScreen } from "./camera";
import { cover, draft, edit, laneNow, leave, reopen, without } from "./draft";
import { Icon } from "./icons";
import { later } from "./later";
import { BackTop, Top } from "./parts";
import { PlaceStep } from "./place";
import { DraftPhotos } from "./photos";
import { back, go, swap } from "./route";
import { accountStore, complain, photos, t, topicName, topics, troubleOf } from "./state";
import { WordsStep } from "./words";

const STEPS = new Set(["kind", "topic", "words", "camera", "cover"]);
const DoorStep = later<{ topic: string }>(async () => (await import("./pages")).DoorStep, () => <BackTop title={t("phone.write.topic")} />);
/** The matter for a formal door just looked at: in memory only, a door matter leaves nothing on the phone. */
const doorTopic = signal<string | undefined>(undefined);

export function WriteScreen({ id, part }: { id: string; part: string }) {
  const [ready, setReady] = useState(draft.value?.id === id);
  useEffect(() => {
    let gone = false;
    void reopen(id).catch((error: unknown) => complain(troubleOf(error))).then((found) => {
      if (gone) return;
      if (!found) return swap("");
      if (!part) swap(`write/${id}/${draft.value!.step}`);
      setReady(true);
      accountStore().write([{ shelf: "kv", key: "open", value: id }]).catch(troubleOf); // a restart only does not begin with it
    });
    return () => {
      gone = true;
      void leave(id);
    };
  }, [id]);
  useEffect(() => {
    if (!ready) return;
    if (STEPS.has(part) && draft.value?.step !== part) void edit({ step: part as Draft["step"] });
    if (part !== "cover" && draft.value?.cover) void cover().catch((error: unknown) => console.error(error)); // Back is no reason to leave a face bare
  }, [part, ready]);
  const d = draft.value;
  if (!ready || !d || d.id !== id) return ready ? null : <BackTop title={t("phone.home.title")} />;
  if (part === "camera") return <CameraScreen />;
  if (part === "cover") return <CoverScreen />;
  if (part === "place") return <PlaceStep />;
  if (part === "door" && doorTopic.value) return <DoorStep topic={doorTopic.value} />;
  if (part === "words" && d.kind && d.topic && laneNow(d) !== "door") return <WordsStep choose={choose} />;
  return d.kind && part !== "kind" ? <TopicStep kind={d.kind} /> : <KindStep />;
}

function choose(code: string): void {
  const d = draft.value;
  const topic = topics.value.get(code);
  if (!d?.kind || !topic) return;
  const door = laneOf(topic, d.kind) === "door";
  if (door) doorTopic.value = code;
  else void edit({ topic: code });
  go(`write/${d.id}/${door ? "door" : "words"}`);
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

const below = (kind: Kind, parent = ""): Topic[] => topicsFor([...topics.value.values()], kind, parent);

/** One tap where the topic may stand for itself (its finer ones come with the words); else its list opens. */
const opens = (topic: Topic, kind: Kind): boolean => {
  const lane = laneOf(topic, kind);
  return below(kind, topic.code).length > 0 && (lane === undefined || lane === "door");
};

function TopicStep({ kind }: { kind: Kind }) {
  const d = draft.value!;
  const parent = d.parent ?? "";
  const tap = (topic: Topic): void => {
    if (!opens(topic, kind)) return choose(topic.code);
    void edit({ parent: topic.code });
    scrollTo(0, 0);
  };
  return (
    <>
      <Top key={parent} title={parent ? topicName(parent) : t("phone.write.topic")} onBack={() => (parent ? void without("parent") : back())} sub={t("phone.write.step", { n: 2, m: 3 })} />
      <PhotoStrip />
      {!topics.value.size && <p class="note-info">{t("phone.write.no_topics")}</p>}
      <div class={parent ? "rows" : "tiles tiles-small"}>
        {below(kind, parent).map((topic) => (
          <button key={topic.code} type="button" class={parent ? "row" : `tile${laneOf(topic, kind) === "door" ? " tile-door" : ""}`} data-testid={`topic-${topic.code}`}
            aria-pressed={d.topic === topic.code} onClick={() => tap(topic)}>
            <span class="tile-icon"><Icon name={topic.icon ?? "more"} size={parent ? 26 : 30} /></span>
            <span class="tile-name">{topicName(topic.code)}</span>
          </button>
        ))}
      </div>
    </>
  );
}
