"""The report as one self-contained HTML page: inline SVG, no script, nothing fetched from anywhere."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape

from shared.messages import REASON_TEXTS
from shared.operations.figures import Figures, Report
from shared.operations.tables import COLUMNS, money

_STYLE = """
:root { color-scheme: light dark; --ink: #2b211b; --soft: #7a6a60; --paper: #fffaf5; --line: #e6d9cd;
  --good: #8a5a33; --bad: #c0362c; }
@media (prefers-color-scheme: dark) { :root { --ink: #f3e9e0; --soft: #b5a599; --paper: #1e1814; --line: #443931;
  --good: #d39a67; --bad: #ff7b6e; } }
body { margin: 2rem auto; max-width: 84rem; padding: 0 1rem; background: var(--paper); color: var(--ink);
  font: 16px/1.5 system-ui, sans-serif; }
h1 { margin-bottom: 0; } h2 { margin-top: 2.5rem; } .soft { color: var(--soft); }
.cards { display: grid; grid-template-columns: repeat(auto-fit, minmax(20rem, 1fr));
  gap: 1rem; margin: 1.5rem 0; padding: 0; list-style: none; }
.cards li { border: 1px solid var(--line); border-radius: .75rem; padding: .75rem 1rem; }
.cards b { display: block; font-size: 1.6rem; font-weight: 600; }
.scroll { overflow-x: auto; } table { border-collapse: collapse; width: 100%; white-space: nowrap; }
th, td { padding: .35rem .6rem; border-bottom: 1px solid var(--line); text-align: right; }
th:first-child, td:first-child { text-align: left; } tr.problem td:first-child { color: var(--bad); font-weight: 600; }
svg { width: 100%; height: auto; } text { fill: var(--ink); font-size: 13px; } .axis { fill: var(--soft); }
.good { fill: var(--good); } .bad { fill: var(--bad); }
"""
_ROW = 26
_MOST_BARS = 30


def as_page(report: Report, locations: Mapping[str, str]) -> str:
    """The page; `locations`: device → where it stands."""
    total = report.total
    cards = [
        (str(total.sold), "напитков продано"),
        (f"{money(total.revenue)} ₽", "выручка без возвратов"),
        (str(total.make_failures), "сбоев приготовления"),
        (f"{total.refunds} на {money(total.refunded)} ₽", "возвратов"),
        (str(total.attention), "заказов требуют внимания"),
        ("—" if total.delay is None else f"{total.delay:.1f} с", "от оплаты до команды, медиана"),
    ]
    title = f"Кофемашины: {report.first:%d.%m.%Y} – {report.last:%d.%m.%Y}"
    return "\n".join(
        [
            '<!doctype html><html lang="ru"><head><meta charset="utf-8">',
            "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">",
            '<meta name="viewport" content="width=device-width">',
            f"<title>{title}</title><style>{_STYLE}</style></head><body>",
            f'<h1>{title}</h1><p class="soft">Время московское. Продажи считаются по дню заказа.</p>',
            '<ul class="cards">' + "".join(f"<li><b>{value}</b>{name}</li>" for value, name in cards) + "</ul>",
            "<h2>Выручка по дням</h2>",
            _columns(report.days),
            "<h2>Сбои приготовления по кофемашинам</h2>",
            _bars(report.devices),
            "<h2>Кофемашины</h2>",
            _table("Кофемашина", report.devices, locations, mark=True),
            "<h2>Владельцы</h2>",
            _table("Владелец", report.merchants, {}),
            _flagged(report),
            "</body></html>\n",
        ]
    )


def _table(title: str, rows: Sequence[Figures], places: Mapping[str, str], *, mark: bool = False) -> str:
    """A row per device or merchant; `mark`: those that somebody should look at."""
    head = "".join(f"<th>{name}</th>" for name in (title, *(name for name, _ in COLUMNS)))
    body = "".join(
        f"<tr{' class=problem' if mark and row.problem else ''}><td>{escape(_named(row.name, places))}</td>"
        + "".join(f"<td>{show(row)}</td>" for _, show in COLUMNS)
        + "</tr>"
        for row in rows
    )
    return f'<div class="scroll"><table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>'


def _named(name: str, places: Mapping[str, str]) -> str:
    return f"{name} · {places[name]}" if name in places else name


def _columns(days: Sequence[Figures]) -> str:
    """A column per day; its tooltip tells the sum."""
    most = max((day.revenue for day in days), default=0) or 1
    width = 1000 / max(len(days), 1)
    labelled = range(0, len(days), max(1, len(days) // 12))
    columns = "".join(
        f'<g><title>{day.name}: {money(day.revenue)} ₽, продано {day.sold}</title><rect class="good" rx="2" '
        f'x="{place * width + 2:.1f}" y="{180 - _share(day.revenue, most, 170):.1f}" '
        f'width="{max(width - 4, 1):.1f}" height="{_share(day.revenue, most, 170):.1f}"/></g>'
        for place, day in enumerate(days)
    )
    names = "".join(
        f'<text class="axis" x="{place * width + 2:.1f}" y="196">{days[place].name[8:]}.{days[place].name[5:7]}</text>'
        for place in labelled
    )
    return f'<svg viewBox="0 0 1000 200" role="img" aria-label="Выручка по дням">{columns}{names}</svg>'


def _bars(devices: Sequence[Figures]) -> str:
    """A bar per device: drinks made, and beside them in red those that failed."""
    shown = devices[:_MOST_BARS]
    most = max((device.sold + device.make_failures for device in shown), default=0) or 1
    bars = []
    for place, device in enumerate(shown):
        y, good, bad = place * _ROW, _share(device.sold, most, 600), _share(device.make_failures, most, 600)
        bars.append(
            f'<text x="0" y="{y + 17}">{escape(device.name[:32])}</text>'
            f'<rect class="good" x="260" y="{y + 4}" width="{good:.1f}" height="18"/>'
            f'<rect class="bad" x="{260 + good:.1f}" y="{y + 4}" width="{bad:.1f}" height="18"/>'
            f'<text class="axis" x="{268 + good + bad:.1f}" y="{y + 17}">'
            f"{device.sold}, сбоев {device.make_failures}</text>"
        )
    height = max(len(shown), 1) * _ROW
    return f'<svg viewBox="0 0 1000 {height}" role="img" aria-label="Продано и сбои">{"".join(bars)}</svg>'


def _share(value: int, most: int, length: int) -> float:
    return value / most * length


def _flagged(report: Report) -> str:
    if not report.flagged:
        return "<p>Заказов, которые требуют внимания, нет.</p>"
    rows = "".join(
        f"<tr><td>{escape(order.order_id)}</td><td>{escape(order.device_uuid)}</td>"
        f"<td>{escape(REASON_TEXTS.get(order.attention_reason or '', order.attention_reason or ''))}</td></tr>"
        for order in report.flagged
    )
    head = "<thead><tr><th>Заказ</th><th>Кофемашина</th><th>Причина</th></tr></thead>"
    return f'<h2>Требуют внимания</h2><div class="scroll"><table>{head}<tbody>{rows}</tbody></table></div>'
