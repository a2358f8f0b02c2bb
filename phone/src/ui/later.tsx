/** A screen that is loaded when it is first shown: what opens the app stays small. `Wait` stands there meanwhile: for the blink
 * of an eye, longer only where the first visit was cut short. Without it nothing is missed till then. */
import type { ComponentChild, ComponentType, FunctionComponent } from "preact";
import { useEffect, useState } from "preact/hooks";
import { t } from "./state";

const AGAIN = 5_000;

/** Loads a part, again and again while it is looked for (a network is not there yet when it says so); what to say meanwhile. */
export function usePart(load: () => Promise<unknown>): ComponentChild {
  const [missing, miss] = useState<boolean>();
  useEffect(() => {
    let gone = false;
    const get = (): void => void (gone || load().then(() => miss(false), () => {
      miss(true);
      setTimeout(get, AGAIN);
    }));
    get();
    return () => void (gone = true);
  }, []);
  return missing && <p class="fault" role="alert" data-testid="missing">{t("phone.enrol.fault.offline")}</p>;
}

export function later<P extends object>(load: () => Promise<ComponentType<P>>, Wait?: ComponentType): FunctionComponent<P> {
  let found: ComponentType<P> | undefined;
  return function Later(props: P) {
    const missing = usePart(async () => (found ??= await load()));
    const Screen = found;
    return Screen ? <Screen {...props} /> : Wait ? <><Wait />{missing}</> : null;
  };
}
