import { render } from "preact";
import { codeFromHash } from "./core/enrol";
import { App, loadRest } from "./ui/app";
import { startLoop, startWorker } from "./ui/live";
import { begin, pending, renew, watch } from "./ui/lock";
import { watchInstall } from "./ui/room";
import { startRoutes, swap } from "./ui/route";
import { openPhone } from "./ui/state";

/** A link that enrols opens the code screen with the code filled in; the code leaves the address at once. */
function takeCode(): void {
  const code = codeFromHash(location.hash);
  if (!code) return;
  pending.value = code;
  swap("enrol");
}

async function open(): Promise<void> {
  await openPhone();
  startRoutes();
  takeCode();
  addEventListener("hashchange", takeCode);
  await begin();
  render(<App />, document.getElementById("app")!);
  void loadRest().catch(() => undefined);
  watch();
  watchInstall();
  startLoop();
  await startWorker(renew);
}

open().catch((error: unknown) => {
  console.error(error);
  document.getElementById("app")!.textContent = "Không mở được bộ nhớ của máy này. Hãy đóng hẳn ứng dụng rồi mở lại. / This phone's storage did not open; please close the app and open it again.";
});
