/** The words themselves: what will be masked is marked where it stands, and doubts are asked about, one at a time. */
import type { ComponentChild } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { align, type Span } from "../core/align";
import { TEXT_MAX, type Draft } from "../core/types";
import { cleaned, loadRules, markers, nameMark } from "./clean";
import { draft, edit, type SaveProblem } from "./draft";
import { Icon } from "./icons";
import { t } from "./state";

/** What cleaning says of the text as it stands on the screen. */
interface Found { text: string; hidden: Span[] | undefined; doubts: Span[]; masks: boolean; result: string }

function look(text: string, spared: readonly string[]): Found | undefined {
  const start = text.length - text.trimStart().length;
  const typed = text.trim();
  const found = cleaned(typed.normalize("NFC"));
  if (!found) return undefined;
  const fit = align(typed, found.text, markers());
  const shift = ([a, b]: Span): Span => [a + start, b + start];
  const doubts = fit ? found.suspects.map(([a, b]): Span => shift([fit.back(a), fit.back(b)])).filter(([a, b]) => !spared.includes(text.slice(a, b).toLowerCase())) : [];
  return { text, hidden: fit?.hidden.map(shift), doubts, masks: Object.keys(found.finds).length > 0, result: found.text };
}

export function TextField({ d, fault }: { d: Draft; fault: SaveProblem | undefined }) {
  const box = useRef<HTMLTextAreaElement>(null);
  const under = useRef<HTMLDivElement>(null);
  const [still, setStill] = useState(d.text);
  useEffect(() => void loadRules(), []);
  useEffect(() => {
    const timer = setTimeout(() => setStill(d.text), 250); // a moment after the writer stops
    return () => clearTimeout(timer);
  }, [d.text]);
  useEffect(() => { if (fault === "empty") box.current?.focus(); }, [fault]);
  const rest = TEXT_MAX - [...d.text].length;
  const found = look(still, d.spared ?? []);
  const fresh = found?.text === d.text ? found : undefined; // marks of an older text would stand in the wrong place
  const follow = (): void => { if (under.current && box.current) under.current.scrollTop = box.current.scrollTop; };
  useEffect(follow);
  const put = (text: string): void => void edit({ text: [...text].slice(0, TEXT_MAX).join("") });
  return (
    <div class={fault === "empty" ? "field wrong" : "field"}>
      <label for="text">{t("phone.write.text")}</label>
      <p class="hint" id="text-hint">{t("phone.write.text_hint")}</p>
      {fault === "empty" && <p class="fault" role="alert" id="text-fault">{t("phone.write.fault.empty")}</p>}
      <div class="text-box">
        <div class="text-under" ref={under} aria-hidden="true" data-testid="text-marks">{fresh?.hidden && pieces(d.text, fresh.hidden, fresh.doubts)}{"\n"}</div>
        <textarea id="text" autocomplete="off" ref={box} rows={5} value={d.text} onScroll={follow} onInput={(e) => { put(e.currentTarget.value); e.currentTarget.value = draft.value?.text ?? ""; }}
          aria-describedby={fault === "empty" ? "text-fault" : "text-hint"} aria-invalid={fault === "empty"} data-testid="note-text" />
      </div>
      <p class={rest < 20 ? "counter low" : "counter"} data-testid="counter">{t("phone.write.rest", { n: rest })}</p>
      <div aria-live="polite" class="says">
        {found?.masks && (
          <p class="note-info" data-testid="masked"><Icon name="shield" size={22} />
            {found.hidden ? <span>{t("phone.write.masked_marked")} <span class="sr">{found.result}</span></span> : <span><strong>{t("phone.write.masked")}</strong> {found.result}</span>}
          </p>
        )}
        {fresh && fresh.doubts.length > 0 && <Doubt d={d} doubts={fresh.doubts} />}
      </div>
    </div>
  );
}

/** The text again, under the real one, with only the marks to be seen. */
function pieces(text: string, hidden: Span[], doubts: Span[]) {
  const spans = [...hidden.map((span) => ({ span, look: "hides" })), ...doubts.map((span) => ({ span, look: "doubts" }))].sort((x, y) => x.span[0] - y.span[0]);
  const out: ComponentChild[] = [];
  let done = 0;
  for (const { span: [a, b], look } of spans) {
    if (a < done) continue;
    out.push(text.slice(done, a), <mark key={a} class={look}>{text.slice(a, b)}</mark>);
    done = b;
  }
  return [...out, text.slice(done)];
}

/** Only the writer knows whether "bác Tư" is somebody. Yes masks it here and now; no keeps it, on this phone's word. */
function Doubt({ d, doubts }: { d: Draft; doubts: Span[] }) {
  const [a, b] = doubts[0]!;
  const word = d.text.slice(a, b);
  const yes = (): void => {
    const same = doubts.filter((span) => d.text.slice(...span) === word);
    void edit({ text: same.reduceRight((text, [from, to]) => text.slice(0, from) + nameMark() + text.slice(to), d.text) });
  };
  return (
    <div class="note-info doubt" data-testid="doubt" role="group" aria-label={t("phone.write.doubt", { word })}>
      <Icon name="question" size={22} />
      <div class="doubt-ask">
        <p>{t("phone.write.doubt", { word })}</p>
        <div class="chips">
          <button type="button" class="chip" onClick={yes} data-testid="doubt-yes"><Icon name="shield" size={20} />{t("phone.write.doubt_yes")}</button>
          <button type="button" class="chip" onClick={() => void edit({ spared: [...(d.spared ?? []), word.toLowerCase()] })} data-testid="doubt-no">{t("phone.write.doubt_no")}</button>
        </div>
      </div>
    </div>
  );
}
