/** Photos on the screen: the button that takes one, and those of a draft or a note. */
import type { ComponentChildren } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { wayOf } from "../core/camera";
import { platform } from "../core/enrol";
import type { LocalPhoto } from "../core/types";
import { begin, draft, removePhoto, room, takePhoto, toCover } from "./draft";
import { Icon } from "./icons";
import { go, route, swap } from "./route";
import { accountStore, announce, number, reload, t, troubleOf } from "./state";

/** `asked`: a camera screen that comes back after a kill does not start it unasked. `from`: the step that asked, "" from home. */
export const finder: { asked: boolean; from?: string } = { asked: false };

export const photoWay = (): "finder" | "input" =>
  wayOf({ ios: platform(navigator.userAgent) === "ios", finder: typeof navigator.mediaDevices?.getUserMedia === "function" });

/** A photo just taken is looked at before anything else: may it be kept as it is? `bad`: what to say where none came out. */
export async function check(taking: Promise<string | undefined>, bad: string): Promise<void> {
  const from = route.value;
  try {
    const photo = await taking;
    const d = draft.value;
    if (route.value !== from) return await reload(); // who went on meanwhile finds it in the draft
    if (!d || !photo) return room(d) ? undefined : announce(t("phone.photos.enough"), true);
    await toCover(photo);
    if (route.value === from) (from[2] === "camera" ? swap : go)(`write/${d.id}/cover`);
  } catch (error) {
    console.error(error);
    announce(t(troubleOf(error) === "full" ? "phone.photos.full" : bad), true);
  }
}

/** The phone's own camera. The draft is on disk before it opens: on a small phone the browser may not survive it. */
export function OwnCamera({ before, children, testid, class: look, input: name }: {
  before?: () => Promise<boolean>; children: ComponentChildren; testid: string; class: string; input: string;
}) {
  const input = useRef<HTMLInputElement>(null);
  const [busy, setBusy] = useState(false);
  const open = async (): Promise<void> => {
    finder.from = route.value[2] ?? "";
    if (before && !(await before())) return;
    if (draft.value) await accountStore().write([{ shelf: "kv", key: "open", value: draft.value.id }]);
    input.current?.click();
  };
  const took = async (): Promise<void> => {
    const file = input.current?.files?.[0];
    if (!file) return;
    setBusy(true);
    if (!draft.value) await before?.();
    await check(takePhoto(file), "phone.photos.bad");
    if (input.current) input.current.value = "";
    setBusy(false);
  };
  return (
    <>
      <button type="button" class={look} disabled={busy} onClick={() => void open()} data-testid={testid}>{busy ? <span>{t("phone.photos.busy")}</span> : children}</button>
      <input ref={input} class="sr" type="file" accept="image/*" capture="environment" tabIndex={-1} aria-hidden="true" aria-label={t("phone.home.photo")}
        data-testid={name} onChange={() => void took()} />
    </>
  );
}

/** Takes a photo for the open draft, or begins a note with one. */
export function PhotoButton({ home = false, children, testid, class: look }: { home?: boolean; children: ComponentChildren; testid: string; class: string }) {
  const before = async (): Promise<boolean> => !home || (await begin("observation")) !== undefined;
  if (photoWay() === "input") return <OwnCamera class={look} testid={testid} input={home ? "home-photo-input" : "photo-input"} before={before}>{children}</OwnCamera>;
  const open = async (): Promise<void> => {
    const from = route.value;
    if (!(await before()) || route.value !== from) return; // or gone elsewhere meanwhile
    finder.from = from[2] ?? "";
    finder.asked = true;
    go(`write/${draft.value!.id}/camera`);
  };
  return <button type="button" class={look} data-testid={testid} onClick={() => void open()}>{children}</button>;
}

export function useUrl(photo: LocalPhoto | undefined): string | undefined {
  const [url, setUrl] = useState<string>();
  const id = photo?.bytes ? photo.id : undefined;
  useEffect(() => {
    let made: string | undefined;
    let gone = false;
    if (id) void accountStore().get("bytes", id).then((bytes) => {
      if (!bytes || gone) return;
      setUrl((made = URL.createObjectURL(new Blob([bytes], { type: "image/jpeg" }))));
    });
    return () => {
      gone = true;
      setUrl(undefined);
      if (made) URL.revokeObjectURL(made);
    };
  }, [id]);
  return url;
}

export function Thumb({ photo, n, own = false }: { photo: LocalPhoto; n: number; own?: boolean }) {
  const url = useUrl(photo);
  const percent = photo.phase === "sending" && photo.offset > 0 && photo.offset < photo.size ? Math.floor((100 * photo.offset) / photo.size) : undefined;
  const d = draft.value;
  const open = async (id: string): Promise<void> => {
    const from = route.value;
    finder.from = from[2] ?? "";
    await toCover(photo.id);
    if (route.value === from) go(`write/${id}/cover`);
  };
  return (
    <figure class="thumb" data-testid={`photo-${photo.id}`} data-state={photo.state ?? photo.phase}>
      {url ? <img src={url} alt={t("phone.photos.alt", { n })} /> : <span class="thumb-gone"><Icon name="camera" size={32} /></span>}
      <figcaption>
        {photo.phase === "draft" ? t("phone.photos.kb", { size: number(photo.size / 1e3) }) : percent === undefined ? t(`phone.photo.${photo.state ?? (photo.phase === "sending" ? "expected" : "waiting")}`) : `${percent} %`}
      </figcaption>
      {own && d && (
        <div class="thumb-acts">
          <button type="button" class="button square" onClick={() => void open(d.id)} aria-label={t("phone.photos.cover", { n })} data-testid={`cover-${n}`}><Icon name="brush" size={22} /></button>
          <button type="button" class="button square" onClick={() => void removePhoto(photo.id)} aria-label={t("phone.photos.remove", { n })} data-testid={`remove-${n}`}><Icon name="trash" size={22} /></button>
        </div>
      )}
    </figure>
  );
}

/** With `own`, those not yet part of a saved note can be covered or taken away. */
export function DraftPhotos({ photos, own = false }: { photos: LocalPhoto[]; own?: boolean }) {
  return (
    <div class="thumbs">
      {photos.map((p, i) => <Thumb key={p.id} photo={p} n={i + 1} own={own && p.phase === "draft"} />)}
    </div>
  );
}
