"""The formats by their names: what each is called, and who writes it."""

from collections.abc import Callable, Mapping
from typing import Final

from takedown.stats.exports import page, plain, xlsx
from takedown.stats.exports.document import Document

FORMATS: Final[Mapping[str, tuple[str, str, Callable[[Document], bytes]]]] = {
    "xlsx": (
        "xlsx",
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        xlsx.write,
    ),
    "csv": ("csv.zip", "application/zip", plain.as_csv),
    "json": ("json", "application/json", plain.as_json),
    "parquet": ("parquet.zip", "application/zip", plain.as_parquet),
    "html": ("html", "text/html", page.as_html),
    "pdf": ("pdf", "application/pdf", page.as_pdf),
}
"""Ending of the file, media type, and the writer."""


def write(document: Document, form: str) -> tuple[str, bytes]:
    """The file's name and bytes. Raises KeyError for another format, `NoPaper` for a PDF that
    cannot be drawn here."""
    ending, _, writer = FORMATS[form]
    return f"{document.name}.{ending}", writer(document)
