"""The bytes of a file before anything is read from them."""

import hashlib

from bodytwin.errors import UnreadableFileError

BOM = b"\xef\xbb\xbf"
ENCODINGS = {b"\xff\xfe": "UTF-16", b"\xfe\xff": "UTF-16", b"\x00\x00\xfe\xff": "UTF-32"}
CONTAINERS = {
    b"\x1f\x8b": "compressed with gzip; unpack it first",
    b"PK\x03\x04": "a ZIP container (perhaps a spreadsheet); export it as plain text",
    b"BZh": "compressed with bzip2; unpack it first",
    b"\xfd7zXZ": "compressed with xz; unpack it first",
    b"\x28\xb5\x2f\xfd": "compressed with zstd; unpack it first",
    b"%PDF": "a PDF; ask the source for the data themselves",
    b"\xd0\xcf\x11\xe0": "an old spreadsheet; export it as plain text",
}


def sha256(data: bytes) -> str:
    """The SHA-256 of a file in hexadecimal digits."""
    return hashlib.sha256(data).hexdigest()


def text_bytes(data: bytes, *, what: str) -> tuple[bytes, bool]:
    """The bytes without a byte order mark, and whether there was one.

    Raises:
        UnreadableFileError: the file is empty, packed, in another encoding or not text.

    """
    for start, description in CONTAINERS.items():
        if data.startswith(start):
            raise UnreadableFileError(f"The file is {description}. {what} is expected.")
    for start, name in ENCODINGS.items():
        if data.startswith(start):
            raise UnreadableFileError(f"The file is {name}. {what} in UTF-8 is expected.")
    marked = data.startswith(BOM)
    body = data[len(BOM) :] if marked else data
    if not body.strip():
        raise UnreadableFileError(f"The file is empty. {what} is expected.")
    if b"\x00" in body:
        raise UnreadableFileError(f"The file holds NUL bytes. {what} in UTF-8 is expected.")
    try:
        body.decode()
    except UnicodeDecodeError as error:
        raise UnreadableFileError(
            f"Byte {error.start} of the file is not UTF-8. {what} in UTF-8 is expected."
        ) from None
    return body, marked
