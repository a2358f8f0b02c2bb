/** Search that ignores Vietnamese marks: "ngap" finds "ngập". Same rule as the office: NFC → đ/d → NFD → drop marks → lower. */
export function fold(text: string): string {
  return text.normalize("NFC").replace(/đ/g, "d").replace(/Đ/g, "D").normalize("NFD").replace(/[\u0300-\u036f]/g, "").toLowerCase();
}

/** True when every word of the query is in the text. */
export function matches(query: string, ...texts: (string | undefined)[]): boolean {
  const hay = fold(texts.filter(Boolean).join(" "));
  return fold(query).split(/\s+/).every((word) => hay.includes(word));
}
