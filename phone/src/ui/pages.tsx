/** The pages that are seldom read, with their words: they come after everything else, or when one is opened. */
import words from "virtual:words/vi-pages";
import { learn } from "../core/words";

export { AboutScreen, ScriptScreen } from "./about";
export { PinScreen } from "./change";
export { DoorStep } from "./door";
export { Firm } from "./firm";
export { HelpScreen } from "./help";
export { InstallScreen } from "./install";
export { LogScreen } from "./log";
export { RescueScreen } from "./rescue";

learn(words);
