/** What a tap writes, on a phone that may take nothing: done, or said beside the button. */
import type { ComponentChild } from "preact";
import { useState } from "preact/hooks";
import { t, troubleOf, type Trouble } from "./state";

export function useKeeping(): [fault: ComponentChild, keep: (work: () => Promise<unknown>) => Promise<boolean>] {
  const [why, setWhy] = useState<Trouble>();
  const keep = async (work: () => Promise<unknown>): Promise<boolean> => {
    try {
      await work();
      setWhy(undefined);
      return true;
    } catch (error) {
      console.error(error);
      setWhy(troubleOf(error));
      return false;
    }
  };
  return [why && <p class="fault" role="alert" data-testid="not-kept">{t(`phone.enrol.fault.${why}`)}</p>, keep];
}
