"""That the page is readable, reachable, calm and safe for everybody."""

import re
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, Request, expect

from tests.browser.fake_backend import SITE, FakeBackend, Reply
from tests.browser.orders import ORDER_ID, a_device, a_refund, an_order
from tests.browser.scenes import DEVICE, SCENES, Scene, address

LIMIT_BYTES = 40_000
LONG_WORD = "Сверхдлинноеназваниебезпробелов" * 3
HOSTILE = """
    <img src="x" onerror="window.hacked = 'handler'"><script>window.hacked = 'script'</script>
    <a href="javascript:window.hacked = 'link'">Нажмите</a>
    <style>body { display: none }</style><iframe srcdoc="<script>top.hacked = 'frame'</script>"></iframe>
    <form action="https://evil.example/"><button>Отправить</button></form>
"""


@pytest.mark.parametrize("scene", SCENES, ids=lambda scene: scene.name)
def test_axe_finds_nothing_serious_in_light_and_dark(backend: FakeBackend, page: Page, scene: Scene) -> None:
    page.emulate_media(reduced_motion="reduce")
    scene.play(backend, page)
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        found: list[dict[str, Any]] = Axe().run(page).response["violations"]
        serious = [(one["id"], one["nodes"][0]["html"]) for one in found if one["impact"] in ("serious", "critical")]
        assert serious == []


@pytest.mark.parametrize("scene", SCENES, ids=lambda scene: scene.name)
def test_the_narrowest_phone_needs_no_sideways_scrolling(backend: FakeBackend, page: Page, scene: Scene) -> None:
    page.set_viewport_size({"width": 320, "height": 568})
    infos = {key: f"<p>{LONG_WORD} {value}</p>" for key, value in DEVICE.items() if "info" in key}
    changes = {
        "drink_name": f"Раф с халвой и {LONG_WORD}",
        "price": 12345.67,
        "device": {**DEVICE, **infos, "location": LONG_WORD},
    }
    replace(scene, changes={**scene.changes, **changes}).play(backend, page)
    assert page.evaluate("document.documentElement.scrollWidth") == 320


def test_keyboard_alone_is_enough_to_pay(backend: FakeBackend, page: Page) -> None:
    backend.order, backend.card_saving = an_order(receipt={"email": "required"}), True
    page.goto(address(backend))
    expect(page.get_by_role("button", name="Перейти к оплате")).to_be_visible()
    page.keyboard.press("Tab")
    page.keyboard.type("anna@example.ru")
    page.keyboard.press("Tab")
    page.keyboard.press("Space")
    page.keyboard.press("Tab")
    button = page.get_by_role("button", name="Перейти к оплате")
    expect(button).to_be_focused()
    assert button.evaluate("element => getComputedStyle(element).outlineStyle") == "solid"
    page.keyboard.press("Enter")
    page.wait_for_url("**/provider")
    assert backend.bodies("pay")[0]["save_card"] is True


def test_the_focus_goes_to_the_new_status_when_its_button_is_gone(backend: FakeBackend, page: Page) -> None:
    backend.order = an_order("not_paid")
    page.goto(address(backend))
    page.get_by_role("button", name="Повторить оплату").focus()
    backend.confirmation_url = None
    backend.become("make_pending")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Готовим напиток...")).to_be_focused()


def test_the_live_region_is_there_from_the_start_and_tells_each_status(backend: FakeBackend, page: Page) -> None:
    assert 'id="announcer" role="status"' in (SITE / "index.html").read_text()
    backend.order = an_order("pending")
    page.goto(address(backend))
    for status in ("pending", "make_pending", "successful"):
        backend.become(status)
        expect(page.locator("#announcer")).to_have_text(backend.order["status_text"])


def test_nothing_moves_when_reduced_motion_is_wished(backend: FakeBackend, page: Page) -> None:
    page.emulate_media(reduced_motion="reduce")
    backend.order = an_order("make_pending", device=DEVICE)
    page.goto(address(backend))
    expect(page.get_by_role("heading", name="Готовим напиток...")).to_be_visible()
    moving = "document.getAnimations().filter(one => one.playState === 'running').length"
    assert page.evaluate(moving) == 0
    page.emulate_media(reduced_motion="no-preference")
    assert page.evaluate(moving) > 0


def test_nothing_jumps_when_texts_logos_and_statuses_arrive(backend: FakeBackend, page: Page) -> None:
    page.add_init_script("""
        window.shifts = [];
        new PerformanceObserver(list => list.getEntries().forEach(entry => {
            const moved = entry.sources.map(source => source.node?.id || source.node?.nodeName);
            if (!entry.hadRecentInput) window.shifts.push([entry.value, moved]);
        })).observe({type: 'layout-shift', buffered: true});
    """)
    long = {key: value * 6 if key.startswith("client_info") else value for key, value in DEVICE.items()}
    backend.order = an_order("created", device={**long, "location": "Бизнес-центр «Сириус», корпус 3, у лифтов"})
    page.goto(address(backend, scanned=True))
    expect(page.locator("header img")).to_be_visible()
    for status in ("pending", "paid", "make_pending", "successful"):
        backend.become(status)
        if status == "pending":
            page.reload()
        expect(page.get_by_role("heading", name=backend.order["status_text"])).to_be_visible()
    settled = "new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))"
    page.evaluate(settled)
    assert page.evaluate("window.shifts") == []


def test_a_broken_logo_leaves_no_hole(backend: FakeBackend, page: Page) -> None:
    for logo in ("https://logo.example/missing.png", "http://logo.example/logo.svg", "javascript:alert(1)", None):
        backend.order = an_order(device=a_device(logo_url=logo))
        page.goto(address(backend))
        expect(page.get_by_role("button", name="Перейти к оплате")).to_be_visible()
        expect(page.locator("header svg")).to_be_visible()
        expect(page.locator("header img")).to_have_count(0)


def test_a_logo_takes_the_place_of_the_cup(backend: FakeBackend, page: Page) -> None:
    backend.order = an_order(device=a_device(logo_url="https://logo.example/logo.svg"))
    page.goto(address(backend))
    box = page.locator("header img").bounding_box()
    assert box is not None and (box["width"], box["height"]) == (48, 48)


def provoke(page: Page, backend: FakeBackend) -> Any:
    """Opens an order whose operator is hostile, touches what can be touched, and tells what ran."""
    backend.order = an_order(device=a_device(client_info=HOSTILE))
    page.goto(address(backend))
    expect(page.get_by_text("Нажмите")).to_be_visible()
    page.evaluate("""() => {
        window.violations = [];
        document.addEventListener('securitypolicyviolation', event => violations.push(event.violatedDirective));
        const link = document.querySelector('#info a');
        link.target = '_self';
        link.click();
        document.querySelector('#info form').requestSubmit();
    }""")
    page.wait_for_function("violations.includes('form-action')")
    return page.evaluate("window.hacked")


def test_hostile_html_runs_nothing_and_leads_nowhere(backend: FakeBackend, page: Page) -> None:
    assert provoke(page, backend) is None
    assert {"script-src-elem", "form-action"} <= set(page.evaluate("violations"))


def test_text_from_the_network_stays_text(backend: FakeBackend, page: Page) -> None:
    backend.order = an_order(drink_name="<i>Раф</i>", device=a_device(location="<b>Холл</b>"))
    page.goto(address(backend))
    expect(page.get_by_role("heading", name="<i>Раф</i>")).to_be_visible()
    expect(page.get_by_text("<b>Холл</b>")).to_be_visible()


def test_without_the_policy_the_same_html_would_run(backend: FakeBackend, page: Page) -> None:
    backend.with_policy = False
    backend.order = an_order(device=a_device(client_info=HOSTILE))
    page.goto(address(backend))
    page.wait_for_function("window.hacked")


def test_the_policy_allows_nothing_inline() -> None:
    policy = re.search(r'Content-Security-Policy" content="([^"]*)"', (SITE / "index.html").read_text())
    assert policy is not None
    assert "unsafe" not in policy[1]
    assert "default-src 'none'" in policy[1] and "script-src 'self';" in policy[1]


def test_a_whole_purchase_talks_to_nobody_else(backend: FakeBackend, page: Page) -> None:
    hosts: set[str] = set()

    def note(request: Request) -> None:
        hosts.add(urlsplit(request.url).netloc)

    page.on("request", note)
    backend.order = an_order(device=a_device(client_info="<p>Без картинок</p>"))
    page.goto(address(backend, scanned=True))
    page.get_by_role("button", name="Перейти к оплате").click()
    page.wait_for_url("**/provider")
    backend.become("make_failed", refund=a_refund("succeeded"))
    page.goto(address(backend))
    expect(page.get_by_text("Деньги возвращены", exact=True)).to_be_visible()
    assert hosts == {urlsplit(backend.url).netloc, urlsplit(backend.site_url).netloc}


def test_all_of_it_is_small(backend: FakeBackend) -> None:
    sizes = {path.name: path.stat().st_size for path in Path(SITE).iterdir() if path.name != "config.js"}
    assert sum(sizes.values()) + len(backend.config()) < LIMIT_BYTES, sizes


def test_the_order_number_never_leaks_to_the_provider(backend: FakeBackend, page: Page) -> None:
    page.goto(address(backend))
    page.get_by_role("button", name="Перейти к оплате").click()
    page.wait_for_url("**/provider")
    assert ORDER_ID not in page.evaluate("document.referrer")


def test_a_page_slow_to_start_says_so(backend: FakeBackend, page: Page) -> None:
    backend.script("create", Reply(held=True))
    page.goto(address(backend, scanned=True))
    slow = page.get_by_text("Дольше обычного.")
    expect(slow).to_be_hidden()
    page.evaluate("document.querySelector('.slow').getAnimations().forEach(one => one.finish())")
    expect(slow).to_be_visible()
