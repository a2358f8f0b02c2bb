/** "This has an answer already": which answers on the phone fit what is being written. Nothing is asked of the network. */

import { fold } from "./fold";
import type { Answer } from "./types";

/** Folded syllables that say nothing about the matter. */
const EMPTY = new Set("the nay kia khi cho voi cua nhung mot hai cac nguoi khong duoc con roi dang chua bao gio lam sao nhu vay rat nhieu tren duoi truoc sau trong ngoai tai day thi cung hay hoac van biet hoi noi".split(" "));
const wordsOf = (text: string): Set<string> => new Set((fold(text).match(/[a-z0-9]{3,}/g) ?? []).filter((word) => !EMPTY.has(word)));
const read = new WeakMap<Answer, Set<string>>();

function words(answer: Answer): Set<string> {
  const known = read.get(answer) ?? wordsOf(`${answer.title} ${answer.text}`);
  read.set(answer, known);
  return known;
}

const branch = (code: string): string => code.split(".")[0]!;

/**
 * Best first. While nothing is written: those of the topic, then of its neighbours. Later shared words lead; an answer
 * from elsewhere needs three of them. Answers past their last day are left out.
 */
export function answered(answers: readonly Answer[], topic: string, text: string, today: string, most = 2): Answer[] {
  const mine = wordsOf(text);
  return answers
    .filter((a) => !a.valid_to || a.valid_to.slice(0, 10) >= today)
    .map((a) => {
      const near = a.topic === topic ? 2 : branch(a.topic) === branch(topic) ? 1 : 0;
      const shared = [...mine].filter((word) => words(a).has(word)).length;
      return { a, score: shared + 1.5 * near, fits: near === 2 || (near === 1 && (mine.size < 3 || shared > 0)) || shared >= 3 };
    })
    .filter((found) => found.fits)
    .sort((x, y) => y.score - x.score || (x.a.published_at < y.a.published_at ? 1 : -1))
    .slice(0, most)
    .map((found) => found.a);
}
