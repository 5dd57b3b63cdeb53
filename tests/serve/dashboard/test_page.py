"""The page in Chromium, as people have it: wakes appear, are played and judged, at a desk and by thumb."""

import pytest

from edged.messages import Activation, Fallback, Ran, Suppressed
from tests.serve.dashboard.browser import Browser, needs_chromium

pytestmark = needs_chromium


@pytest.fixture(scope="module")
def browser():
    with Browser() as browser:
        yield browser


@pytest.fixture
def page(browser, served):
    browser.complaints()
    page = browser.open(served.address)
    page.until(lambda: "hey_jarvis" in page.text("#strips"), "the page is drawn")
    page.until(lambda: page.script("return document.documentElement.dataset.live") == "yes", "events come")
    yield page
    assert [each for each in browser.complaints() if "favicon" not in each] == []


def wake(score: float, word: str = "hey_jarvis") -> Activation:
    return Activation(word, score, (0.1, score), 0.5, 1280, Ran("cpu", "cpu"), 1.0)


def test_a_wake_appears_by_itself_and_is_announced(page, served):
    served.run.emit("mic", 7, 1280, wake(0.77))
    page.until(lambda: "0.77 of 0.50" in page.text("#decisions"), "the wake is listed")
    page.until(lambda: "score 0.77" in page.script("return announce.textContent"), "it is announced")
    served.run.emit("mic", None, 1280, Suppressed("hey_jarvis", 0.66, "refractory"))
    page.until(lambda: "too soon after the last wake" in page.text("#decisions"), "the reason is told")


def test_what_happened_before_and_a_fallback_are_shown(page, served):
    assert "ready" in page.text("#changes")
    served.run.emit("mic", None, 1280, Fallback("features", "opencl", "cpu", "hung"))
    page.until(lambda: "features: opencl to cpu (hung)" in page.text("#changes"), "the fallback is told")


def test_a_clip_is_played_explained_and_marked_and_the_mark_is_on_disk(page, served):
    clip, kept = served.wake, served.clips / served.wake / "verdict"
    page.until(
        lambda: page.script("return !!document.querySelector(`[data-clip] .play:not([hidden])`)"), "it"
    )
    assert page.play(clip)
    page.button(clip, ".why").click()
    page.until(lambda: "Decisions in it" in page.text(f"[data-clip='{clip}'] .detail"), "it is explained")
    assert "highest" in page.button(clip, "canvas").get_attribute("aria-label")
    page.mark(clip, "wrong")
    assert kept.read_text().strip() == "wrong"
    page.button(clip, "[data-verdict=wrong]").click()
    page.until(lambda: not kept.exists(), "the mark is taken back")


def test_only_the_kind_that_is_asked_for_is_listed(page, served):
    served.run.emit("mic", None, 1280, Suppressed("hey_jarvis", 0.66, "refractory"))
    page.until(lambda: "held back" in page.text("#decisions"), "one was held back")
    page.driver.find_element("css selector", "#filter [data-kind=wake]").click()
    assert "held back" not in page.text("#decisions")
    assert "woke" in page.text("#decisions")


def test_a_telephone_shows_all_of_it_without_scrolling_sideways(page):
    metrics = {"width": 360, "height": 740, "deviceScaleFactor": 2, "mobile": True}
    page.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)
    try:
        assert page.script("return document.documentElement.scrollWidth") <= 360
        heights = page.script(
            "return [...document.querySelectorAll('button')].map((one) => one.offsetHeight)"
        )
        assert min(height for height in heights if height) >= 44  # a thumb
    finally:
        page.driver.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})


def test_every_control_is_reached_by_keyboard_and_has_a_name(page):
    from selenium.webdriver.common.keys import Keys

    page.until(lambda: page.script("return !!document.querySelector('[data-clip]')"), "a clip is listed")
    controls = "[...document.querySelectorAll('a, button, input')]"
    shown = f"{controls}.filter((node) => node.offsetWidth && !node.closest('[hidden]'))"
    wanted = page.script(f"return {shown}.length")
    reached = set()
    for _ in range(wanted + 2):
        page.driver.switch_to.active_element.send_keys(Keys.TAB)
        reached.add(page.script(f"return {shown}.indexOf(document.activeElement)"))
    assert reached >= set(range(wanted))
    name = "node.getAttribute('aria-label') || node.textContent"
    assert page.script(f"return {shown}.filter((node) => !({name}).trim()).length") == 0


def test_names_and_reasons_are_text_and_never_html(page, served):
    served.run.emit("mic", 9, 1280, wake(0.71, word="<img src=x onerror=alert(1)>"))
    page.until(lambda: "<img src=x" in page.text("#decisions"), "the name is shown as it is")
    assert page.script("return document.querySelectorAll('#decisions img').length") == 0


def test_lists_end_somewhere(page, served):
    served.run.emit("mic", 9, 1280, wake(0.72))
    for sample in range(150):
        served.run.emit("mic", None, sample, Suppressed("alexa", 0.61, "vad"))
    served.run.emit("mic", None, 1280, Suppressed("alexa", 0.99, "vad"))
    page.until(lambda: "0.99" in page.text("#decisions"), "the last one is listed")
    assert page.script("return document.querySelectorAll('.decision').length") <= 80


def test_a_box_with_a_token_is_opened_by_it_alone(browser, serve):
    with serve(serve="token = 'hush'") as guarded:
        page = browser.open(guarded.address)
        field = page.driver.find_element("css selector", "#token")
        page.until(field.is_displayed, "the token is asked for")
        field.send_keys("wrong\n")
        page.until(lambda: page.script("return document.activeElement.id === 'token'"), "it is asked again")
        assert "hey_jarvis" not in page.text("body")
        field.send_keys("hush\n")
        page.until(lambda: "hey_jarvis" in page.text("#strips"), "the page is drawn")
        page.until(lambda: page.script("return document.documentElement.dataset.live") == "yes", "it lives")
        guarded.run.emit("mic", 7, 1280, wake(0.77))
        page.until(lambda: "0.77 of 0.50" in page.text("#decisions"), "events come")
    page.until(lambda: "no connection" in page.text("#state"), "that it is gone is shown")
