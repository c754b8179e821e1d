"""The printed side of the SOP."""

from server.documents.wording import LETTERS

ISSUED: dict[str, str] = {letter.kind: letter.name for letter in LETTERS.values()}
"""Kinds of the documents that are issued here, and their names."""
