"""The document as one HTML file and as PDF, both readable without a network."""

from __future__ import annotations

import base64
import dataclasses
import io
import json
import os
from pathlib import Path
from typing import Any

import jinja2

from experiments.figures import FigureInfo
from experiments.figures.style import BOLD, FONT, PACKAGE, printable
from experiments.report.document import Document
from experiments.words import Words

TEMPLATES = PACKAGE / "templates"
FONT_NAME = "Consortia Sans SC"
WEIGHTS = {"100 500": FONT, "600 900": BOLD}  # of CSS
TAGS = {"en": "en", "zh": "zh-CN"}


def write_html(document: Document, words: Words, path: Path) -> None:
    """Write one self-contained page."""
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(TEMPLATES), autoescape=True, undefined=jinja2.StrictUndefined,
        trim_blocks=True, lstrip_blocks=True,
    )  # fmt: skip
    template = environment.get_template("report.html.j2")
    given = {"document": document, "words": words, "lang": TAGS[words.lang], "image": _data_uri}
    html = template.render(given, fonts={})
    if words.lang == "zh":  # the reader's own fonts may have Japanese forms only
        fonts = {weight: _font_for(html, font) for weight, font in WEIGHTS.items()}
        html = template.render(given, fonts=fonts)
    _replace(path, html.encode("utf-8"))


def _font_for(text: str, shipped: Path) -> str:
    """The characters of a text from a shipped font, as a data URI."""
    from fontTools import subset  # comes with matplotlib

    options = subset.Options(
        layout_features=[], name_IDs=["*"], flavor="woff", notdef_outline=True, hinting=False
    )
    font = subset.load_font(str(shipped), options)
    subsetter = subset.Subsetter(options)
    subsetter.populate(text="".join(set(text)))
    subsetter.subset(font)
    file = io.BytesIO()
    subset.save_font(font, file, options)
    return "data:font/woff;base64," + base64.b64encode(file.getvalue()).decode("ascii")


def _data_uri(figure: FigureInfo) -> str:
    """The SVG inside the page; as an image, so that ids of two figures cannot clash."""
    return "data:image/svg+xml;base64," + base64.b64encode(figure.svg.read_bytes()).decode("ascii")


def write_pdf(document: Document, words: Words, path: Path) -> None:
    """Set the same document as tagged PDF (PDF/UA) with outline, alternative texts and fonts.

    The template gets everything as JSON, so no text of a user is ever taken for markup.
    """
    import typst

    labels = {
        "contents": words("report.contents"), "page": words("report.page"),
        "figure": words("report.figure", number="NUMBER"),
        "numbers": words("report.table_link", file="FILES"),
    }  # fmt: skip
    content = _plain(document) | {"lang": words.lang, "labels": labels, "font": FONT_NAME}
    set_type: Any = typst.compile
    pdf = set_type(
        (TEMPLATES / "report.typ").read_bytes(),
        root=str(path.parent.resolve()),
        font_paths=[str(FONT.parent), _latin_fonts()],
        ignore_system_fonts=True,
        sys_inputs={"content": json.dumps(content, ensure_ascii=False)},
        format="pdf",
        pdf_standards="ua-1",
    )
    _replace(path, pdf)


def _latin_fonts() -> str:
    """DejaVu Sans, in two weights, comes with Matplotlib."""
    import matplotlib

    return str(Path(matplotlib.get_data_path()) / "fonts" / "ttf")


def _plain(value: Any) -> Any:
    """Dataclasses as mappings with their kind, paths as the template finds them."""
    if isinstance(value, FigureInfo):
        return {
            "title": value.title, "caption": value.caption, "alt": value.alt,
            "image": f"/figures/{value.svg.name}",
        }  # fmt: skip
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        plain = {one.name: _plain(getattr(value, one.name)) for one in dataclasses.fields(value)}
        return plain | {"kind": getattr(value, "kind", "")}
    if isinstance(value, (list, tuple)):
        return [_plain(one) for one in value]
    return printable(value) if isinstance(value, str) else value


def _replace(path: Path, content: bytes) -> None:
    part = path.with_name(f"{path.name}.part")
    part.write_bytes(content)
    os.replace(part, path)
