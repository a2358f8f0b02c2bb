/** The script card and the page about the data: a few plain sentences, readable without network. */
import { Icon } from "./icons";
import { BackTop } from "./parts";
import { lang, settings, t } from "./state";

const SCRIPT = ["who", "matter", "never", "decline", "stop"];
const ABOUT = ["what", "not", "opinion", "photos", "who_reads", "trace", "how_long", "here", "risk", "remove", "law"];

function Points({ group, keys, icon }: { group: string; keys: string[]; icon: string }) {
  return (
    <ul class="points">
      {keys.map((key) => <li key={key}><Icon name={icon} size={24} /><div><h2>{t(`phone.${group}.${key}`)}</h2><p>{t(`phone.${group}.${key}_text`)}</p></div></li>)}
    </ul>
  );
}

export function ScriptScreen() {
  const own = settings.value.map((s) => s.script as Record<string, string> | undefined).find(Boolean);
  return <><BackTop title={t("phone.script.title")} /><p class="lead">{t("phone.script.lead")}</p>{own && <p class="lead">{own[lang.value]}</p>}<Points group="script" keys={SCRIPT} icon="speech" /></>;
}

export function AboutScreen() {
  return <><BackTop title={t("phone.about.title")} /><p class="lead">{t("phone.about.lead")}</p><Points group="about" keys={ABOUT} icon="shield" /></>;
}
