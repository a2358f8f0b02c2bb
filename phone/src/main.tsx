import { render } from "preact";
import { codeFromHash } from "./core/enrol";
import { App } from "./ui/app";
import { pending } from "./ui/enrol";
import { joinAccount, startLoop, startWorker } from "./ui/live";
import { startRoutes, swap } from "./ui/route";
import { accountStore, hasAccount, openAccount, openPhone } from "./ui/state";

/** A link that enrols opens the code screen with the code filled in; the code leaves the address at once. */
function takeCode(): void {
  const code = codeFromHash(location.hash);
  if (!code) return;
  pending.value = code;
  swap("enrol");
}

async function open(): Promise<void> {
  await openPhone();
  await openAccount();
  startRoutes();
  takeCode();
  addEventListener("hashchange", takeCode);
  const draft = hasAccount() && !location.hash.startsWith("#/") ? await accountStore().get("kv", "open") : undefined;
  if (typeof draft === "string" && (await accountStore().get("drafts", draft))) swap(`write/${draft}`);
  joinAccount();
  render(<App />, document.getElementById("app")!);
  startLoop();
  await startWorker();
}

open().catch((error: unknown) => {
  console.error(error);
  document.getElementById("app")!.textContent = "Không mở được bộ nhớ của máy này. Hãy đóng hẳn ứng dụng rồi mở lại. / This phone's storage did not open; please close the app and open it again.";
});
