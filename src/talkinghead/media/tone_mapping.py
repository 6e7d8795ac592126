"""HDR colours (PQ and HLG) to SDR, by the standards' own curves."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from av.video.reformatter import ColorPrimaries

from talkinghead.compilation import compile_loops
from talkinghead.types import FloatArray, ImageArray

REFERENCE_WHITE = 203.0
"""cd/m², the luminance of diffuse white in HDR (ITU-R BT.2408), which becomes SDR's brightest."""

USUAL_PEAK = 1000.0
"""cd/m², of the brightest highlights where a file does not say: that of HLG's usual screen and of most PQ gradings."""

HIGHEST_PEAK = 10_000.0
"""cd/m², the end of the PQ curve."""

_DISPLAY_GAMMA = 2.4  # of SDR screens, ITU-R BT.1886
_CODES, _GAINS, _LEVELS = 4096, 4096, 4096  # entries of the tables; 12 bits of PQ are finer than the eye
_LUMINANCE = np.array([0.2627, 0.6780, 0.0593])  # ITU-R BT.2020

# CIE x, y of red, green, blue; the white is always D65.
_PRIMARIES = {
    int(ColorPrimaries.BT709): ((0.640, 0.330), (0.300, 0.600), (0.150, 0.060)),
    int(ColorPrimaries.BT2020): ((0.708, 0.292), (0.170, 0.797), (0.131, 0.046)),
    int(ColorPrimaries.SMPTE432): ((0.680, 0.320), (0.265, 0.690), (0.150, 0.060)),
}
_D65 = (0.3127, 0.3290)


def luminance_of_pq(code: FloatArray) -> FloatArray:
    """cd/m² of PQ codes in [0, 1]. Source: ITU-R BT.2100, table 4, the EOTF."""
    m1, m2, c1, c2, c3 = 2610 / 16384, 2523 / 4096 * 128, 3424 / 4096, 2413 / 4096 * 32, 2392 / 4096 * 32
    root = np.asarray(code) ** (1 / m2)
    return np.asarray(10_000 * (np.maximum(root - c1, 0) / (c2 - c3 * root)) ** (1 / m1))


def pq_of_luminance(luminance: FloatArray) -> FloatArray:
    """PQ codes in [0, 1] of cd/m². Source: ITU-R BT.2100, table 4, the inverse EOTF."""
    m1, m2, c1, c2, c3 = 2610 / 16384, 2523 / 4096 * 128, 3424 / 4096, 2413 / 4096 * 32, 2392 / 4096 * 32
    powered = (np.asarray(luminance) / 10_000) ** m1
    return np.asarray(((c1 + c2 * powered) / (1 + c3 * powered)) ** m2)


def scene_of_hlg(code: FloatArray) -> FloatArray:
    """Light of the scene in [0, 1] of HLG codes in [0, 1]. Source: ITU-R BT.2100, table 5, the inverse OETF."""
    a, b, c = 0.17883277, 0.28466892, 0.55991073
    code = np.asarray(code)
    return np.asarray(np.where(code <= 0.5, code**2 / 3, (np.exp((code - c) / a) + b) / 12))


def compress_highlights(luminance: FloatArray, peak: float) -> FloatArray:
    """Luminances (cd/m²) up to ``peak`` on a screen that ends at the reference white.

    What is dark stays as it is (up to 89 cd/m² of 1000), what is brighter is compressed.
    Source: ITU-R BT.2390-8, section 5.4.1, the EETF, with black at 0.
    """
    most, top = pq_of_luminance(np.array([REFERENCE_WHITE, peak])).tolist()
    most /= top
    code = np.clip(pq_of_luminance(luminance) / top, 0, 1)
    if most >= 1:
        return np.minimum(luminance, REFERENCE_WHITE)
    knee = 1.5 * most - 0.5
    t = np.maximum(code - knee, 0) / (1 - knee)
    bent = (2 * t**3 - 3 * t**2 + 1) * knee + (t**3 - 2 * t**2 + t) * (1 - knee) + (3 * t**2 - 2 * t**3) * most
    return luminance_of_pq(np.where(code < knee, code, bent) * top)


class ToneMapper:
    """Maps the colours of an HDR video or picture to SDR: BT.709's primaries for a screen of gamma 2.4.

    Each colour is scaled by what its largest component is compressed by, so hues stay; what lies outside BT.709's
    gamut is clipped.

    Args:
        hlg: whether the codes are HLG's, else PQ's.
        primaries: as numbered in codecs (ITU-T H.273); unknown ones are taken for those of BT.2020.
        peak: cd/m² of the brightest highlights.
    """

    def __init__(self, *, hlg: bool, primaries: int = int(ColorPrimaries.BT2020), peak: float = USUAL_PEAK) -> None:
        self.hlg = hlg
        peak = float(np.clip(peak, REFERENCE_WHITE, HIGHEST_PEAK))
        codes = np.arange(_CODES) / (_CODES - 1)
        linear = scene_of_hlg(codes) * USUAL_PEAK if hlg else luminance_of_pq(codes)
        self._linear = (linear / REFERENCE_WHITE).astype(np.float32)
        # HLG's system gamma is 1.2: the screen's light goes with the scene's luminance to the power of 0.2 more.
        self._system = ((np.arange(_LEVELS) / (_LEVELS - 1)) ** (2 * 0.2)).astype(np.float32)
        self._top = peak / REFERENCE_WHITE
        light = np.arange(1, _GAINS) * peak / (_GAINS - 1)
        self._gain = np.append(1.0, compress_highlights(light, peak) / light).astype(np.float32)
        given = _PRIMARIES.get(primaries, _PRIMARIES[int(ColorPrimaries.BT2020)])
        self._matrix = (np.linalg.inv(_xyz(_PRIMARIES[int(ColorPrimaries.BT709)])) @ _xyz(given)).astype(np.float32)
        levels = 255 * (np.arange(_LEVELS) / (_LEVELS - 1)) ** (2 / _DISPLAY_GAMMA)
        self._level = np.rint(levels).astype(np.uint8)

    def __call__(self, codes: npt.NDArray[np.uint16], white: int) -> ImageArray:
        """(H, W, 3) uint8 of the codes (H, W, 3) uint16, of which ``white`` is the largest."""
        image = np.empty(codes.shape, np.uint8)
        luminance = (_LUMINANCE * REFERENCE_WHITE / USUAL_PEAK if self.hlg else np.zeros(3)).astype(np.float32)
        tables = (self._linear, self._system, self._gain, self._level)
        _map_tones(codes, np.float32(1 / white), *tables, self._matrix, luminance, np.float32(self._top), image)
        return image


def peak_in_side_data(content_light_level: bytes | None, mastering_display: bytes | None) -> float:
    """cd/m² of the brightest pixel by FFmpeg's side data (MaxCLL, else the grading screen's peak), or the usual one."""
    brightest = 0.0 if content_light_level is None else float(np.frombuffer(content_light_level, np.uint32)[0])
    screen = 0.0 if mastering_display is None else _screen_peak(np.frombuffer(mastering_display, np.int32))
    return brightest or screen or USUAL_PEAK


def _screen_peak(fields: npt.NDArray[np.int32]) -> float:
    # AVMasteringDisplayMetadata: ten fractions (primaries, white, least, greatest luminance), two flags.
    numerator, denominator, known = int(fields[18]), int(fields[19]), bool(fields[21])
    return numerator / denominator if known and denominator > 0 else 0.0


def _xyz(primaries: tuple[tuple[float, float], ...]) -> FloatArray:
    """(3, 3) from linear RGB to CIE XYZ for primaries and white D65."""
    columns = np.array([[x / y, 1, (1 - x - y) / y] for x, y in primaries]).T
    white = np.array([_D65[0] / _D65[1], 1, (1 - sum(_D65)) / _D65[1]])
    return np.asarray(columns * np.linalg.solve(columns, white))


@compile_loops(fastmath=True)
def _map_tones(
    codes: Any,
    unit: Any,
    linear: Any,
    system: Any,
    gain: Any,
    level: Any,
    matrix: Any,
    luminance: Any,
    top: Any,
    image: Any,
) -> None:
    """Fill ``image``; ``luminance`` (3,) is 0 where the codes are the screen's light, and else the scene's.

    The tables ``system`` and ``level`` go by the root of light, which spreads the dark.
    """
    half = np.float32(0.5)
    entries = np.float32(len(linear) - 1) * unit
    steps, levels = np.float32(len(gain) - 1) / top, np.float32(len(level) - 1)
    scene = luminance[1] > 0
    for y in range(codes.shape[0]):
        for x in range(codes.shape[1]):
            red = linear[min(int(codes[y, x, 0] * entries + half), len(linear) - 1)]
            green = linear[min(int(codes[y, x, 1] * entries + half), len(linear) - 1)]
            blue = linear[min(int(codes[y, x, 2] * entries + half), len(linear) - 1)]
            factor = np.float32(1.0)
            if scene:
                bright = luminance[0] * red + luminance[1] * green + luminance[2] * blue
                factor = system[min(int(np.sqrt(bright) * levels + half), len(system) - 1)]
            largest = max(red, green, blue) * factor
            factor *= gain[min(int(largest * steps + half), len(gain) - 1)]
            if largest > top:
                factor *= top / largest
            for k in range(3):
                light = factor * (matrix[k, 0] * red + matrix[k, 1] * green + matrix[k, 2] * blue)
                light = min(max(light, np.float32(0.0)), np.float32(1.0))
                image[y, x, k] = level[int(np.sqrt(light) * levels + half)]
