"""Words of figures and report in English and Chinese, from one catalogue per language."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import yaml

LANGUAGES = ("en", "zh")
FOLDER = Path(__file__).parent
LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # ten times as fast, where it is built
FOLDED = re.compile(r"(?<=[。；：，、])\s+")  # YAML joins folded lines by a space; Chinese has none


@cache
def catalogue(lang: str) -> dict[str, str]:
    """All words of one language by dotted key, e.g. ``figure.forest.title``."""
    with (FOLDER / f"{lang}.yaml").open(encoding="utf-8") as file:
        return dict(_flatten(yaml.load(file, LOADER), ""))


def _flatten(node: Mapping[str, Any], prefix: str) -> Iterable[tuple[str, str]]:
    for key, value in node.items():
        if isinstance(value, Mapping):
            yield from _flatten(value, f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}", FOLDED.sub("", str(value).removesuffix("\n"))


class Words:
    """The words of one language; a missing key is an error, never a blank."""

    def __init__(self, lang: str) -> None:
        self.lang = lang
        self._texts = catalogue(lang)

    def __call__(self, key: str, /, **values: Any) -> str:
        """The text of a key, with its ``{places}`` filled."""
        text = self._texts[key]
        return text.format(**values) if values else text

    def get(self, key: str, default: str) -> str:
        """The text of a key that depends on the user's input, or a default."""
        return self._texts.get(key, default)

    def join(self, parts: Iterable[str]) -> str:
        """A list in words."""
        return self("list.comma").join(parts)

    def paragraph(self, sentences: Iterable[str]) -> str:
        """Whole sentences one after another; Chinese sets no space between them."""
        return ("" if self.lang == "zh" else " ").join(sentences)

    def percent(self, share: float) -> str:
        """A share in whole percent."""
        return self("percent", number=f"{100 * share:.0f}")

    def variant(self, name: str) -> str:
        """A variant of the world; its label in words where the catalogue has them."""
        label, equals, value = name.partition("=")
        text = self.get(f"variant.{label}", label)
        return f"{text} = {value}" if equals else text

    def title(self, entry: Any) -> str:
        """Title of a regime in this language, else in the other, else its name."""
        return str(entry.title.get(self.lang) or entry.title.get("en") or entry.name)
