/** The viewfinder in the page. Nothing goes to the phone's gallery; the camera is off whenever this screen is not seen. */
import { useEffect, useRef, useState } from "preact/hooks";
import { after, type Happening } from "../core/camera";
import { draft, furthest, room, takePhoto } from "./draft";
import { Icon } from "./icons";
import { Heading, LangSwitch } from "./parts";
import { check, finder, OwnCamera } from "./photos";
import { back, swap } from "./route";
import { t } from "./state";

/** Enough for 1600 px; a phone with 2 GB chokes on more. */
const WISH: MediaStreamConstraints = { audio: false, video: { facingMode: { ideal: "environment" }, width: { ideal: 1920 }, height: { ideal: 1440 } } };
type Lamp = MediaTrackCapabilities & { torch?: boolean };
type LampOn = MediaTrackConstraintSet & { torch: boolean };

export function CameraScreen() {
  const [state, setState] = useState(() => after("idle", finder.asked ? "open" : "hidden"));
  const tell = (what: Happening): void => setState((now) => after(now, what));
  const video = useRef<HTMLVideoElement>(null);
  const track = useRef<MediaStreamTrack | undefined>(undefined);
  const [lamp, setLamp] = useState<boolean>();

  const stop = (): void => {
    track.current?.stop();
    track.current = undefined;
    if (video.current) video.current.srcObject = null;
    setLamp(undefined);
  };
  useEffect(() => {
    const away = (): void => {
      if (document.visibilityState === "visible") return void (finder.asked && tell("open"));
      stop();
      tell("hidden");
    };
    document.addEventListener("visibilitychange", away);
    return () => {
      document.removeEventListener("visibilitychange", away);
      stop();
    };
  }, []);
  useEffect(() => {
    if (state !== "asking") return;
    let gone = false;
    void start(() => gone).then(tell, (error: unknown) => tell({ failed: (error as Error).name }));
    return () => void (gone = true);
  }, [state]);

  async function start(gone: () => boolean): Promise<Happening> {
    stop();
    const stream = await navigator.mediaDevices.getUserMedia(WISH);
    const found = stream.getVideoTracks()[0];
    const screen = video.current;
    if (gone() || !screen || !found) {
      stream.getTracks().forEach((each) => each.stop());
      return "hidden";
    }
    track.current = found;
    found.onended = () => tell("lost");
    screen.srcObject = stream;
    await screen.play();
    if ((found.getCapabilities?.() as Lamp | undefined)?.torch) setLamp(false);
    return "granted";
  }
  const light = async (): Promise<void> => {
    const on = !lamp;
    await track.current?.applyConstraints({ advanced: [{ torch: on } as LampOn] }).then(() => setLamp(on), () => setLamp(undefined));
  };
  const shoot = async (): Promise<void> => {
    if (after(state, "shoot") === state || !video.current) return;
    tell("shoot");
    await check(takePhoto(createImageBitmap(video.current)), "phone.camera.again");
    tell("kept");
  };
  const open = (): void => {
    finder.asked = true;
    tell("open");
  };
  const leave = (): void => {
    const d = draft.value;
    if (finder.asked || !d) back();
    else swap(`write/${d.id}/${furthest(d)}`); // there is nothing of ours to go back to after a restart
  };
  const stopped = state === "idle" || state === "denied" || state === "missing" || state === "busy";
  return (
    <section class="camera" aria-label={t("phone.camera.title")} data-testid="camera" data-state={state}>
      <header class="camera-top"><Heading title={t("phone.camera.title")} look="sr" /><p><Icon name="place" size={24} />{t("phone.camera.rule")}</p><LangSwitch /></header>
      <div class="camera-view">
        <video ref={video} playsInline muted autoplay aria-label={t("phone.camera.view")} hidden={stopped} />
        {stopped && (
          <div class="camera-why" role="status">
            <Icon name={state === "idle" ? "camera" : "alert"} size={44} />
            <h2>{t(`phone.camera.${state}`)}</h2>
            <p>{t(`phone.camera.${state}_text`)}</p>
            <button type="button" class="button main" onClick={open} data-testid="camera-open"><Icon name="camera" />{t(state === "idle" ? "phone.camera.open" : "phone.again")}</button>
            <OwnCamera class="button" testid="own-camera" input="camera-photo-input"><Icon name="phone" />{t("phone.camera.own")}</OwnCamera>
          </div>
        )}
        {state === "asking" && <p class="camera-wait" role="status">{t("phone.camera.asking")}</p>}
      </div>
      <div class="camera-bar">
        <button type="button" class="camera-side" onClick={leave} data-testid="back"><Icon name="back" size={28} /><span>{t("phone.back")}</span></button>
        <button type="button" class="shutter" disabled={state !== "live" || !room(draft.value)} onClick={() => void shoot()} aria-label={t("phone.camera.shoot")} data-testid="shutter"><span /></button>
        {lamp === undefined
          ? <span class="camera-side" />
          : <button type="button" class="camera-side" aria-pressed={lamp} onClick={() => void light()} data-testid="torch"><Icon name="torch" size={28} /><span>{t(lamp ? "phone.camera.torch_off" : "phone.camera.torch")}</span></button>}
      </div>
    </section>
  );
}
