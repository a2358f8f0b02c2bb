"""The people of the tests. Everyone here is staff; residents have no place in the product, nor in its tests."""

from typing import NamedTuple


class Person(NamedTuple):
    login: str
    role: str
    areas: tuple[str, ...]
    kind: str = ""

    @property
    def password(self) -> str:
        return f"mat-khau-cua-{self.login}"


LAN = Person("lan", "reporter", ("11455-T01",), "collaborator")
MINH = Person("minh", "reporter", ("11455-T02",), "propagandist")
HOA = Person("hoa", "reporter", ("11455-T05",), "collaborator")
NGOC = Person("ngoc", "reporter", ("11737-T01",), "collaborator")  # another ward
TUAN = Person("tuan", "reader", ("11455",))
SON = Person("son", "unit", ("11455",))
MAI = Person("mai", "officer", ("11455",))
BINH = Person("binh", "administrator", ("11455",))
YEN = Person("yen", "auditor", ("11455",))
PHUC = Person("phuc", "reader", ("11737",))  # another ward

CAST = (LAN, MINH, HOA, NGOC, TUAN, SON, MAI, BINH, YEN, PHUC)
REPORTERS = tuple(person for person in CAST if person.role == "reporter")
