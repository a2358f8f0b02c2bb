"""How the phone app opens: the first visit on a slow line, from the icon without network, with much on the phone.

Measured in the page itself, from the start of its navigation; the processor slowed for the page. The bench prints what is
found against the budgets, a journey holds it to wide limits.
"""

import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from playwright.sync_api import CDPSession, Page, expect

from chromium import Browser
from fault_proxy import Bandwidth, FaultProxy, Latency
from phone_hands import PIN

ROOT = Path(__file__).resolve().parents[2]
KB, ROUND_TRIP, CPU = 50, 400, 6
CARDS = 25

WATCH = """
opened = {};
const look = () => {
  for (const [name, mark] of [["code", "enrol-code"], ["pin", "pin"]])
    if (!opened[name] && document.querySelector(`[data-testid=${mark}]`)) opened[name] = performance.now();
  if (!opened.code && !opened.pin) setTimeout(look, 4);
};
look();
navigator.serviceWorker?.ready.then(() => (opened.ready = performance.now()));
"""
REACHED = """(names) => new Promise((done) => {
  const look = () => names.every((name) => opened[name]) ? done(opened) : setTimeout(look, 10);
  look();
})"""
TYPE = """(pin) => new Promise((done) => {
  const field = document.querySelector("[data-testid=pin]");
  const from = performance.now();
  const list = () => document.querySelectorAll("[data-testid^=note-]").length >= CARDS;
  const look = () => list() ? requestAnimationFrame(() => done(performance.now() - from)) : setTimeout(look, 4);
  Object.getOwnPropertyDescriptor(HTMLInputElement.prototype, "value").set.call(field, pin);
  field.dispatchEvent(new Event("input", {bubbles: true}));
  look();
})""".replace("CARDS", str(CARDS))
FILL = """
import { openStore } from "./core/store";
import { currentVault, openVault, tryPin } from "./core/vault";
import { newDraft, addPhoto, keepDraft, saveNote } from "./core/notes";
export async function fill(pin, notes, size) {
  const phone = await openStore();
  const vault = await currentVault(phone);
  const store = await openVault(vault, (await tryPin(phone, vault.id, pin, Date.now)).key);
  const bytes = new Uint8Array(size);
  for (let at = 0; at < size; at += 65536) crypto.getRandomValues(bytes.subarray(at, at + 65536));
  for (let i = 0; i < notes; i++) {
    const now = Date.now() - (notes - i) * 60_000;
    let draft = { ...newDraft(now), kind: "observation", topic: "10.1", area: "11455-T07",
      text: `Ngõ ${i} ngập tới đầu gối sau mưa, nước rút chậm, xe không qua được`.normalize("NFC") };
    await keepDraft(store, draft);
    bytes[0] = i;
    const photo = { id: crypto.randomUUID(), note: draft.id, claim: draft.claim, sha256: "0".repeat(64), size, type: "image/jpeg",
      phase: "draft", offset: 0, bytes: true, at: now };
    draft = await addPhoto(store, draft, photo, bytes.slice().buffer);
    const { kind, topic, area, text, photos } = draft;
    await saveNote(store, draft, { kind, topic, area, text, day: "2026-11-22", photos }, "place", now);
  }
  store.close();
  phone.close();
}
"""


@dataclass(frozen=True)
class Visit:
    """Milliseconds since the navigation began."""

    painted: float
    usable: float
    ready: float


@dataclass(frozen=True)
class Opening:
    """From the icon to the PIN, from its last digit to the list (milliseconds); what the page's scripts hold then (MB)."""

    icon: float
    list: float
    heap: float


def slow(line: FaultProxy) -> None:
    """A slow 3G line: so many kilobytes a second for all connections together, and a round trip before each answer."""
    line.add(Bandwidth("down", kb=KB, shared=True), Bandwidth("up", kb=KB, shared=True), Latency("up", ms=ROUND_TRIP))


def throttled(browser: Browser, page: Page) -> CDPSession:
    tools = browser.context.new_cdp_session(page)
    tools.send("Emulation.setCPUThrottlingRate", {"rate": CPU})
    return tools


def first_visit(profile: Path, url: str) -> Visit:
    """A phone that has never been here, until it needs no network any more."""
    with Browser(profile, url, phone=True) as browser:
        page = browser.page
        page.add_init_script(WATCH)
        throttled(browser, page)
        page.goto("/app/", wait_until="commit")
        found: dict[str, float] = page.evaluate(REACHED, ["code", "ready"])
        paint: float = page.evaluate("performance.getEntriesByName('first-contentful-paint')[0].startTime")
    return Visit(paint, found["code"], found["ready"])


def fill(page: Page, notes: int, size: int) -> None:
    """So many unsent notes with a photo each, by the app's own code. The page must stand at its lock."""
    expect(page.get_by_test_id("pin")).to_be_visible(timeout=30_000)
    script = subprocess.run(
        ["node", "--input-type=module", "-e", BUNDLE, str(ROOT)],
        input=FILL,
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    ).stdout
    page.evaluate(f"async () => {{ {script}; await filling.fill({PIN!r}, {notes}, {size}); }}")


BUNDLE = """
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
const root = process.argv[1];
const { rolldown } = await import(createRequire(root + "/phone/package.json").resolve("rolldown"));
const [text, at] = [readFileSync(0, "utf-8"), root + "/phone/src/fill.ts"];
const [resolveId, load] = [(id) => (id === "given" ? at : undefined), (id) => (id === at ? text : undefined)];
const given = { name: "given", resolveId, load };
const bundle = await rolldown({ input: "given", plugins: [given], logLevel: "silent" });
const { output } = await bundle.generate({ format: "iife", name: "filling", codeSplitting: false });
process.stdout.write(output[0].code);
"""


def open_offline(browser: Browser) -> Opening:
    """From the icon, without network."""
    page: Page = browser.page
    browser.context.set_offline(True)
    page.add_init_script(WATCH)
    tools = throttled(browser, page)
    page.goto("about:blank")
    page.goto("/app/", wait_until="commit")
    found: dict[str, float] = page.evaluate(REACHED, ["pin"])
    shown: float = page.evaluate(TYPE, PIN)
    tools.send("HeapProfiler.collectGarbage")
    heap: dict[str, Any] = tools.send("Runtime.getHeapUsage")
    return Opening(found["pin"], shown, heap["usedSize"] / 1e6)
