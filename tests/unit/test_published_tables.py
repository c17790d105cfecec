"""Curves and tests as the literature prints them; a star in the sources: observation ended."""

import warnings
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import pytest

from takedown.stats.survival import Curve, kaplan_meier, logrank

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    from lifelines.datasets import load_lung, load_waltons

Z = 1.959963984540054
Sample = tuple[Iterable[float], Iterable[object]]


def starred(text: str) -> Sample:
    """Times, with a star where they were censored, as tables print them."""
    words = text.split()
    return [float(word.rstrip("*")) for word in words], [not word.endswith("*") for word in words]


@dataclass(frozen=True)
class Published:
    """A curve in print: shares and Greenwood's errors by time, and the median."""

    source: str
    times: str
    shares: dict[float, float]
    errors: tuple[float, ...]
    digits: tuple[int, int]
    median: float | None


SIX_MP = "6 6 6 6* 7 9* 10 10* 11* 13 16 17* 19* 20* 22 23 25* 32* 32* 34* 35*"
PLACEBO = "1 1 2 2 3 4 4 5 5 8 8 8 8 11 11 12 12 15 17 22 23"
MAINTAINED = "9 13 13* 18 23 28* 31 34 45* 48 161*"
NOT_MAINTAINED = "5 5 8 8 12 16* 23 27 30 33 43 45"
STAIN_NEGATIVE = "23 47 69 70* 71* 100* 101* 148 181 198* 208* 212* 224*"
STAIN_POSITIVE = """5 8 10 13 18 24 26 26 31 35 40 41 48 50 59 61 68 71 76* 105* 107* 109* 113 116*
    118 143 154* 162* 188* 212* 217* 225*"""
CURVES = (
    Published(
        "Freireich et al. 1963, 6-MP; errors as in Cox and Oakes 1984 and R's survfit",
        SIX_MP,
        {6: 0.857, 7: 0.807, 10: 0.753, 13: 0.690, 16: 0.627, 22: 0.538, 23: 0.448},
        (0.0764, 0.0869, 0.0963, 0.1068, 0.1141, 0.1282, 0.1346),
        (3, 4),
        23,
    ),
    Published(
        "Collett, Modelling Survival Data in Medical Research: discontinuation of an IUD, in days",
        "10 13* 18* 19 23* 30 36 38* 54* 56* 59 75 93 97 104* 107 107* 107*",
        {10: 0.9444, 19: 0.8815, 30: 0.8137, 36: 0.7459, 59: 0.6526, 75: 0.5594, 93: 0.4662,
         97: 0.3729, 107: 0.2486},
        (0.0540, 0.0790, 0.0978, 0.1107, 0.1303, 0.1412, 0.1452, 0.1430, 0.1392),
        (4, 4),
        93,
    ),
    Published(
        "Miller 1981, Survival Analysis: leukaemia, maintained (R's aml)",
        MAINTAINED,
        {9: 0.909, 13: 0.818, 18: 0.716, 23: 0.614, 31: 0.491, 34: 0.368, 48: 0.184},
        (0.0867, 0.1163, 0.1397, 0.1526, 0.1642, 0.1627, 0.1535),
        (3, 4),
        31,
    ),
    Published(
        "Miller 1981, Survival Analysis: leukaemia, not maintained (R's aml)",
        NOT_MAINTAINED,
        {5: 0.8333, 8: 0.6667, 12: 0.5833, 23: 0.4861, 27: 0.3889, 30: 0.2917, 33: 0.1944,
         43: 0.0972},
        (0.1076, 0.1361, 0.1423, 0.1481, 0.1470, 0.1387, 0.1219, 0.0919),
        (4, 4),
        23,
    ),
)  # fmt: skip


def error(curve: Curve, time: float) -> float:
    """Greenwood's standard error behind the log-log band at a time."""
    at = int(np.flatnonzero(curve.times == time)[0])
    share, low, high = (float(one[at]) for one in (curve.survival, curve.lower, curve.upper))
    reach = (np.log(-np.log(low)) - np.log(-np.log(high))) / (2 * Z)
    return float(reach * share * -np.log(share))


@pytest.mark.parametrize("printed", CURVES, ids=lambda printed: str(printed.source[:30]))
def test_curves_errors_and_medians_are_the_printed_ones(printed: Published) -> None:
    curve = kaplan_meier(*starred(printed.times))
    shares, errors = printed.digits
    assert {t: round(curve.at(t), shares) for t in printed.shares} == printed.shares
    assert tuple(round(error(curve, t), errors) for t in printed.shares) == printed.errors
    assert curve.median() == printed.median


def test_the_log_log_band_of_freireich_is_the_one_that_stata_lists() -> None:
    curve = kaplan_meier(*starred(SIX_MP))
    listed = {
        6: (0.6197, 0.9516),
        7: (0.5631, 0.9228),
        10: (0.5032, 0.8894),
        13: (0.4316, 0.8491),
        16: (0.3675, 0.8049),
        22: (0.2678, 0.7468),
        23: (0.1881, 0.6801),
    }
    at = {t: int(np.flatnonzero(curve.times == t)[0]) for t in listed}
    found = {t: (round(float(curve.lower[i]), 4), round(float(curve.upper[i]), 4))
             for t, i in at.items()}  # fmt: skip
    assert found == listed


@pytest.mark.parametrize(
    ("one", "other", "statistic", "p"),
    [
        pytest.param(SIX_MP, PLACEBO, 16.793, 0.0000417, id="Freireich 1963"),
        pytest.param(MAINTAINED, NOT_MAINTAINED, 3.396, 0.0653, id="aml, R's survdiff"),
        pytest.param(STAIN_NEGATIVE, STAIN_POSITIVE, 3.515, 0.061, id="Collett, breast cancer"),
    ],
)
def test_log_rank_tests_are_the_printed_ones(
    one: str, other: str, statistic: float, p: float
) -> None:
    found = logrank(starred(one), starred(other))
    assert found.statistic == pytest.approx(statistic, abs=0.0006)
    assert found.p == pytest.approx(p, rel=0.01)


def test_advanced_lung_cancer_has_the_medians_and_the_test_that_r_prints() -> None:
    """Loprinzi et al. 1994 (J. Clin. Oncol. 12:601), as in the manual of R's survival."""
    lung = load_lung()
    died = lung["status"] == 1
    men, women = (lung["sex"] == sex for sex in (1, 2))
    assert (len(lung), int(died.sum())) == (228, 165)
    assert kaplan_meier(lung["time"], died).median() == 310
    assert kaplan_meier(lung["time"][men], died[men]).median() == 270
    assert kaplan_meier(lung["time"][women], died[women]).median() == 426
    found = logrank((lung["time"][men], died[men]), (lung["time"][women], died[women]))
    assert found.statistic == pytest.approx(10.33, abs=0.005)
    assert found.p == pytest.approx(0.00131, rel=0.005)


def test_the_flies_of_walton_live_as_long_as_lifelines_says() -> None:
    """The example of the documentation of lifelines: median 56, log-rank 122.25."""
    flies = load_waltons()
    assert kaplan_meier(flies["T"], flies["E"]).median() == 56
    told = [flies[flies["group"] == group] for group in ("miR-137", "control")]
    found = logrank(*((one["T"], one["E"]) for one in told))
    assert found.statistic == pytest.approx(122.25, abs=0.005)
