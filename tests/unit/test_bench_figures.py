from __future__ import annotations

import pytest

from bench.figures import median, paired_ratio, percentile


def test_the_median_is_the_middle_value() -> None:
    assert median([9, 1, 5]) == 5
    assert median([1, 2, 3, 10]) == 2.5


def test_a_percentile_is_a_value_that_was_measured() -> None:
    values = [float(value) for value in range(100, 0, -1)]
    assert percentile(values, 50) == 50
    assert percentile(values, 99) == 99
    assert percentile(values, 100) == 100


@pytest.mark.parametrize("percent", [0, 50, 99, 100])
def test_every_percentile_of_one_value_is_that_value(percent: float) -> None:
    assert percentile([7.5], percent) == 7.5


def test_a_slow_round_leaves_the_paired_ratio_as_it_is() -> None:
    floor = [100, 100, 500, 100, 100]
    twice_as_slow = [200, 200, 1000, 200, 200]
    assert paired_ratio(twice_as_slow, floor) == 2


def test_one_disturbed_measurement_does_not_move_the_paired_ratio() -> None:
    assert paired_ratio([110, 900, 110], [100, 100, 100]) == pytest.approx(1.1)


def test_rounds_that_do_not_match_are_refused() -> None:
    with pytest.raises(ValueError, match="longer"):
        paired_ratio([1, 2], [1, 2, 3])


def test_nothing_measured_has_no_median_and_no_percentile() -> None:
    with pytest.raises(ValueError, match="nothing was measured"):
        median([])
    with pytest.raises(ValueError, match="nothing was measured"):
        percentile([], 99)
