/** Before the first sign-in on an iPhone: the app belongs on the home screen, shown in pictures. Safari clears what is not. */
import { inSafari } from "./homescreen";
import { pending } from "./lock";
import { Icon } from "./icons";
import { LangSwitch } from "./parts";
import { t } from "./state";

const STEPS = ["share", "add", "open"] as const;

export function InstallScreen() {
  return (
    <section class="enrol" data-testid="install">
      <div class="enrol-head"><span /><LangSwitch /></div>
      <h1>{t("phone.install.title")}</h1>
      <p class="lead">{t("phone.install.text")}</p>
      <ol class="cards">
        {STEPS.map((step, i) => (
          <li key={step} class="card install-step">
            <Picture step={step} />
            <p><strong>{t("phone.write.step", { n: i + 1, m: STEPS.length })}</strong> {t(`phone.install.${step}`)}</p>
          </li>
        ))}
      </ol>
      {pending.value && <p class="note-info"><Icon name="info" size={22} /><span>{t("phone.install.code")} <strong class="code">{pending.value}</strong></span></p>}
      <button type="button" class="button quiet" onClick={() => (inSafari.value = true)} data-testid="install-skip">{t("phone.install.skip")}</button>
    </section>
  );
}

/** The lower end of a phone with what to press in it; the finger's mark is the ring. */
function Picture({ step }: { step: (typeof STEPS)[number] }) {
  return (
    <svg class="install-picture" viewBox="0 0 120 80" aria-hidden="true" focusable="false">
      <path class="phone-line" d="M18 0v66a10 10 0 0 0 10 10h64a10 10 0 0 0 10-10V0" />
      {step === "share" && <><path class="phone-line" d="M18 50h84M32 58l-4 5 4 5M84 58h8v8h-8z" /><path class="phone-ink" d="M54 60h-3v11h18V60h-3M60 66V53M56 57l4-4 4 4" /><circle class="phone-ring" cx="60" cy="62" r="15" /></>}
      {step === "add" && <><path class="phone-line" d="M26 8h68v16H26zM26 52h68v16H26zM34 16h30M34 60h26" /><path class="phone-ink" d="M26 30h68v16H26zM34 38h34M80 33h10v10H80zM85 35.500v5M82.500 38h5" /><rect class="phone-ring" x="22" y="27" width="76" height="22" rx="8" /></>}
      {step === "open" && <><path class="phone-line" d="M28 10h16v16H28zM76 10h16v16H76zM28 40h16v16H28zM76 40h16v16H76z" /><image href={`${import.meta.env.BASE_URL}icon.svg`} x="50" y="22" width="20" height="20" /><circle class="phone-ring" cx="60" cy="32" r="16" /></>}
    </svg>
  );
}
