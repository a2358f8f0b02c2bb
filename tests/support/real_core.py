"""Phones of the simulation with the app's real core: TypeScript in Node behind a pipe, in lock-step with simulated time.

`disk` is a mirror of what the app wrote. A kill takes the app's memory and its locks; its database stays.
"""

import base64
import json
import random
import subprocess
from collections.abc import Callable
from types import TracebackType
from typing import Any, ClassVar

from foreign import ENV
from model_phone import Ask, Heard, ModelPhone, Pause, Steps
from model_sync import Doc
from tree import ROOT


class Core:
    """The Node process with the phones of one seed."""

    def __init__(self) -> None:
        script = ROOT / "tests" / "support" / "core_phones.mjs"
        self.process = subprocess.Popen(
            ["node", str(script), str(ROOT)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=ENV, text=True
        )
        self.requests = 0

    def tell(self, **told: Any) -> Doc:
        assert self.process.stdin is not None and self.process.stdout is not None
        self.process.stdin.write(json.dumps(told) + "\n")
        self.process.stdin.flush()
        line = self.process.stdout.readline()
        assert line, "the core's process has ended"
        answer: Doc = json.loads(line)
        assert "error" not in answer, answer["error"]
        self.requests += "ask" in answer
        return answer

    def __enter__(self) -> "Core":
        CorePhone.core = self
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.process.kill()
        self.process.communicate()


class CorePhone(ModelPhone):
    """A model phone whose thinking is the app's own."""

    core: ClassVar[Core]

    def __init__(self, name: str, rng: random.Random, clock: Callable[[], int]) -> None:
        super().__init__(name, rng, clock)
        self._tell("open", seed=rng.getrandbits(31))

    def _tell(self, deed: str, **more: Any) -> Doc:
        answer = self.core.tell(phone=self.name, at=self.clock(), do=deed, **more)
        for shelf, key, value in answer["changes"]:
            if value is None:
                self.disk.setdefault(shelf, {}).pop(key, None)
            elif shelf != "bytes":  # those came from here
                self.disk.setdefault(shelf, {})[key] = value
        return answer

    def enrolled(self, answer: Doc) -> None:
        session = {"device": answer["device_id"], "token": answer["token"], "account": answer["account"]["id"]}
        self._tell("enrolled", answer=answer)
        self.disk["kv"]["session"] = session

    def save(self, fields: Doc, pictures: list[bytes]) -> str:
        id = str(self._tell("save", fields=fields, pictures=[base64.b64encode(one).decode() for one in pictures])["id"])
        for name, data in zip(self.disk["notes"][id]["fields"].get("photos", ()), pictures, strict=True):
            self.disk["bytes"][name] = data
        return id

    def edit(self, id: str, text: str) -> None:
        self._tell("edit", id=id, text=text)

    def withdraw(self, id: str) -> None:
        self._tell("withdraw", id=id)

    def again(self, id: str) -> None:
        self._tell("again", id=id)

    def reload(self) -> None:
        self._tell("kill")

    def attempt(self, force: bool = False) -> Steps:
        answer = self._tell("send", force=force)
        while "end" not in answer:
            if "pause" in answer:
                yield Pause(round(answer["pause"]))
                answer = self._tell("heard", heard=True)
                continue
            ask = answer["ask"]
            headers = {name.lower(): value for name, value in ask["headers"].items()}
            heard = yield Ask(ask["method"], ask["path"], headers, base64.b64decode(ask["body"]))
            answer = self._tell("heard", heard=None if heard is None else _written(heard))
        assert not str(answer["end"]).startswith("broken"), answer["end"]
        return str(answer["end"])


def _written(heard: Heard) -> Doc:
    return {"status": heard.status, "headers": heard.headers, "body": base64.b64encode(heard.body).decode()}
