// The button that takes an act back is there for as long as the server would take it.

export function countDown(): void {
  const form = document.querySelector<HTMLFormElement>(".said form[data-seconds]:not([data-counting])");
  if (!form) return;
  form.dataset["counting"] = "";
  const words = form.querySelector<HTMLElement>(".hint");
  const text = words?.textContent ?? "";
  const whole = Number(form.dataset["seconds"]);
  const ends = Date.now() + whole * 1000;
  const beat = window.setInterval(() => {
    const left = Math.ceil((ends - Date.now()) / 1000);
    if (words) words.textContent = text.replace(String(whole), String(left));
    if (left > 0 && form.isConnected) return;
    window.clearInterval(beat);
    form.remove();
  }, 500);
}
