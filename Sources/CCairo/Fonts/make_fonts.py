#!/usr/bin/env python3
"""Cuts the fonts that figures are set in out of Liberation Sans 2.1.5 and DejaVu Sans 2.37.

Run in this folder with fonttools 4.x, on Debian 12 with fonts-liberation2 and fonts-dejavu-core:
    python3 make_fonts.py
Hinting and layout tables are dropped (text is set unhinted, kerned by the 'kern' table), and the
subsets are renamed, as the licences of both ask for modified versions.
"""
from fontTools.subset import Options, Subsetter
from fontTools.ttLib import TTFont

LIBERATION = "/usr/share/fonts/truetype/liberation2/LiberationSans-%s.ttf"
DEJAVU = "/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf"

TEXT = (
    list(range(0x20, 0x7F)) + list(range(0xA0, 0x180)) + list(range(0x370, 0x400)) + list(range(0x2010, 0x2027))
    + [0x2030, 0x2032, 0x2033, 0x2039, 0x203A, 0x20AC, 0x2113, 0x2122, 0x2126, 0x212E]
    + list(range(0x2190, 0x2196)) + [0x2202, 0x2206, 0x220F, 0x2211, 0x2212, 0x221A, 0x221E, 0x222B, 0x2248]
    + [0x2260, 0x2264, 0x2265, 0x25A1, 0x25CF, 0x25CB]
)
SYMBOLS = (
    list(range(0x391, 0x3D7)) + [0x3F5, 0x2102, 0x210F, 0x2113, 0x2115, 0x2124, 0x212B, 0x2131, 0x2112, 0x211D, 0x2135]
    + list(range(0x2190, 0x21D6)) + list(range(0x2200, 0x22D8)) + list(range(0x25A0, 0x25D0))
    + [0x2605, 0x2606, 0x2713, 0x2717, 0x27E8, 0x27E9, 0x2A2F]
)


def cut(source, characters, family, style, output):
    font = TTFont(source, recalcTimestamp=False)
    options = Options()
    options.hinting = False
    options.layout_features = []
    options.drop_tables += ["GPOS", "GSUB", "GDEF", "FFTM", "DSIG", "gasp", "MATH"]
    options.legacy_kern = True
    options.notdef_outline = True
    options.name_IDs = [0, 1, 2, 3, 4, 5, 6, 13, 14]
    subsetter = Subsetter(options)
    subsetter.populate(unicodes=characters)
    subsetter.subset(font)
    names = {1: family, 2: style, 3: f"{family} {style}", 4: f"{family} {style}", 6: f"{family}-{style}".replace(" ", "")}
    for record in list(font["name"].names):
        if record.nameID in names:
            font["name"].setName(names[record.nameID], record.nameID, record.platformID, record.platEncID, record.langID)
    font.save(output)


for style in ("Regular", "Italic", "Bold"):
    cut(LIBERATION % style, TEXT, "Searchlight Sans", style, f"SearchlightSans-{style}.ttf")
cut(DEJAVU, SYMBOLS, "Searchlight Symbols", "Regular", "SearchlightSymbols-Regular.ttf")
