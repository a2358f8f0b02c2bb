/** The screens that opening the app does not wait for; they follow at once, in a part of their own. */
import type { ComponentType } from "preact";
import words from "virtual:words/vi-rest";
import { learn } from "../core/words";
import { AnswerScreen } from "./answer";
import { AnswersScreen } from "./answers";
import { NoteScreen } from "./note";
import { later } from "./later";
import { BackTop } from "./parts";
import { PhoneScreen } from "./phone";
import { t } from "./state";
import { WriteScreen } from "./write";

learn(words);

const page = (name: Exclude<keyof typeof import("./pages"), "DoorStep" | "Firm">) => later<object>(async () => (await import("./pages"))[name], () => <BackTop title={t("phone.home.title")} />);

export const rest: Record<string, ComponentType<{ id: string; part: string }>> = {
  write: WriteScreen, note: NoteScreen, answers: AnswersScreen, answer: AnswerScreen, phone: PhoneScreen,
  about: page("AboutScreen"), script: page("ScriptScreen"), help: page("HelpScreen"), install: page("InstallScreen"), log: page("LogScreen"), rescue: page("RescueScreen"), pin: page("PinScreen"),
};
