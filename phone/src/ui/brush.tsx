/** Looking at a photo before it is kept: whatever points to a person is painted over, with a finger or with the keyboard. */
import { useEffect, useRef, useState } from "preact/hooks";
import { BRUSHES, drag, PAINT, path, press, undo } from "../core/cover";
import type { Stroke } from "../core/types";
import { cover, draft, furthest, kept, removePhoto, strokes as keepStrokes } from "./draft";
import { Icon } from "./icons";
import { Choices, Top } from "./parts";
import { finder, photoWay, useUrl } from "./photos";
import { back, route, swap } from "./route";
import { announce, photos, t } from "./state";

interface Size { w: number; h: number }
const KEYS: Record<string, [dx: number, dy: number]> = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

export function CoverScreen() {
  const d = draft.value!;
  const photo = photos.value.find((p) => p.id === d.cover?.photo);
  const url = useUrl(photo);
  const [size, setSize] = useState<Size>();
  const [brush, setBrush] = useState<keyof typeof BRUSHES>("big");
  const [busy, setBusy] = useState(false);
  const next = furthest(d);
  useEffect(() => { if (!d.cover && !busy) swap(`write/${d.id}/${next}`); }, [d.cover, busy]);
  if (!d.cover) return null;
  const done = async (): Promise<void> => {
    const here = route.value;
    setBusy(true);
    await cover().catch((error: unknown) => {
      console.error(error);
      announce(t("phone.photos.cover_failed"), true);
    });
    if (draft.value?.cover || route.value !== here) return setBusy(false); // or gone on by another way meanwhile
    if (finder.from === next) back();
    else swap(`write/${d.id}/${next}`);
  };
  const again = async (): Promise<void> => {
    setBusy(true);
    if (photo) await removePhoto(photo.id);
    if (photoWay() === "input") return back();
    finder.asked = true;
    swap(`write/${d.id}/camera`);
  };
  return (
    <>
      <Top title={t("phone.cover.title")} onBack={() => void done()} />
      <p class="cover-rule" id="cover-rule"><Icon name="brush" size={24} /><span>{t("phone.cover.rule")}</span></p>
      <div class="stage" inert={busy} style={size && { aspectRatio: `${size.w} / ${size.h}`, "--ratio": size.w / size.h }}>
        {url && <img src={url} alt={t("phone.cover.photo")} onLoad={(e) => setSize({ w: e.currentTarget.naturalWidth, h: e.currentTarget.naturalHeight })} data-testid="cover-photo" />}
        {size && <Paper key={d.cover.photo} size={size} photo={d.cover.photo} strokes={d.cover.strokes} radius={BRUSHES[brush] * Math.max(size.w, size.h)} />}
      </div>
      <div class="cover-tools">
        <button type="button" class="button" disabled={!d.cover.strokes.length} onClick={() => void keepStrokes(d.cover!.photo, undo(d.cover!.strokes))} data-testid="cover-undo"><Icon name="undo" />{t("phone.cover.undo")}</button>
        <Choices label={t("phone.cover.brush")} testid="brush" value={brush} quiet onPick={(size) => setBrush(size ?? brush)}
          options={(["small", "big"] as const).map((value) => ({ value, text: t(`phone.cover.${value}`) }))} />
      </div>
      <div class="cover-acts">
        <button type="button" class="button" onClick={() => void again()} data-testid="cover-again"><Icon name="camera" />{t("phone.cover.again")}</button>
        <button type="button" class="button main" disabled={busy} onClick={() => void done()} data-testid="cover-done"><Icon name="check" />{busy ? t("phone.cover.busy") : t("phone.cover.done")}</button>
      </div>
    </>
  );
}

/** The strokes over the photo. Each is on disk when the finger leaves the glass. */
function Paper({ size, photo, strokes, radius }: { size: Size; photo: string; strokes: Stroke[]; radius: number }) {
  const [live, setLive] = useState<Stroke[]>();
  const [spot, setSpot] = useState<[number, number]>();
  const now = useRef<Stroke[] | undefined>(undefined);
  const at = (e: PointerEvent): [number, number] => {
    const box = (e.currentTarget as Element).getBoundingClientRect();
    return [((e.clientX - box.left) * size.w) / box.width, ((e.clientY - box.top) * size.h) / box.height];
  };
  const put = (next: Stroke[] | undefined): void => setLive((now.current = next));
  const lift = (): void => {
    if (now.current) void keepStrokes(photo, now.current);
    put(undefined);
  };
  const key = (e: KeyboardEvent): void => {
    const [x, y] = spot ?? [size.w / 2, size.h / 2];
    const step = KEYS[e.key];
    if (step) setSpot([Math.min(size.w, Math.max(0, x + step[0] * radius)), Math.min(size.h, Math.max(0, y + step[1] * radius))]);
    else if (e.key === "Enter" || e.key === " ") void keepStrokes(photo, press(strokes, x, y, radius));
    else return;
    e.preventDefault();
  };
  return (
    <svg class="paper-glass" viewBox={`0 0 ${size.w} ${size.h}`} tabIndex={0} role="application" aria-label={t("phone.cover.keys")} aria-describedby="cover-rule" data-testid="cover-glass"
      data-strokes={strokes.length} data-kept={kept.value} onKeyDown={key} onFocus={(e) => { if (e.currentTarget.matches(":focus-visible")) setSpot([size.w / 2, size.h / 2]); }} onBlur={() => setSpot(undefined)}
      onPointerDown={(e) => { if (!e.isPrimary) return; e.currentTarget.setPointerCapture(e.pointerId); put(press(strokes, ...at(e), radius)); }}
      onPointerMove={(e) => { if (now.current && e.isPrimary) put(drag(now.current, ...at(e))); }}
      onPointerUp={lift} onPointerCancel={lift}>
      {(live ?? strokes).map((stroke, i) => <path key={i} d={path(stroke)} fill="none" stroke={PAINT} stroke-width={2 * stroke.r} stroke-linecap="round" stroke-linejoin="round" />)}
      {spot && <circle cx={spot[0]} cy={spot[1]} r={radius} fill="none" stroke="#fff" stroke-width={size.w / 100} />}
    </svg>
  );
}
