"""One command gives a page whose every number is in the JSON beside it, and the table that people post."""

import json
import re
import shutil
import subprocess
from html.parser import HTMLParser

import pytest
import soundfile
from typer.testing import CliRunner

from edged.bench import app, plots, results
from edged.bench.page import page
from edged.bench.pointers import look_up, shown, step
from edged.errors import EdgedError, SinkError
from tests.assets import asset
from tests.bench.documented import missing
from tests.daemon import DEMO, models, write_config

__all__ = ["models"]

DIGIT = re.compile(r"\d")

GOLDEN = (
    "| implementation | device | backend | time s | RTF | speed × | memory MiB | of RAM | p50 ms | p95 ms |"
    " max ms | energy J | energy by |"
)


@pytest.fixture(scope="module")
def folder(models, tmp_path_factory):
    """A report of this machine, made as a user makes it."""
    pytest.importorskip("matplotlib")
    here = tmp_path_factory.mktemp("report")
    spoken = here / "spoken.wav"
    pcm, rate = soundfile.read(DEMO, dtype="int16")
    soundfile.write(spoken, pcm[40_000:88_000], rate)  # heard at the real pace: five times
    config = write_config(
        here / "edged.toml", models, '[[heads.word]]\nname = "alexa"\n[[heads.word]]\nname = "hey_jarvis"\n'
    )
    clips = ["--positive", f"alexa={asset('wake/positive/wyoming/alexa.wav')}"]
    room = ["--negative", str(asset("negative/meetings/ES2011a.Headset-0-40s-46s.wav"))]
    said = ["report", str(spoken), "-c", str(config), "--quick", "--out", str(here / "out"), *clips, *room]
    CliRunner().invoke(app, said, catch_exceptions=False)
    return here / "out"


@pytest.fixture(scope="module")
def result(folder):
    return json.loads((folder / "report.json").read_text())


class Page(HTMLParser):
    """What a page shows: data with their places, headings of tables, and all other text."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.data: list[tuple[str, str]] = []
        self.headings: list[str] = []
        self.rest: list[str] = []
        self.figures: list[dict[str, str]] = []
        self.addresses: list[str] = []
        self._open: list[tuple[str, dict[str, str]]] = []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        named = dict(attrs)
        self.addresses += [named[name] for name in ("src", "href") if tag != "use" and name in named]
        if tag == "figure":
            self.figures.append(named)
        if tag not in ("meta", "br", "link"):
            self._open.append((tag, named))

    def handle_startendtag(self, tag, attrs):
        """An element of an SVG without content."""

    def handle_endtag(self, tag):
        while self._open and self._open.pop()[0] != tag:
            continue

    def handle_data(self, text):
        tags = [tag for tag, _ in self._open]
        if not text.strip() or {"style", "svg"} & set(tags):
            return
        if tags[-1] == "data":
            self.data.append((self._open[-1][1]["data-at"], text))
        else:
            (self.headings if "th" in tags else self.rest).append(text)


def names(document) -> set[str]:
    """Every key of a document, also with spaces."""
    if isinstance(document, dict):
        inner = set().union(*map(names, document.values())) if document else set()
        return {*document, *(key.replace("_", " ") for key in document), *inner}
    return set().union(*map(names, document)) if isinstance(document, list) and document else set()


def test_every_number_of_the_page_is_in_the_json_where_the_page_says(folder, result):
    seen = Page((folder / "report.html").read_text())
    assert len(seen.data) > 150
    for place, text in seen.data:
        assert text == shown(look_up(result, place)), place
    known = {*names(result), *results.COLUMNS.values()}
    assert [text for text in seen.headings if DIGIT.search(text) and text not in known] == []
    assert [text for text in seen.rest if DIGIT.search(text)] == []


def test_every_key_of_the_json_is_explained(result):
    sections = ("header", "report", "compare", "accuracy", "stages", "asr", "memory")
    assert missing(result, *sections) == set()
    for part, explained in (("header", "header"), ("accuracy", "accuracy"), ("stages", "stages")):
        assert missing(result[part], explained) == set()
    assert missing(result["whole"], "compare") == set()
    assert missing(result["asr"], "asr") == set()


def test_the_page_needs_nothing_else(folder):
    text = (folder / "report.html").read_text()
    assert set(Page(text).addresses) == {"report.json", "report.md"}
    assert "<script" not in text and "@import" not in text and "url(http" not in text
    ids = re.findall(r'\bid="([^"]+)"', text)
    assert len(ids) == len(set(ids))
    used = re.findall(r'(?:href="#|url\(#)([^")]+)', text)
    assert used and set(used) <= set(ids)


def test_every_plot_has_a_mark_for_every_datum_at_its_place(folder, result):
    drawn = {plot.title: plot for plot in plots.plots(result)}
    assert [figure["data-from"] for figure in Page((folder / "report.html").read_text()).figures] == [
        plot.source for plot in drawn.values()
    ]
    assert {plot.source for plot in drawn.values()} >= {
        "/stages/rows", "/whole/rounds_utterance_ms", "/asr/latency/waits_ms", "/accuracy/words"
    }  # fmt: skip
    for plot in drawn.values():
        assert len(marks(plot.svg)) == plot.marks > 0, plot.title
    rounds = [y for _, y in marks(drawn["The whole path, round by round"].svg)]
    assert affine(rounds, result["whole"]["rounds_utterance_ms"])
    waits = [x for x, _ in marks(drawn["How soon the text comes"].svg)]
    assert affine(waits, sorted(result["asr"]["latency"]["waits_ms"]))


def test_heat_and_the_curves_of_several_words_are_drawn_where_they_were_measured(result):
    hot = json.loads(json.dumps(result))
    hot["header"]["before"]["celsius"] = {"soc-thermal": 40.0, "gpu-thermal": 41.0}
    hot["header"]["after"]["celsius"] = {"soc-thermal": 55.5, "gpu-thermal": 41.0, "late-thermal": 1.0}
    hot["accuracy"]["words"]["hey_jarvis"] |= {
        "said": 1,
        "recall": 0.0,
        "recall_low": 0.0,
        "recall_high": 0.975,
    }
    for point in hot["accuracy"]["words"]["hey_jarvis"]["det"]:
        point["miss"] = 1.0
    drawn = {plot.title: plot for plot in plots.plots(hot)}
    assert drawn["Heat"].marks == len(marks(drawn["Heat"].svg)) == 4
    assert drawn["Recall"].marks == len(marks(drawn["Recall"].svg)) == 2
    curves = drawn["Misses against false accepts, over the threshold"].svg
    assert len(marks(curves)) == 2 * len(hot["accuracy"]["words"]["alexa"]["det"]) == 46
    ids = re.findall(r'\bid="([^"]+)"', page(hot, list(drawn.values())))
    assert len(ids) == len(set(ids))


def marks(svg: str) -> list[tuple[float, float]]:
    """Places of the marks of a plot."""
    groups = re.findall(r'<g id="[^"]*-marks[^"]*"[^>]*>(.*?)</g>\s*</g>', svg, re.DOTALL)
    uses = [use for group in groups for use in re.findall(r"<use [^>]*>", group)]
    return [tuple(float(re.search(rf' {axis}="([-\d.]+)"', use)[1]) for axis in "xy") for use in uses]


def affine(places: list[float], values: list[float]) -> bool:
    """Whether places on the page are the values, scaled and moved."""
    low, high = values.index(min(values)), values.index(max(values))
    scale = (places[high] - places[low]) / (values[high] - values[low])
    moved = [places[low] + (value - values[low]) * scale for value in values]
    return scale != 0 and moved == pytest.approx(places, abs=0.01)


def test_the_table_to_post_has_the_same_columns_and_numbers(folder, result):
    lines = (folder / "report.md").read_text().splitlines()
    start = lines.index(GOLDEN)
    assert list(result["table"][0]) == list(results.COLUMNS)
    for line, row in zip(lines[start + 2 :], result["table"], strict=False):
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        assert cells == [shown(row[key]) for key in results.COLUMNS]
    assert "edged 0.1.0" in lines[0] and "kernel" in lines[0]
    things = [row["implementation"].partition(", ")[2] for row in result["table"]]
    assert things == ["features", "heads", "whole path", "recognizer selftest"]


def test_rows_follow_from_what_was_measured(result):
    by_name = {row["implementation"].partition(", ")[2]: row for row in result["table"]}
    features = next(row for row in result["stages"]["rows"] if row["stage"] == "features")
    assert by_name["features"]["rtf"] == pytest.approx(features["mean_ms"] / 80, abs=1e-5)
    assert by_name["features"]["speed"] == pytest.approx(80 / features["mean_ms"], rel=0.01)
    assert by_name["whole path"]["max_ms"] == max(result["whole"]["rounds_utterance_ms"])
    assert by_name["recognizer selftest"]["p95_ms"] == result["asr"]["latency"]["p95_ms"]
    assert {row["energy_j"] for row in result["table"]} == {None}  # this machine tells nothing
    assert result["accuracy"]["words"]["alexa"]["heard"] == 1
    assert result["header"]["recordings"][0]["file"].endswith("spoken.wav")
    assert result["whole"]["stages_ms"]["recognize cpu"]["n"] == 5
    assert result["configuration"]["heads.word[0].name"]["value"] == "alexa"
    reasons = {row["provider"]: row["why"] for row in result["stages"]["absent"]}
    assert "opencl" in reasons and not {row["provider"] for row in result["stages"]["rows"]} & set(reasons)


@pytest.mark.parametrize("width", [390, 1200], ids=["phone", "desk"])
def test_a_browser_draws_every_plot_and_nothing_is_cut_off(folder, result, tmp_path, width):
    """The page in a frame of that width; what the browser laid out is written back into the document."""
    browser = shutil.which("chromium") or pytest.skip("chromium absent")
    text = json.dumps((folder / "report.html").read_text()).replace("</", "<\\/")
    looked = f"""<!doctype html><iframe id="page" width="{width}" height="900"></iframe><script>
    const frame = document.getElementById("page");
    frame.onload = () => {{
      const seen = frame.contentDocument, boxes = [...seen.querySelectorAll("figure svg")].map(svg => {{
        const box = svg.getBoundingClientRect();
        const drawn = [...svg.querySelectorAll('[id*="-marks"] use')].filter(use => use.getBBox().width > 0);
        return [box.left, box.right, box.height, drawn.length];
      }});
      const text = JSON.stringify({{boxes, wide: seen.documentElement.scrollWidth}});
      document.body.innerHTML = "<pre>" + text + "</pre>";
    }};
    frame.srcdoc = {text};
    </script>"""
    (tmp_path / "look.html").write_text(looked)
    command = [
        browser,
        "--headless",
        "--no-sandbox",
        "--disable-gpu",
        f"--user-data-dir={tmp_path / 'profile'}",
    ]
    command += ["--virtual-time-budget=5000", "--dump-dom", (tmp_path / "look.html").as_uri()]
    done = subprocess.run(command, capture_output=True, text=True, timeout=100, check=False)
    said = re.search(r"<pre>(.*)</pre>", done.stdout)
    assert said, done.stdout[-500:] + done.stderr[-500:]
    found = json.loads(said[1])
    assert found["wide"] <= width  # tables scroll by themselves, the page does not
    drawn = plots.plots(result)
    assert [box[3] for box in found["boxes"]] == [plot.marks for plot in drawn]
    for left, right, height, _ in found["boxes"]:
        assert 0 <= left < right <= width and right - left > 300 and height > 150


def test_a_report_without_plots_recordings_or_recognizer_has_what_there_is(models, tmp_path):
    config = write_config(tmp_path / "edged.toml", models, "[recognize]\nenabled = false\n")
    said = ["report", "-c", str(config), "--quick", "--no-plots", "--out", str(tmp_path / "out"), "--json"]
    done = CliRunner().invoke(app, said, catch_exceptions=False)
    result = json.loads(done.stdout)
    assert result == json.loads((tmp_path / "out" / "report.json").read_text())
    assert result["asr"] is None and result["accuracy"] is None
    assert [each["file"] for each in result["header"]["recordings"]] == ["made.wav"]
    assert len(result["table"]) == 3
    seen = Page((tmp_path / "out" / "report.html").read_text())
    assert seen.figures == [] and ("/whole/rtf/n", "5") in seen.data
    again = page(result, [])
    assert again == (tmp_path / "out" / "report.html").read_text()


def test_what_keeps_a_report_from_being_written_is_said_before_anything_is_measured(models, tmp_path):
    config = write_config(tmp_path / "edged.toml", models)
    (tmp_path / "file").touch()
    with pytest.raises(SinkError, match=r"file/out: not a directory"):
        CliRunner().invoke(
            app,
            ["report", "-c", str(config), "--no-plots", "--out", str(tmp_path / "file/out")],
            catch_exceptions=False,
        )


def test_without_matplotlib_the_sentence_names_two_ways_out(monkeypatch):
    monkeypatch.setattr("sys.path", [])
    monkeypatch.delitem(__import__("sys").modules, "matplotlib", raising=False)
    with pytest.raises(EdgedError, match=r"pip install 'edged\[report\]', or say --no-plots"):
        plots.available()


@pytest.mark.parametrize("key", ["plain", "a/b", "~", "~1", "words of /one~"])
def test_a_pointer_finds_any_key(key):
    assert look_up({"all": [{key: 5}]}, f"/all/0{step(key)}") == 5
