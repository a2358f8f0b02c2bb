/** Days and weeks in the ward's time (+07:00, no daylight saving), whatever zone the phone is set to. */

const OFFSET = 7 * 3_600_000;
const DAY = 86_400_000;

/** `2026-11-22` */
export function dayOf(ms: number): string {
  return new Date(ms + OFFSET).toISOString().slice(0, 10);
}

export function daysBefore(day: string, n: number): string {
  return new Date(Date.parse(day) - n * DAY).toISOString().slice(0, 10);
}

/** ISO week of a day: `2026-W47`. The week belongs to the year of its Thursday. */
export function weekOf(day: string): string {
  const date = new Date(Date.parse(day));
  const thursday = Date.parse(day) + (4 - (date.getUTCDay() || 7)) * DAY;
  const year = new Date(thursday).getUTCFullYear();
  const first = Date.UTC(year, 0, 1);
  return `${year}-W${String(1 + Math.floor((thursday - first) / (7 * DAY))).padStart(2, "0")}`;
}

/** `22/11/2026`, of a day or of an instant (which is shown as the ward's day) */
export function showDay(day: string): string {
  return (day.length > 10 ? dayOf(Date.parse(day)) : day).split("-").reverse().join("/");
}

/** `22/11 07:30` in the ward's time. */
export function showTime(ms: number): string {
  const text = new Date(ms + OFFSET).toISOString();
  return `${text.slice(8, 10)}/${text.slice(5, 7)} ${text.slice(11, 16)}`;
}
