/** Whether an iPhone should first put the app on its home screen: Safari clears what stands only in a tab. */
import { signal } from "@preact/signals";
import { platform } from "../core/enrol";

/** The writer goes on in Safari all the same. */
export const inSafari = signal(false);
export const wantsHome = (): boolean =>
  !inSafari.value && platform(navigator.userAgent) === "ios" && (navigator as { standalone?: boolean }).standalone === false;
