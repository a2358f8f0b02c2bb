/** A screen that is loaded when it is first shown: what opens the app stays small. `Wait` stands there meanwhile: for the blink
 * of an eye, longer only where the first visit was cut short. */
import type { ComponentType, FunctionComponent } from "preact";
import { useEffect, useState } from "preact/hooks";

export function later<P extends object>(load: () => Promise<ComponentType<P>>, Wait?: ComponentType): FunctionComponent<P> {
  let found: ComponentType<P> | undefined;
  return function Later(props: P) {
    const [, show] = useState(false);
    useEffect(() => {
      if (!found) void load().then((screen) => { found = screen; show(true); }, () => undefined);
    }, []);
    const Screen = found;
    return Screen ? <Screen {...props} /> : Wait ? <Wait /> : null;
  };
}
