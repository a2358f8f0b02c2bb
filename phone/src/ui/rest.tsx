/** The screens that opening the app does not wait for; they follow at once, in a part of their own. */
import type { ComponentType } from "preact";
import words from "virtual:words/vi-rest";
import { learn } from "../core/words";
import { AboutScreen, ScriptScreen } from "./about";
import { AnswerScreen } from "./answer";
import { AnswersScreen } from "./answers";
import { HelpScreen } from "./help";
import { InstallScreen } from "./install";
import { LogScreen } from "./log";
import { NoteScreen } from "./note";
import { later } from "./later";
import { PhoneScreen } from "./phone";
import { WriteScreen } from "./write";

learn(words);

const RescueScreen = later(async () => (await import("./rescue")).RescueScreen);

export const rest: Record<string, ComponentType<{ id: string; part: string }>> = {
  write: WriteScreen, install: InstallScreen, note: NoteScreen, answers: AnswersScreen, answer: AnswerScreen, phone: PhoneScreen, about: AboutScreen, script: ScriptScreen, help: HelpScreen, log: LogScreen, rescue: RescueScreen,
};
/** Those whose words come by themselves too. */
export const PAGES = ["about", "script", "help", "rescue"];
