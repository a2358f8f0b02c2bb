/** Why the ward did not take a row, and which of its fields it means. */
import type { Reject } from "../core/types";
import { Fault } from "./parts";
import { t } from "./state";

/** What a writer calls the fields of a note. */
const FIELDS: Record<string, string> = {
  text: "phone.write.text", place: "phone.write.place", day: "phone.write.day", week: "phone.write.day", reach: "phone.write.reach",
  heard_via: "phone.write.heard", area: "phone.write.group", photos: "phone.write.photos", topic: "phone.write.topic_word", kind: "phone.write.kind_word",
};

export function Refusal({ reject }: { reject: Reject }) {
  const field = FIELDS[reject.field ?? ""];
  return <Fault code={reject.code}>{field && <span data-testid="fault-field">{t("phone.write.field", { field: t(field) })}</span>}</Fault>;
}
