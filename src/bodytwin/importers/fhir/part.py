"""The share of one patient in a file of several, and the piece that a fact was read from.

In a share, whatever belongs to others is an empty place, so that every path
into the file stays what it was. What refers to nobody (an organisation, a
product) is in everybody's share; what refers to several is in nobody's.
"""

import re
from collections.abc import Iterator, Mapping

import msgspec

from bodytwin.errors import NotFoundError

_REFERENCE = re.compile(rb'"reference"\s*:\s*"((?:[^"\\]|\\.)*)"')


class _Entry(msgspec.Struct, omit_defaults=True):
    fullUrl: str = ""  # noqa: N815
    resource: msgspec.Raw = msgspec.Raw(b"")


class _Bundle(msgspec.Struct):
    resourceType: str = "Bundle"  # noqa: N815
    type: str = "collection"
    entry: list[_Entry] = []


class _Kind(msgspec.Struct):
    resourceType: str = ""  # noqa: N815


_bundle = msgspec.json.Decoder(_Bundle)
_kind = msgspec.json.Decoder(_Kind)


def part(
    data: bytes, patient: str, *, patients: Mapping[str, str], places: Mapping[str, str]
) -> bytes:
    """The share of `patient`.

    `patients` gives the pseudonym for each name that a reference may use,
    `places` for each path at which a Patient resource stands.
    """

    def mine(raw: bytes, path: str) -> bool:
        if path in places:
            return places[path] == patient
        found = {patients[n] for n in _references(raw) if n in patients}
        return not found or found == {patient}

    lines = data.split(b"\n")
    if not is_lines(data):
        return _document(data, "", mine)
    return b"\n".join(
        _document(line, f"line {n}", mine) if line.strip() else b""
        for n, line in enumerate(lines, 1)
    )


def is_lines(data: bytes) -> bool:
    """Whether each line is a resource of its own."""
    lines = [line.strip() for line in data.split(b"\n") if line.strip()]
    return len(lines) > 1 and lines[0].startswith(b"{") and lines[0].endswith(b"}")


def excerpt(data: bytes, path: str) -> str:
    """The resource at a path that a reader wrote, as text."""
    document = data
    if path.startswith("line "):
        number, _, path = path.removeprefix("line ").partition("/")
        document = data.split(b"\n")[int(number) - 1]
    found = re.search(r"entry/(\d+)/resource", path)
    if found is None:
        return _pretty(document)
    entries = _bundle.decode(document).entry
    if int(found[1]) >= len(entries):
        raise NotFoundError("The file has no such place.")
    return _pretty(bytes(entries[int(found[1])].resource))


def _pretty(raw: bytes) -> str:
    return msgspec.json.format(raw, indent=2).decode()


def _references(raw: bytes) -> Iterator[str]:
    for found in _REFERENCE.finditer(raw):
        yield found[1].decode().partition("/_history/")[0]


def _document(raw: bytes, path: str, mine: object) -> bytes:
    assert callable(mine)
    if _kind.decode(raw).resourceType != "Bundle":
        return raw if mine(raw, path or "/") else b""
    kept = [
        e if mine(bytes(e.resource), f"{path}/entry/{k}/resource") else _Entry()
        for k, e in enumerate(_bundle.decode(raw).entry)
    ]
    return msgspec.json.encode(_Bundle(entry=kept))
