"""Make the fonts from Noto Sans CJK: ``python make_font.py NotoSansCJK-Regular.ttc NotoSansCJK-Bold.ttc``.

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
LEVEL_1 = 0xD8  # first byte of GB 2312 from which characters are rare: not in the bold font
NAME = "Consortia Sans SC"
SYMBOLS = "≤≥≠≈×÷±−∞√∑·…—–‰℃αβγδεηκλμστφωΔΣ①②③④⑤⑥⑦⑧⑨⑩■□▲△●○◆◇★☆←↑→↓"
DROPPED = ["VORG", "vhea", "vmtx", "GPOS", "GSUB", "BASE", "GDEF"]  # vertical and alternate forms


def characters(last: int) -> set[int]:
    """Code points of GB 2312 below a first byte, printable Latin, general punctuation, some symbols."""
    points = {*range(0x20, 0x7F), *range(0xA0, 0x180), *range(0x2010, 0x2040)}
    points |= {ord(character) for character in SYMBOLS}
    for high in (*range(0xA1, 0xAA), *range(0xB0, last)):
        for low in range(0xA1, 0xFF):
            decoded = bytes([high, low]).decode("gb2312", errors="ignore")
            points |= {ord(character) for character in decoded}
    return points


def renamed(font: TTFont, weight: str) -> TTFont:
    """The font under the subset's own name."""
    full = NAME if weight == "Regular" else f"{NAME} {weight}"
    names = {
        1: NAME,
        2: weight,
        3: f"{full}; subset of {FACE}",
        4: full,
        6: f"ConsortiaSansSC-{weight}",
        16: NAME,
    }
    for record in font["name"].names:
        record.string = names.get(record.nameID, record.toUnicode())
    return font


def main(source: Path, weight: str, last: int) -> None:
    """Write the subset of a collection beside this file."""
    faces = TTCollection(str(source)).fonts
    font = next(face for face in faces if (face["name"].getDebugName(4) or "").startswith(FACE))
    options = subset.Options()
    options.layout_features = []
    options.hinting = False
    options.notdef_outline = True
    options.name_IDs = [0, 1, 2, 3, 4, 5, 6, 13, 14]
    options.drop_tables += DROPPED
    subsetter = subset.Subsetter(options)
    subsetter.populate(unicodes=characters(last))
    subsetter.subset(font)
    renamed(font, weight).save(str(Path(__file__).with_name(f"ConsortiaSansSC-{weight}.otf")))


if __name__ == "__main__":
    main(Path(sys.argv[1]), "Regular", 0xF8)
    main(Path(sys.argv[2]), "Bold", LEVEL_1)
