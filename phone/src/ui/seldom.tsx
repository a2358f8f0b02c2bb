/** The pages that are seldom read, in a part of their own. */
import type { ComponentType } from "preact";
import { AboutScreen, ScriptScreen } from "./about";
import { HelpScreen } from "./help";
import { LogScreen } from "./log";

export const pages: Record<string, ComponentType> = { about: AboutScreen, script: ScriptScreen, help: HelpScreen, log: LogScreen };
