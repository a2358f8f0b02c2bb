import { signal } from "@preact/signals";
import { Component, type ComponentChildren, type ComponentType, type ErrorInfo } from "preact";
import { EnrolScreen } from "./enrol";
import { HomeScreen } from "./home";
import { Icon } from "./icons";
import { wantsHome } from "./homescreen";
import { usePart } from "./later";
import { joining, pinRule } from "./lock";
import { ChooseScreen } from "./choose";
import { gate } from "./gate";
import { BackTop } from "./parts";
import { go, route, swap } from "./route";
import { session, t, toast, unread, vault } from "./state";
import { UpdateStrip } from "./strip";

export function App() {
  const [screen = "", id = "", part = ""] = route.value;
  const outside = ["about", "script", "help"].includes(screen) || (screen === "rescue" && vault.value !== undefined);
  const before = outside ? undefined
    : !session.value || joining.value ? (gate(screen) ?? (wantsHome() ? pick("install", "", "") : <EnrolScreen />))
      : vault.value?.lock.by === "none" && pinRule() === "required" ? <ChooseScreen /> : undefined;
  if (before) return <><main class="page">{before}</main><Toast /></>;
  const tab = { "": "notes", answers: "answers", phone: "phone" }[screen];
  return (
    <Guard>
      <UpdateStrip />
      <main class={`page page-${screen || "home"}${tab ? " page-tab" : ""}`}>{pick(screen, id, part)}</main>
      {tab && <Tabs at={tab} />}
      <Toast />
    </Guard>
  );
}

/** Over a note being written only what went wrong: it hides the heading for a while. */
function Toast() {
  const said = toast.value;
  return <p class="toast" role="status" aria-live="polite" data-testid="toast">{said && (said.bad || route.value[0] !== "write") && <span><Icon name={said.bad ? "alert" : "check"} size={20} />{said.text}</span>}</p>;
}

/** Screens by the first word of their address; a new one is written down here, or in `rest.tsx`. */
const SCREENS: Record<string, ComponentType<{ id: string; part: string }>> = { "": HomeScreen, enrol: EnrolScreen };
const rest = signal<typeof import("./rest") | undefined>(undefined);

/** The other screens: fetched as soon as the first one stands. */
export async function loadRest(): Promise<void> {
  rest.value ??= await import("./rest");
}

function pick(screen: string, id: string, part: string) {
  if (!Object.hasOwn(SCREENS, screen) && rest.value && !Object.hasOwn(rest.value.rest, screen)) return swap(""), null;
  const Screen = SCREENS[screen] ?? rest.value?.rest[screen];
  return Screen ? <Screen key={screen === "write" ? "" : id} id={id} part={part} /> : <Wait />;
}

/** For the blink of an eye; longer only where the first visit was cut short. */
function Wait() {
  const missing = usePart(loadRest);
  return <><BackTop title={t("phone.home.title")} />{missing}</>;
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
