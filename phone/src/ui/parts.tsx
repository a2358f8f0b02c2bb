/** Small pieces every screen uses. */
import type { ComponentChildren } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { loadPages } from "../core/words";
import { Icon } from "./icons";
import { hasPin, lock } from "./lock";
import { back, route } from "./route";
import { choose, lang, session, t } from "./state";

/** The name of a screen. It takes the focus when the address changes, so that it is read out, and stands in the window's title:
 * not where it may name a topic, since the browser keeps titles, with their times, in a history that no PIN guards. */
export function Heading({ title, ours = true, look }: { title: string; ours?: boolean; look?: string }) {
  const box = useRef<HTMLHeadingElement>(null);
  const at = route.value.join("/");
  useEffect(() => void (document.title = title === NAME || /^(write|note|answer)\b/.test(at) ? NAME : `${title} – ${NAME}`), [title, at]);
  useEffect(() => box.current?.focus({ preventScroll: true }), [at]);
  return <h1 ref={box} tabIndex={-1} class={look} lang={ours ? undefined : "vi"}>{title}</h1>;
}
const NAME = "Sổ Tay";

/** Words of the ward and of writers: they are Vietnamese, whatever the app speaks. */
export const Vi = ({ children, look }: { children: ComponentChildren; look?: string }) => <span lang="vi" class={look}>{children}</span>;

export function Top({ title, onBack, sub, ours = true }: { title: string; onBack?: (() => void) | undefined; sub?: string; ours?: boolean }) {
  return (
    <header class="top">
      {onBack && (
        <button type="button" class="top-back" onClick={onBack} aria-label={t("phone.back")} data-testid="back">
          <Icon name="back" size={28} />
        </button>
      )}
      <div class="top-words">
        <Heading title={title} ours={ours} />
        {sub && <p>{sub}</p>}
      </div>
      <LockNow />
      <LangSwitch />
    </header>
  );
}

/** Out of sight in one tap. */
function LockNow() {
  if (!session.value || !hasPin()) return null;
  return <button type="button" class="lang lock" onClick={lock} aria-label={t("phone.pin.lock_now")} data-testid="lock-now"><Icon name="lock" size={24} /></button>;
}

export function LangSwitch() {
  const other = lang.value === "vi" ? "en" : "vi";
  return (
    <button type="button" class="lang" data-testid="lang-switch" lang={other} onClick={() => void choose(other)}
      aria-label={other === "en" ? "EN, switch to English" : "VI, chuyển sang tiếng Việt"}>
      {other === "en" ? "EN" : "VI"}
    </button>
  );
}

export function BackTop(props: { title: string; sub?: string; ours?: boolean }) {
  return <Top {...props} onBack={back} />;
}

/** A row of choices of which one or none is taken. */
export function Choices<T extends string>({ label, hint, options, value, onPick, testid, quiet = false }: {
  label: string; hint?: string; quiet?: boolean; options: { value: T; text: string }[]; value: T | undefined; onPick: (value: T | undefined) => void; testid: string;
}) {
  return (
    <fieldset class="field">
      <legend class={quiet ? "sr" : undefined}>{label}{hint && <span class="hint"> {hint}</span>}</legend>
      <div class="chips">
        {options.map((o) => (
          <button key={o.value} type="button" class="chip" aria-pressed={value === o.value} data-testid={`${testid}-${o.value}`}
            onClick={() => onPick(value === o.value ? undefined : o.value)}>
            {value === o.value && <Icon name="check" size={18} />}{o.text}
          </button>
        ))}
      </div>
    </fieldset>
  );
}

export function Empty({ icon, title, children }: { icon: string; title: string; children?: ComponentChildren }) {
  return (
    <div class="empty">
      <span class="empty-icon"><Icon name={icon} size={40} /></span>
      <h2>{title}</h2>
      {children}
    </div>
  );
}

/** A part of a sentence whose figure we do not know is left out. */
const fill = (text: string): string => text.replace(/[;,][^;,.]*\{\w+\}[^;,.]*/g, "");

/** A refusal in words: from the catalogue by its code. */
export function Fault({ code, values = {}, children }: { code: string; values?: Record<string, string | number>; children?: ComponentChildren }) {
  const [, heard] = useState(false);
  useEffect(() => void loadPages().then(() => heard(true), () => undefined), []); // till then in general words
  const key = `problem.${code}.sentence`;
  const known = t(key) !== key;
  return (
    <>
      <strong>{known ? t(key) : t("phone.fault.other")}</strong>
      {children}
      <span>{known ? fill(t(`problem.${code}.remedy`, values)) : t("phone.fault.other_remedy")}</span>
    </>
  );
}
