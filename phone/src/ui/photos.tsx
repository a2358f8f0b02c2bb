/** Photos on the screen: taking one, and seeing those of a draft or a note. */
import type { ComponentChildren } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import type { Draft, LocalPhoto } from "../core/types";
import { draft, removePhoto, takePhoto } from "./draft";
import { Icon } from "./icons";
import { accountStore, announce, number, t } from "./state";

/**
 * Opens the camera. The draft is on disk before it does: on a small phone the browser may not survive the camera.
 * An in-page viewfinder can take this place without the screens noticing.
 */
export function PhotoInput({ before, after, children, testid, class: look }: {
  before?: () => Promise<void>; after?: (d: Draft) => void; children: ComponentChildren; testid: string; class: string;
}) {
  const input = useRef<HTMLInputElement>(null);
  const [busy, setBusy] = useState(false);
  const open = async (): Promise<void> => {
    await before?.();
    if (draft.value) await accountStore().write([{ shelf: "kv", key: "open", value: draft.value.id }]);
    input.current?.click();
  };
  const took = async (): Promise<void> => {
    const file = input.current?.files?.[0];
    if (!file) return;
    setBusy(true);
    try {
      if (!draft.value) await before?.();
      await takePhoto(file);
    } catch {
      announce(t("phone.photos.bad"));
    }
    if (input.current) input.current.value = "";
    setBusy(false);
    if (draft.value) after?.(draft.value);
  };
  return (
    <>
      <button type="button" class={look} disabled={busy} onClick={() => void open()} data-testid={testid}>{busy ? <span>{t("phone.photos.busy")}</span> : children}</button>
      <input ref={input} class="sr" type="file" accept="image/*" capture="environment" tabIndex={-1} aria-hidden="true" aria-label={t("phone.home.photo")}
        data-testid={testid === "take-photo" ? "home-photo-input" : "photo-input"} onChange={() => void took()} />
    </>
  );
}

function useUrl(photo: LocalPhoto): string | undefined {
  const [url, setUrl] = useState<string>();
  useEffect(() => {
    let made: string | undefined;
    let gone = false;
    if (photo.bytes) void accountStore().get("bytes", photo.id).then((bytes) => {
      if (!bytes || gone) return;
      setUrl((made = URL.createObjectURL(new Blob([bytes], { type: photo.type }))));
    });
    return () => {
      gone = true;
      if (made) URL.revokeObjectURL(made);
    };
  }, [photo.id, photo.bytes]);
  return url;
}

export function Thumb({ photo, onRemove, n }: { photo: LocalPhoto; onRemove?: () => void; n: number }) {
  const url = useUrl(photo);
  const percent = photo.phase === "sending" && photo.offset > 0 && photo.offset < photo.size ? Math.floor((100 * photo.offset) / photo.size) : undefined;
  return (
    <figure class="thumb" data-testid={`photo-${photo.id}`} data-state={photo.state ?? photo.phase}>
      {url ? <img src={url} alt={t("phone.photos.alt", { n })} /> : <span class="thumb-gone"><Icon name="camera" size={32} /></span>}
      <figcaption>
        {photo.phase === "draft" ? `≈ ${number(photo.size / 1e6, 1)} MB` : percent === undefined ? t(`phone.photo.${photo.state ?? (photo.phase === "sending" ? "expected" : "waiting")}`) : `${percent} %`}
      </figcaption>
      {onRemove && (
        <button type="button" class="thumb-remove" onClick={onRemove} aria-label={t("phone.photos.remove", { n })}><Icon name="close" size={22} /></button>
      )}
    </figure>
  );
}

export function DraftPhotos({ photos }: { photos: LocalPhoto[] }) {
  return (
    <div class="thumbs">
      {photos.map((p, i) => <Thumb key={p.id} photo={p} n={i + 1} {...(p.phase === "draft" ? { onRemove: () => void removePhoto(p.id) } : {})} />)}
    </div>
  );
}
