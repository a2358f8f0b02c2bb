import { signal } from "@preact/signals";
import { Component, type ComponentChildren, type ErrorInfo } from "preact";
import { useEffect } from "preact/hooks";
import { loadPages } from "../core/words";
import { AnswerScreen } from "./answer";
import { AnswersScreen } from "./answers";
import { EnrolScreen } from "./enrol";
import { HomeScreen } from "./home";
import { Icon } from "./icons";
import { NoteScreen } from "./note";
import { joining, pinRule } from "./lock";
import { PhoneScreen } from "./phone";
import { ChooseScreen, gate, PinScreen } from "./pin";
import { go, route, swap } from "./route";
import { session, t, toast, unread, vault } from "./state";
import { UpdateStrip } from "./strip";
import { WriteScreen } from "./write";

export function App() {
  const [screen = "", id = "", part = ""] = route.value;
  const outside = ["about", "script", "help"].includes(screen);
  if ((!session.value || joining.value) && !outside) return <main class="page">{gate(screen) ?? <EnrolScreen />}</main>;
  if (vault.value?.lock.by === "none" && pinRule() === "required" && !outside) return <main class="page"><ChooseScreen /></main>;
  const tab = { "": "notes", answers: "answers", phone: "phone" }[screen];
  return (
    <Guard>
      <UpdateStrip />
      <main class={`page page-${screen || "home"}${tab ? " page-tab" : ""}`}>{pick(screen, id, part)}</main>
      {tab && <Tabs at={tab} />}
      <p class="toast" role="status" aria-live="polite" data-testid="toast">{toast.value && screen !== "write" && <span><Icon name="check" size={20} />{toast.value}</span>}</p>
    </Guard>
  );
}

function pick(screen: string, id: string, part: string) {
  switch (screen) {
    case "": return <HomeScreen />;
    case "write": return <WriteScreen id={id} part={part} />;
    case "note": return <NoteScreen key={id} id={id} />;
    case "answers": return <AnswersScreen />;
    case "answer": return <AnswerScreen key={id} id={id} />;
    case "phone": return <PhoneScreen />;
    case "about": case "script": case "help": case "log": return <Seldom screen={screen} />;
    case "pin": return <PinScreen />;
    case "enrol": return <EnrolScreen />;
    default: swap(""); return null;
  }
}

const seldom = signal<typeof import("./seldom") | undefined>(undefined);

/** Pages that opening the app does not wait for; they are in the app's own cache like all else. */
function Seldom({ screen }: { screen: string }) {
  useEffect(() => void loadPages().then(() => import("./seldom")).then((pages) => (seldom.value = pages)), []);
  const Page = seldom.value?.pages[screen];
  return Page ? <Page /> : null;
}

function Tabs({ at }: { at: string }) {
  const tabs = [["notes", "", "notes"], ["answers", "answers", "answers"], ["phone", "phone", "phone"]] as const;
  return (
    <nav class="tabs" aria-label={t("phone.tabs")}>
      {tabs.map(([name, path, icon]) => (
        <a key={name} href={`#/${path}`} aria-current={at === name ? "page" : undefined} data-testid={`tab-${name}`}
          onClick={(e) => { e.preventDefault(); go(path); }}>
          <Icon name={icon} size={26} />
          <span>{t(`phone.tab.${name}`)}</span>
          {name === "answers" && unread.value > 0 && <b class="badge" aria-label={t("phone.unread", { n: unread.value })}>{unread.value}</b>}
        </a>
      ))}
    </nav>
  );
}

/** A broken screen must not hide that everything is still on the phone. */
class Guard extends Component<{ children: ComponentChildren }, { broken: boolean }> {
  override state = { broken: false };
  override componentDidCatch(error: unknown, _info: ErrorInfo): void {
    console.error(error);
    this.setState({ broken: true });
  }
  override render() {
    if (!this.state.broken) return this.props.children;
    return (
      <main class="page">
        <h1>{t("phone.broken.title")}</h1>
        <p>{t("phone.broken.text")}</p>
        <button type="button" class="button main" onClick={() => { location.hash = "#/"; location.reload(); }}>{t("phone.broken.button")}</button>
      </main>
    );
  }
}
