/** Our own pictograms, drawn on 24 × 24 in one line weight. Always beside a word, so hidden from readers. */

const LINES: Record<string, string> = {
  // topics
  book: "M4 5c3-1.5 5.5-1.5 8 0v14c-2.5-1.5-5-1.5-8 0zM20 5c-3-1.5-5.5-1.5-8 0v14c2.5-1.5 5-1.5 8 0z",
  vote: "M5 11h14v9H5zM9 11V4h6v7M8 15h8M11 7h2",
  globe: "M12 3a9 9 0 1 0 0 18a9 9 0 1 0 0-18zM3 12h18M12 3c-5 5-5 13 0 18M12 3c5 5 5 13 0 18",
  chart: "M4 20h16M7 20v-6M12 20V9M17 20V5M5 9l5-4",
  beach: "M12 4v16M4 11c1-9 15-9 16 0zM3 21c2-1.5 4-1.5 6 0s4 1.5 6 0 4-1.5 6 0",
  drum: "M4 8c0-4 16-4 16 0s-16 4-16 0zM4 8v8c0 4 16 4 16 0V8M8 11v8M16 11v8",
  boat: "M4 15h16l-3 5H7zM12 15V3l6 9h-6M9 12l3-6",
  speech: "M4 5h16v11h-8l-5 4v-4H4zM12 8v3M12 13.2v.1",
  road: "M8 3L4 21M16 3l4 18M12 4v3M12 10.5v3M12 17v3",
  drop: "M12 3c4 5 6 8 6 11a6 6 0 0 1-12 0c0-3 2-6 6-11zM9 15a3 3 0 0 0 3 3",
  bin: "M4 7h16M9 7V4h6v3M6 7l1 14h10l1-14M10 11v6M14 11v6",
  land: "M3 20h18M6 20V10l6-5 6 5v10M10 20v-6h4v6",
  shield: "M12 3l8 3v6c0 5-4 8-8 9.5C8 20 4 17 4 12V6zM8.5 12l2.5 2.5 4.5-5",
  school: "M12 4L2 9l10 5 10-5zM6 11.5V17c3 3 9 3 12 0v-5.5M22 9v6",
  health: "M9 4h6v5h5v6h-5v5H9v-5H4V9h5z",
  care: "M12 20C5 15 3 12 3 8.5A4.5 4.5 0 0 1 12 7a4.5 4.5 0 0 1 9 1.5C21 12 19 15 12 20z",
  stamp: "M9 13c1-3-2-5-1-8 1-2.5 7-2.5 8 0 1 3-2 5-1 8h4v4H5v-4zM5 21h14",
  group: "M9 5.5a3 3 0 1 0 0 6a3 3 0 1 0 0-6zM3 20c0-7 12-7 12 0M16 6a2.5 2.5 0 0 1 0 5M17 14c3 0 4.5 2.5 4.5 6",
  more: "M6 11a1 1 0 1 0 0 2a1 1 0 1 0 0-2zM12 11a1 1 0 1 0 0 2a1 1 0 1 0 0-2zM18 11a1 1 0 1 0 0 2a1 1 0 1 0 0-2z",
  door: "M6 21V3h12v18M3 21h18M14 11.5v1.5",
  // kinds
  question: "M12 3a9 9 0 1 0 0 18a9 9 0 1 0 0-18zM9.5 9.5c0-3.5 5-3.5 5 0 0 2-2.5 2-2.5 4M12 16.5v.1",
  suggestion: "M9 18h6M10 21h4M12 3a6 6 0 0 0-3.5 11c.5.5.5 1 .5 2h6c0-1 0-1.5.5-2A6 6 0 0 0 12 3z",
  concern: "M12 4L2.5 20h19zM12 10v4.5M12 17v.1",
  rumour: "M3 10v4h4l8 5V5l-8 5zM18 9c1.5 2 1.5 4 0 6M20.5 6.5c3 3.5 3 7.5 0 11",
  observation: "M2 12c5-8.5 15-8.5 20 0-5 8.5-15 8.5-20 0zM12 9a3 3 0 1 0 0 6a3 3 0 1 0 0-6z",
  thanks: "M12 3l2.6 6 6.4.6-4.9 4.2 1.5 6.3L12 16.8 6.4 20.1l1.5-6.3L3 9.6 9.4 9z",
  // hands
  pen: "M4 20l1-5L16 4l4 4L9 19zM13.5 6.5l4 4",
  camera: "M4 8h4l1.5-3h5L16 8h4v12H4zM12 10.5a3.5 3.5 0 1 0 0 7a3.5 3.5 0 1 0 0-7z",
  notes: "M6 3h12v18H6zM9 8h6M9 12h6M9 16h3",
  plus: "M12 5v14M5 12h14",
  brush: "M20 4l-8.5 8.5M14 6l4 4M11 12c-3-.5-4.5 1-5 3.5-.3 1.7-1.5 2.5-3 3 4 2.5 10 1.5 10-3.5 0-1-.8-2.5-2-3z",
  undo: "M9 6L4 11l5 5M4 11h10a5 5 0 0 1 0 10h-3",
  torch: "M8 3h8l-1.5 6v12h-5V9zM12 12v3",
  place: "M3 20h18M5 20V9l5-4 5 4v11M15 12h4v8M9 20v-5h2v5",
  answers: "M4 5h16v11h-9l-5 4v-4H4zM8 9h8M8 12.5h5",
  lock: "M6 10.5h12V21H6zM8.5 10.5V7a3.5 3.5 0 0 1 7 0v3.5M12 14.5v2.5",
  phone: "M7 2.5h10v19H7zM11 18.5h2",
  back: "M15 5l-7 7 7 7",
  next: "M9 5l7 7-7 7",
  close: "M6 6l12 12M18 6L6 18",
  check: "M4.5 12.5l5 5 10-11",
  clock: "M12 3a9 9 0 1 0 0 18a9 9 0 1 0 0-18zM12 7v5.5l3.5 2",
  alert: "M12 3a9 9 0 1 0 0 18a9 9 0 1 0 0-18zM12 7.5v5.5M12 16.2v.1",
  cloudoff: "M7 18a4.5 4.5 0 0 1 0-9 5.5 5.5 0 0 1 10.5 1A4 4 0 0 1 18 18zM4 4l16 16",
  send: "M4 12L20 4l-5 17-4-7zM11 14l4-5",
  pin: "M12 21c-5-6-7-9-7-12a7 7 0 0 1 14 0c0 3-2 6-7 12zM12 6.5a2.5 2.5 0 1 0 0 5a2.5 2.5 0 1 0 0-5z",
  search: "M10.5 4a6.5 6.5 0 1 0 0 13a6.5 6.5 0 1 0 0-13zM15.5 15.5L21 21",
  sync: "M20 8a8.5 8.5 0 0 0-15-1M4 3v5h5M4 16a8.5 8.5 0 0 0 15 1M20 21v-5h-5",
  call: "M5 4h4l2 5-2.5 2c1 2.5 2.5 4 5 5l2-2.5 5 2v4c-9 1.5-17-6.5-15.5-15.5z",
  info: "M12 3a9 9 0 1 0 0 18a9 9 0 1 0 0-18zM12 11v6M12 7.5v.1",
  trash: "M4 7h16M9 7V4h6v3M6 7l1 14h10l1-14",
  notice: "M4 4h16v12H4zM12 16v5M8 21h8M8 8h8M8 12h5",
};

export function Icon({ name, size = 24 }: { name: string; size?: number }) {
  return (
    <svg class="icon" viewBox="0 0 24 24" style={{ width: `${size / 18}rem`, height: `${size / 18}rem` }} aria-hidden="true" focusable="false">
      <path d={LINES[name] ?? LINES["more"]} />
    </svg>
  );
}
