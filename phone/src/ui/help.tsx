/** Help in pictures: five steps, drawn by us; each picture has its sentence beside it. */
import { BackTop } from "./parts";
import { t } from "./state";

const PHONE = "M34 6h52a8 8 0 0 1 8 8v72a8 8 0 0 1-8 8H34a8 8 0 0 1-8-8V14a8 8 0 0 1 8-8z";
const HALL = "M138 90V50l30-18 30 18v40zM130 90h76M160 90V68h16v22M168 32V16h14v8h-14";
/** `line`: drawn as it is; `mark`: the one thing to look at, in the strong colour. */
const PICTURES: Record<string, { line: string[]; mark: string[] }> = {
  write: { line: [PHONE, "M38 24h44M38 36h44M38 48h24"], mark: ["M34 66h52v18H34z", "M130 78l6-24 44-44 16 16-44 44zM168 22l16 16"] },
  keep: { line: [PHONE, "M140 84a20 20 0 0 1 0-40 26 26 0 0 1 50-4 20 20 0 0 1-2 44zM130 24l66 70"], mark: ["M42 50l14 14 24-28"] },
  send: { line: [PHONE, HALL, "M38 24h44M38 36h44"], mark: ["M100 62h26M116 52l10 10-10 10", "M42 62h34v20H42z"] },
  stand: { line: ["M40 14v72"], mark: ["M40 8a7 7 0 1 0 0 14a7 7 0 1 0 0-14zM40 43a7 7 0 1 0 0 14a7 7 0 1 0 0-14z", "M62 15h84M62 50h64", "M40 79a7 7 0 1 0 0 14a7 7 0 1 0 0-14zM62 86h100"] },
  answer: { line: [HALL, "M14 88c0-22 30-22 30 0M29 50a9 9 0 1 0 0 18a9 9 0 1 0 0-18zM54 88c0-22 30-22 30 0M69 50a9 9 0 1 0 0 18a9 9 0 1 0 0-18z"], mark: ["M48 10h62v26H78l-12 10V36H48zM58 19h42M58 27h28"] },
  home: { line: [PHONE, "M38 22h12v12H38zM70 22h12v12H70zM38 46h12v12H38zM112 50h18M122 42l8 8-8 8"], mark: ["M66 42h20v20H66zM76 47v10M71 52h10", "M140 34h60v34h-60zM154 51h32M170 41v20"] },
};

export function HelpScreen() {
  return (
    <>
      <BackTop title={t("phone.help.title")} />
      <ol class="help">
        {Object.entries(PICTURES).map(([name, { line, mark }]) => (
          <li key={name}>
            <svg viewBox="0 0 220 100" aria-hidden="true" focusable="false"><path d={line.join("")} /><path class="mark" d={mark.join("")} /></svg>
            <h2>{t(`phone.help.${name}`)}</h2>
            <p>{t(`phone.help.${name}_text`)}</p>
          </li>
        ))}
      </ol>
    </>
  );
}
