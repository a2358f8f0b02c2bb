/** Words being written: what will be masked is marked where it stands, and doubts are asked about, one at a time. */
import type { ComponentChild } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { align, type Span } from "../core/align";
import { TEXT_MAX, type Draft } from "../core/types";
import { cleaned, loadRules, markers, nameMark, weigh } from "./clean";
import { edit } from "./draft";
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

/** Is a question about this text open? Only once the rules are here. */
export const doubtful = (text: string, spared: readonly string[]): boolean => (look(text, spared)?.doubts.length ?? 0) > 0;

/** Far beyond what may be saved: what is too much is counted, not cut. A paste longer even than this the browser cuts. */
const MOST = 10 * TEXT_MAX;

export interface Words {
  id: string; label: string; hint: string; testid: string; rows: number; text: string; spared: readonly string[];
  /** A key of `phone.write.fault.*`, or a sentence. */
  fault?: string | undefined; onText: (text: string) => void; onSpare: (words: string[]) => void;
  /** Takes the focus on arrival. */ first?: boolean;
  /** Grows when the writer is to see the open question. */ ask?: number;
}

export function MarkedText({ id, label, hint, testid, rows, text, spared, fault, onText, onSpare, first, ask = 0 }: Words) {
  const box = useRef<HTMLTextAreaElement>(null);
  const under = useRef<HTMLDivElement>(null);
  const [still, setStill] = useState(text);
  useEffect(() => void loadRules(), []);
  useEffect(() => {
    const timer = setTimeout(() => setStill(text), 250); // a moment after the writer stops
    return () => clearTimeout(timer);
  }, [text]);
  useEffect(() => setStill(text), [ask]);
  useEffect(() => { if (first) box.current?.focus({ preventScroll: true }); }, []);
  useEffect(() => { if (fault) box.current?.focus(); }, [fault]);
  const found = look(still, spared);
  const fresh = found?.text === text ? found : undefined; // marks of an older text would stand in the wrong place
  const rest = TEXT_MAX - (fresh ? weigh(text).size : [...text].length);
  const follow = (): void => { if (under.current && box.current) under.current.scrollTop = box.current.scrollTop; };
  useEffect(follow);
  return (
    <div class={fault ? "field wrong" : "field"}>
      <label for={id}>{label}</label>
      <p class="hint" id={`${id}-hint`}>{hint}</p>
      {fault && <p class="fault" role="alert" id={`${id}-fault`} data-testid={`${id}-fault`}>{fault}</p>}
      <div class="text-box">
        <div class="text-under" ref={under} aria-hidden="true" data-testid="text-marks">{fresh?.hidden && pieces(text, fresh.hidden, fresh.doubts)}{"\n"}</div>
        <textarea id={id} lang="vi" autocomplete="off" ref={box} rows={rows} value={text} maxLength={MOST} onScroll={follow} onInput={(e) => onText(e.currentTarget.value)}
          aria-describedby={fault ? `${id}-fault` : `${id}-hint`} aria-invalid={fault !== undefined} data-testid={testid} />
      </div>
      <p class={rest < 20 ? "counter low" : "counter"} role={rest < 0 ? "status" : undefined} data-testid="counter">{rest < 0 ? t("phone.write.over", { n: -rest }) : t("phone.write.rest", { n: rest })}</p>
      <div aria-live="polite" class="says">
        {found?.masks && (
          <p class="note-info" data-testid="masked"><Icon name="shield" size={22} />
            {found.hidden ? <span>{t("phone.write.masked_marked")} <span class="sr" lang="vi">{found.result}</span></span> : <span><strong>{t("phone.write.masked")}</strong> <span lang="vi">{found.result}</span></span>}
          </p>
        )}
        {fresh && fresh.doubts.length > 0 && <Doubt text={text} doubts={fresh.doubts} ask={ask} onText={onText} onNo={(word) => onSpare([...spared, word])} />}
      </div>
    </div>
  );
}

/** The words of a note. */
export function TextField({ d, fault, ask }: { d: Draft; fault: string | undefined; ask: number }) {
  return <MarkedText id="text" testid="note-text" rows={5} label={t("phone.write.text")} hint={t("phone.write.text_hint")} text={d.text} spared={d.spared ?? []} ask={ask}
    fault={fault && t(`phone.write.fault.${fault}`)} first={!d.text && !d.photos.length && !d.edits} onText={(text) => void edit({ text })} onSpare={(spared) => void edit({ spared })} />;
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
function Doubt({ text, doubts, ask, onText, onNo }: { text: string; doubts: Span[]; ask: number; onText: (text: string) => void; onNo: (word: string) => void }) {
  const box = useRef<HTMLDivElement>(null);
  const [a, b] = doubts[0]!;
  const word = text.slice(a, b);
  useEffect(() => box.current?.scrollIntoView({ block: "nearest" }), [word, ask]); // on a small screen it would stand under the bar
  useEffect(() => { if (ask) box.current?.focus({ preventScroll: true }); }, [ask]);
  const yes = (): void => {
    const same = doubts.filter((span) => text.slice(...span) === word);
    onText(same.reduceRight((whole, [from, to]) => whole.slice(0, from) + nameMark() + whole.slice(to), text));
  };
  return (
    <div class="note-info doubt" ref={box} tabIndex={-1} data-testid="doubt" role="group" aria-label={t("phone.write.doubt", { word })}>
      <Icon name="question" size={22} />
      <div class="doubt-ask">
        <p>{t("phone.write.doubt", { word })}</p>
        <div class="chips">
          <button type="button" class="chip" onClick={yes} data-testid="doubt-yes"><Icon name="shield" size={20} />{t("phone.write.doubt_yes")}</button>
          <button type="button" class="chip" onClick={() => onNo(word.toLowerCase())} data-testid="doubt-no">{t("phone.write.doubt_no")}</button>
        </div>
      </div>
    </div>
  );
}
