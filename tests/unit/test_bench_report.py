from __future__ import annotations

from bench import sections
from bench.bars import BARS, Bar, Verdict, judge
from bench.make_latency import MakeLatency
from bench.operations import Counted, Operations
from bench.table import number, render
from bench.warm import Load, Warm

STEPS = {
    "poll": Operations(2, 0),
    "scan": Operations(3, 1),
    "pay": Operations(1, 2),
    "notification": Operations(1, 2),
    "report": Operations(1, 1),
}


def _warm(latencies_ms: list[list[float]], throughput: list[float]) -> Warm:
    return Warm(loads={1: Load(latencies_ms, throughput)}, memory_mib=60.0, cpu_ms=2.5)


def test_a_purchase_is_the_sum_of_its_steps_and_no_poll() -> None:
    section = sections.operations(Counted(cold=STEPS, cached=STEPS))
    assert section["purchase"]["cold_reads"] == 6
    assert section["purchase"]["cold_writes"] == 6


def test_the_steps_of_a_purchase_come_in_their_order_and_before_the_others() -> None:
    section = sections.operations(Counted(cold=STEPS, cached=STEPS))
    assert list(section) == ["scan", "pay", "notification", "report", "poll", "purchase"]


def test_cold_starts_are_compared_with_the_floor_of_the_same_round() -> None:
    section = sections.cold({"floor": [100, 400], "webhook": [150, 600]})
    assert section["webhook"]["ratio"] == 1.5
    assert section["webhook"]["fastest_ms"] == 150


def test_latency_is_the_median_of_rounds_and_the_percentile_of_all() -> None:
    measured = {"floor": _warm([[1, 1], [1, 1]], [100, 100]), "webhook": _warm([[2, 2], [4, 4]], [50, 40])}
    row = sections.warm(measured, 1)["webhook"]
    assert row["p50_ms"] == 3
    assert row["p99_ms"] == 4
    assert row["rps_ratio"] == 0.45


def test_the_made_command_counts_tmetrs_own_time() -> None:
    latency = MakeLatency(look_up=[50], make=[50], command=[60], answer=[125])
    section = sections.make(latency)
    assert section["made"]["median_ms"] == 110
    assert section["made"]["ratio"] == 1.1
    assert section["answered"]["ratio"] == 1.25


def test_a_status_without_counted_questions_is_left_out() -> None:
    section = sections.polls({"pending": {"polls": 26, "checks": 13}, "make_pending": None})
    assert section == {"pending": {"polls": 26, "checks": 13, "questions": 39}}


def test_a_bar_holds_up_to_its_limit() -> None:
    at_most = Bar("", "a.b.c", 1.15)
    at_least = Bar("", "a.b.c", 0.85, at_least=True)
    assert [Verdict(at_most, value).held for value in (1.0, 1.15, 1.16)] == [True, True, False]
    assert [Verdict(at_least, value).held for value in (0.84, 0.85, 2.0)] == [False, True, True]


def test_a_bar_without_its_figure_is_neither_held_nor_missed() -> None:
    verdicts = judge({"cold": {"webhook": {"ratio": 1.2}}})
    by_figure = {verdict.bar.figure: verdict.held for verdict in verdicts}
    assert by_figure["cold.webhook.ratio"] is True
    assert by_figure["polls.make_pending.questions"] is None
    assert len(verdicts) == len(BARS)


def test_a_missed_bar_is_told_in_the_report() -> None:
    measured = {"cold": {"floor": {"ratio": 1.0}, "webhook": {"ratio": 1.9}}}
    report = render(measured, judge(measured))
    missed = [line for line in report.splitlines() if "MISSED" in line]
    assert len(missed) == 1
    assert "cold start of webhook" in missed[0]
    assert "1.90" in missed[0]


def test_an_empty_section_has_no_table() -> None:
    assert "page's questions in a wait" not in render({"polls": {}}, [])


def test_numbers_are_short() -> None:
    assert [number(value) for value in (None, 6, 0.126, 12.34, 250.7)] == ["-", "6", "0.13", "12.3", "251"]
