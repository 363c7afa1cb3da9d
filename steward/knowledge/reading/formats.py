"""Media types by the ending of a name, for files that are text: their bytes do not say which."""

from __future__ import annotations

from pathlib import PurePath
from typing import Final

PDF: Final = "application/pdf"
DOCX: Final = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
PPTX: Final = "application/vnd.openxmlformats-officedocument.presentationml.presentation"
XLSX: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
HTML: Final = "text/html"
MARKDOWN: Final = "text/markdown"
PLAIN: Final = "text/plain"
CSV: Final = "text/csv"
TSV: Final = "text/tab-separated-values"
JSON: Final = "application/json"
JSON_LINES: Final = "application/x-ndjson"
MAIL: Final = "message/rfc822"

_TEXT: Final = {
    ".txt": PLAIN,
    ".text": PLAIN,
    ".log": PLAIN,
    ".rst": PLAIN,
    ".adoc": PLAIN,
    ".org": PLAIN,
    ".tex": PLAIN,
    ".srt": PLAIN,
    ".vtt": PLAIN,
    ".md": MARKDOWN,
    ".markdown": MARKDOWN,
    ".mdown": MARKDOWN,
    ".mdx": MARKDOWN,
    ".html": HTML,
    ".htm": HTML,
    ".xhtml": HTML,
    ".csv": CSV,
    ".tsv": TSV,
    ".tab": TSV,
    ".json": JSON,
    ".geojson": JSON,
    ".jsonl": JSON_LINES,
    ".ndjson": JSON_LINES,
    ".eml": MAIL,
    ".mht": MAIL,
    ".mhtml": MAIL,
}

_CODE: Final = {
    ".py": "text/x-python",
    ".js": "text/javascript",
    ".mjs": "text/javascript",
    ".jsx": "text/javascript",
    ".ts": "text/x-typescript",
    ".tsx": "text/x-typescript",
    ".java": "text/x-java",
    ".kt": "text/x-kotlin",
    ".c": "text/x-c",
    ".h": "text/x-c",
    ".cpp": "text/x-c++",
    ".hpp": "text/x-c++",
    ".cs": "text/x-csharp",
    ".go": "text/x-go",
    ".rs": "text/x-rust",
    ".rb": "text/x-ruby",
    ".php": "text/x-php",
    ".swift": "text/x-swift",
    ".scala": "text/x-scala",
    ".lua": "text/x-lua",
    ".pl": "text/x-perl",
    ".r": "text/x-r",
    ".sh": "text/x-shellscript",
    ".ps1": "text/x-powershell",
    ".sql": "text/x-sql",
    ".css": "text/css",
    ".xml": "text/xml",
    ".svg": "text/xml",
    ".yaml": "text/x-yaml",
    ".yml": "text/x-yaml",
    ".toml": "text/x-toml",
    ".ini": "text/x-ini",
    ".cfg": "text/x-ini",
    ".proto": "text/x-protobuf",
    ".graphql": "text/x-graphql",
}

_KNOWN: Final = {*_TEXT.values(), *_CODE.values()}
_OTHER_NAMES: Final = {
    "application/jsonl": JSON_LINES,
    "application/xhtml+xml": HTML,
    "application/xml": "text/xml",
}


def text_type(name: str, declared: str | None) -> str | None:
    """The type of a text by its name, else by what the sender said; None when neither is known."""
    ending = PurePath(name).suffix.lower()
    found = _TEXT.get(ending) or _CODE.get(ending)
    if found or not declared:
        return found
    said = declared.partition(";")[0].strip().lower()
    said = _OTHER_NAMES.get(said, said)
    return said if said in _KNOWN else None
