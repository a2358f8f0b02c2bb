// Search while typing: asks for the same page the form would open and puts in what it found. The address follows.

const PAUSE_MS = 350;

export function search(): void {
  const form = document.querySelector<HTMLFormElement>("form[data-search]");
  const found = document.getElementById("found");
  if (form === null || found === null) return;
  let timer = 0;
  let asked: AbortController | undefined;

  async function look(): Promise<void> {
    const filled = [...new FormData(form!)].map(([name, value]) => [name, String(value)]).filter(([, value]) => value);
    const address = `${form!.getAttribute("action")}?${new URLSearchParams(filled)}`;
    asked?.abort();
    asked = new AbortController();
    try {
      const answer = await fetch(address, { signal: asked.signal, redirect: "error" });
      const fresh = answer.ok ? new DOMParser().parseFromString(await answer.text(), "text/html").getElementById("found") : null;
      if (fresh === null) return;
      found!.replaceChildren(...fresh.childNodes);
      history.replaceState(null, "", address);
    } catch {
      // away, signed out, or a newer question: the button still works
    }
  }

  form.addEventListener("input", () => {
    clearTimeout(timer);
    timer = window.setTimeout(() => void look(), PAUSE_MS);
  });
}
