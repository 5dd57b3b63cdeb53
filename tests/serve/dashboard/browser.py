"""Headless Chromium on the page, as its users have it; skipped by name where there is none."""

import shutil
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

LONG_S = 30.0


def installed() -> bool:
    return bool(shutil.which("chromium") and shutil.which("chromedriver"))


needs_chromium = pytest.mark.skipif(not installed(), reason="chromium and chromium-driver are not installed")


class Browser:
    """One browser; `open` shows a page in it."""

    def __enter__(self) -> "Browser":
        from selenium import webdriver

        options = webdriver.ChromeOptions()
        options.binary_location = shutil.which("chromium") or ""
        for flag in (
            "headless=new",
            "no-sandbox",
            "disable-dev-shm-usage",
            "disable-gpu",
            "disable-background-networking",
            "disable-component-update",
            "no-first-run",
            "autoplay-policy=no-user-gesture-required",
            "window-size=1280,1400",
        ):
            options.add_argument(f"--{flag}")
        options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
        service = webdriver.ChromeService(shutil.which("chromedriver"))
        self._closing = ExitStack()
        self.driver = webdriver.Chrome(options=options, service=service)
        self._closing.callback(self.driver.quit)
        process: Any = service.process
        self.pid: int = process.pid
        """Of the driver: the browser's processes are its children."""
        return self

    def __exit__(self, *exc: object) -> None:
        self._closing.close()

    def open(self, address: str) -> "Page":
        self.driver.get(address)
        return Page(self.driver)

    def heap(self) -> tuple[float, float]:
        """Megabytes of JavaScript's heap and nodes of the document, garbage collected."""
        self.driver.execute_cdp_cmd("HeapProfiler.collectGarbage", {})
        self.driver.execute_cdp_cmd("Performance.enable", {})
        told = self.driver.execute_cdp_cmd("Performance.getMetrics", {})["metrics"]
        by_name = {each["name"]: each["value"] for each in told}
        return by_name["JSHeapUsedSize"] / 1e6, by_name["Nodes"]

    def wakes(self) -> int:
        return int(self.driver.execute_script("return document.querySelectorAll('[data-after-ms]').length"))

    def complaints(self) -> list[str]:
        """What the browser's console says since the last call."""
        return [each["message"] for each in self.driver.get_log("browser")]


class Page:
    """The dashboard."""

    def __init__(self, driver: Any) -> None:
        self.driver = driver

    def script(self, text: str, *arguments: object) -> Any:
        return self.driver.execute_script(text, *arguments)

    def until(self, ask: Callable[[], Any], what: str, within_s: float = LONG_S) -> Any:
        """Ask until the answer is true, and return it."""
        deadline = time.monotonic() + within_s
        while time.monotonic() < deadline:
            if answer := ask():
                return answer
            time.sleep(0.05)
        raise AssertionError(f"{what}: not within {within_s:g} s; the page says {self.text('body')[:2000]}")

    def text(self, selector: str) -> str:
        return str(self.script("return document.querySelector(arguments[0])?.innerText || ''", selector))

    def delays_of(self, wakes: int, within_s: float = LONG_S) -> list[int]:
        """Milliseconds from the wall time of each wake's event until the page was to be painted with it."""
        found: dict[str, int] = {}

        def enough() -> bool:
            rows = self.script(
                "return [...document.querySelectorAll('[data-after-ms]')]"
                ".map((row) => [row.dataset.wall, Number(row.dataset.afterMs)])"
            )
            found.update(dict(rows))
            return len(found) >= wakes

        self.until(enough, f"{wakes} wakes", within_s)
        return list(found.values())

    def newest_clip(self, within_s: float = LONG_S) -> str:
        """Return the id of the newest wake that can be played."""
        return self.until(
            lambda: self.script(
                "const row = [...document.querySelectorAll('.decision[data-kind=wake]')]"
                ".find((row) => !row.querySelector('.play').hidden); return row?.dataset.clip"
            ),
            "a clip that can be played",
            within_s,
        )

    def button(self, clip: str, selector: str) -> Any:
        return self.driver.find_element("css selector", f"[data-clip='{clip}'] {selector}")

    def play(self, clip: str) -> bool:
        """Press Play; return whether sound went on to its end."""
        self.button(clip, ".play").click()
        self.until(lambda: self.button(clip, ".play").text == "Stop", "the clip plays")
        self.until(lambda: self.button(clip, ".play").text == "Play", "the clip ends", 60)
        return True

    def mark(self, clip: str, verdict: str) -> None:
        self.button(clip, f"[data-verdict={verdict}]").click()
        self.until(
            lambda: self.button(clip, f"[data-verdict={verdict}]").get_attribute("aria-pressed") == "true",
            "the mark is shown",
        )

    def pictures(self, folder: Path) -> None:
        """Save the page as a desk and a telephone show it, light and dark, the newest wake opened."""
        self.script("document.querySelector('.why:not([hidden])')?.click()")
        time.sleep(1)
        for name, width, scheme in (
            ("desk", 1280, "light"),
            ("desk-dark", 1280, "dark"),
            ("phone", 360, "light"),
            ("phone-dark", 360, "dark"),
        ):
            features = [{"name": "prefers-color-scheme", "value": scheme}]
            self.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": features})
            metrics = {"width": width, "height": 1600, "deviceScaleFactor": 1.5, "mobile": width < 500}
            self.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)
            time.sleep(1)
            self.driver.save_screenshot(str(folder / f"{name}.png"))
        self.driver.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})
        self.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": []})
