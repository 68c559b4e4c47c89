"""The colours of a map: told apart by all who see them, also with a colour missing."""

from itertools import combinations
from math import dist

import pytest
from map_oracle import CLASSES, NEUTRAL

# How colours look with one kind of cone missing: Machado, Oliveira, Fernandes (2009), severity 1, on linear RGB.
SIGHTS = {
    "all": ((1, 0, 0), (0, 1, 0), (0, 0, 1)),
    "protanopia": ((0.152286, 1.052583, -0.204868), (0.114503, 0.786281, 0.099216), (-0.003882, -0.048116, 1.051998)),
    "deuteranopia": ((0.367322, 0.860646, -0.227968), (0.280085, 0.672501, 0.047413), (-0.011820, 0.042940, 0.968881)),
    "tritanopia": ((1.255528, -0.076749, -0.178779), (-0.078411, 0.930809, 0.147602), (0.004733, 0.691367, 0.303900)),
}


def linear(colour):
    """sRGB without its gamma."""
    parts = (int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5))
    return [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]


def seen(colour, sight):
    return [min(1, max(0, sum(a * b for a, b in zip(row, linear(colour))))) for row in SIGHTS[sight]]


def luminance(rgb):
    return 0.2126 * rgb[0] + 0.7152 * rgb[1] + 0.0722 * rgb[2]


def lab(rgb):
    """CIELAB, D65."""
    x = (0.4124 * rgb[0] + 0.3576 * rgb[1] + 0.1805 * rgb[2]) / 0.95047
    z = (0.0193 * rgb[0] + 0.1192 * rgb[1] + 0.9505 * rgb[2]) / 1.08883
    x, y, z = (part ** (1 / 3) if part > 0.008856 else 7.787 * part + 16 / 116 for part in (x, luminance(rgb), z))
    return 116 * y - 16, 500 * (x - y), 200 * (y - z)


@pytest.mark.parametrize("sight", SIGHTS)
def test_apart(sight):
    """Any two classes differ clearly (by 15 or more; 2.3 is just noticeable), and a longer one is darker."""
    colours = [lab(seen(colour, sight)) for colour in CLASSES]
    assert min(dist(a, b) for a, b in combinations(colours, 2)) > 15
    lightness = [colour[0] for colour in colours]
    assert lightness == sorted(lightness, reverse=True)


@pytest.mark.parametrize("colour", (*CLASSES, NEUTRAL))
def test_contrast(colour):
    """That of graphical objects on white, WCAG 2.1, 1.4.11."""
    assert 1.05 / (luminance(linear(colour)) + 0.05) >= 3
