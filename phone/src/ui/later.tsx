/** A screen that is loaded when it is first shown: what opens the app stays small. */
import type { ComponentType, FunctionComponent } from "preact";
import { useEffect, useState } from "preact/hooks";

export function later<P extends object>(load: () => Promise<ComponentType<P>>): FunctionComponent<P> {
  let found: ComponentType<P> | undefined;
  return function Later(props: P) {
    const [, show] = useState(false);
    useEffect(() => {
      if (!found) void load().then((screen) => { found = screen; show(true); });
    }, []);
    const Screen = found;
    return Screen ? <Screen {...props} /> : null;
  };
}
