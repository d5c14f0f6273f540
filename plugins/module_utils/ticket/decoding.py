# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Bytes of a customer's file to text: UTF-8, UTF-16 with and without its mark, Windows-1252."""

from __future__ import annotations

import codecs

from ansible_collections.mailops.migration.plugins.module_utils.core.errors import ConfigurationError

_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)


def decode(data: bytes) -> tuple[str, str]:
    """Return the text without its byte order mark and the name of the encoding.

    Raises ConfigurationError when the bytes fit none of the encodings. The error never quotes them.
    """
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            return _strictly(data[len(mark) :], encoding), encoding
    if b"\0" in data:
        encoding = _utf16_without_mark(data)
        return _strictly(data, encoding), encoding
    try:
        return data.decode("utf-8"), "utf-8"
    except UnicodeDecodeError:
        return _strictly(data, "cp1252"), "cp1252"


def _utf16_without_mark(data: bytes) -> str:
    """Delimiters and line ends are ASCII: their NUL bytes stand at odd places in little endian, at even ones in big."""
    return "utf-16-le" if data[1::2].count(0) >= data[0::2].count(0) else "utf-16-be"


def _strictly(data: bytes, encoding: str) -> str:
    try:
        return data.decode(encoding)
    except UnicodeDecodeError as problem:
        line = data.count(b"\n", 0, problem.start) + 1
        raise ConfigurationError(
            f"the bytes near line {line} are not text: neither UTF-8, UTF-16 nor Windows-1252",
            remedy="Save the file as 'CSV UTF-8' and put it into the ticket again",
        ) from None
