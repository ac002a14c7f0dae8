"""Make ConsortiaSansSC-Regular.otf from Noto Sans CJK: ``python make_font.py NotoSansCJK-Regular.ttc``.

The collection's first face is Japanese; the Simplified Chinese one is picked by its name. Needs
fontTools, which comes with matplotlib. The licence (OFL.txt) asks for no name but "Source" to be
avoided; the subset is renamed all the same, so that nobody takes it for the full font.
"""

from __future__ import annotations

import sys
from pathlib import Path

from fontTools import subset
from fontTools.ttLib import TTCollection, TTFont

FACE = "Noto Sans CJK SC"
NAME = "Consortia Sans SC"
SYMBOLS = "≤≥≠≈×÷±−∞√∑·…—–‰℃αβγδεηκλμστφωΔΣ①②③④⑤⑥⑦⑧⑨⑩■□▲△●○◆◇★☆←↑→↓"
DROPPED = ["VORG", "vhea", "vmtx", "GPOS", "GSUB", "BASE", "GDEF"]  # vertical and alternate forms


def characters() -> set[int]:
    """Code points of GB 2312, printable Latin, general punctuation and some symbols."""
    points = {*range(0x20, 0x7F), *range(0xA0, 0x180), *range(0x2010, 0x2040)}
    points |= {ord(character) for character in SYMBOLS}
    for high in (*range(0xA1, 0xAA), *range(0xB0, 0xF8)):
        for low in range(0xA1, 0xFF):
            decoded = bytes([high, low]).decode("gb2312", errors="ignore")
            points |= {ord(character) for character in decoded}
    return points


def renamed(font: TTFont) -> TTFont:
    """The font under the subset's own name."""
    names = {
        1: NAME,
        3: f"{NAME}; subset of {FACE}",
        4: NAME,
        6: "ConsortiaSansSC-Regular",
        16: NAME,
    }
    for record in font["name"].names:
        record.string = names.get(record.nameID, record.toUnicode())
    return font


def main(source: Path, target: Path) -> None:
    """Write the subset of ``source`` to ``target``."""
    faces = TTCollection(str(source)).fonts
    font = next(face for face in faces if face["name"].getDebugName(1) == FACE)
    options = subset.Options()
    options.layout_features = []
    options.hinting = False
    options.notdef_outline = True
    options.name_IDs = [0, 1, 2, 3, 4, 5, 6, 13, 14]
    options.drop_tables += DROPPED
    subsetter = subset.Subsetter(options)
    subsetter.populate(unicodes=characters())
    subsetter.subset(font)
    renamed(font).save(str(target))


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(__file__).with_name("ConsortiaSansSC-Regular.otf"))
