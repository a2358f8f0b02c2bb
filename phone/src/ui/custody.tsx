import type { Stage } from "../core/custody";
import { showTime } from "../core/days";
import { Icon } from "./icons";
import { t } from "./state";

export function stageText(stage: Stage): string {
  if (stage.step === "end") return t(`phone.end.${stage.word}`);
  if (stage.step === "photos") return t("phone.step.photos", { n: stage.n ?? 0, m: stage.m ?? 0 });
  if (stage.step === "in_issue" && stage.n === undefined) return t("phone.step.in_issue_open");
  return t(`phone.step.${stage.step}`, stage.n === undefined ? {} : { n: String(stage.n) });
}

/** The whole way of a note, each step with its receipt. */
export function CustodyLine({ list }: { list: Stage[] }) {
  return (
    <ol class="custody" data-testid="custody" aria-label={t("phone.custody")}>
      {list.map((stage) => (
        <li key={stage.step} class={stage.done ? "done" : ""} data-step={stage.step} data-done={stage.done}>
          <span class="dot">{stage.done ? <Icon name="check" size={16} /> : null}</span>
          <span class="custody-word">{stageText(stage)}{!stage.done && <span class="sr"> ({t("phone.step.not_yet")})</span>}</span>
          {stage.done && stage.at !== undefined && !Number.isNaN(stage.at) && <span class="custody-time">{showTime(stage.at)}</span>}
        </li>
      ))}
    </ol>
  );
}
