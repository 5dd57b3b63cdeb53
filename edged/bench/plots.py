"""Plots of a report as SVG, drawn from the numbers of its JSON and from nothing else.

Each is drawn where its numbers were measured, and says from where in the JSON they are.
"""

import importlib
import importlib.util
import io
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from edged.errors import EdgedError
from edged.geometry import HOP_SECONDS

WIDTH, LINE, LEAST = 6.0, 0.4, 2.9
"""Inches: width, height of a row, least height."""

MARKS = "marks"
"""Beginning of the names of the SVG's groups in which each datum has one mark."""

INK, SECOND, LIMIT = "#1b5e8c", "#c2571a", "#888888"


@dataclass(frozen=True, slots=True)
class Plot:
    """A plot that was drawn."""

    title: str
    source: str
    """JSON pointer to what it shows."""
    svg: str
    marks: int
    """Data in it."""


def available() -> None:
    """Refuse before anything is measured.

    Raises:
        EdgedError: matplotlib is not installed.
    """
    if importlib.util.find_spec("matplotlib") is None:
        raise EdgedError(
            "the plots are drawn by matplotlib, which is not installed: pip install 'edged[report]', or say"
            " --no-plots"
        )


def plots(result: Mapping[str, Any]) -> list[Plot]:
    """Draw every plot whose numbers were measured."""
    drawn = [_stages(result), _rounds(result), _latency(result), _heat(result), _recall(result), _det(result)]
    return [plot for plot in drawn if plot is not None]


def _stages(result: Mapping[str, Any]) -> Plot | None:
    rows = result["stages"]["rows"]

    def draw(axes: Any) -> int:
        for place, row in enumerate(rows):
            values = [row["p50_ms"], row["p95_ms"], row["max_ms"]]
            axes.plot(values, [place] * len(values), "-", color=INK, gid=f"line-{place}")
        for key, form in (("p50_ms", "o"), ("p95_ms", "s"), ("max_ms", "d")):
            axes.plot(
                [row[key] for row in rows],
                range(len(rows)),
                form,
                color=INK,
                label=key[:-3],
                gid=f"{MARKS}-{key}",
            )
        axes.axvline(HOP_SECONDS * 1e3, color=LIMIT, linestyle="--", label="a hop lasts")
        axes.set_yticks(range(len(rows)), [f"{row['stage']} {row['provider']}" for row in rows])
        axes.set_xscale("log")
        axes.set_xlabel("milliseconds per hop")
        axes.invert_yaxis()
        axes.legend(loc="best", fontsize="small")
        return 3 * len(rows)

    return _plot("What a hop takes on each backend", "/stages/rows", draw, len(rows)) if rows else None


def _rounds(result: Mapping[str, Any]) -> Plot:
    times = result["whole"]["rounds_utterance_ms"]

    def draw(axes: Any) -> int:
        numbers = range(1, len(times) + 1)
        axes.plot(numbers, times, "o", color=INK, gid=MARKS)
        axes.axhline(result["whole"]["utterance_ms"]["median"], color=LIMIT, linestyle="--", label="median")
        axes.set_ylim(bottom=0)
        axes.xaxis.get_major_locator().set_params(integer=True)
        axes.set_xlabel("round")
        axes.set_ylabel("ms per recording")
        axes.legend(loc="best", fontsize="small")
        return len(times)

    return _plot("The whole path, round by round", "/whole/rounds_utterance_ms", draw)


def _latency(result: Mapping[str, Any]) -> Plot | None:
    if result["asr"] is None:
        return None
    waits = sorted(result["asr"]["latency"]["waits_ms"])

    def draw(axes: Any) -> int:
        shares = [(place + 1) / len(waits) for place in range(len(waits))]
        axes.step(waits, shares, where="post", color=INK, gid="line")
        axes.plot(waits, shares, "o", color=INK, markersize=4, gid=MARKS)
        axes.set_ylim(0, 1.05)
        axes.set_xlim(left=0)
        axes.set_xlabel("milliseconds from the end of the command to its text")
        axes.set_ylabel("share of commands")
        return len(waits)

    return _plot("How soon the text comes", "/asr/latency/waits_ms", draw)


def _heat(result: Mapping[str, Any]) -> Plot | None:
    before, after = (result["header"][when]["celsius"] for when in ("before", "after"))
    zones = [zone for zone in before if zone in after]

    def draw(axes: Any) -> int:
        for place, zone in enumerate(zones):
            axes.plot([before[zone], after[zone]], [place, place], "-", color=LIMIT, gid=f"line-{place}")
        axes.plot(
            [before[z] for z in zones],
            range(len(zones)),
            "o",
            color=INK,
            label="before",
            gid=f"{MARKS}-before",
        )
        axes.plot(
            [after[z] for z in zones],
            range(len(zones)),
            "s",
            color=SECOND,
            label="after",
            gid=f"{MARKS}-after",
        )
        axes.set_yticks(range(len(zones)), zones)
        axes.set_xlabel("°C")
        axes.invert_yaxis()
        axes.legend(loc="best", fontsize="small")
        return 2 * len(zones)

    return _plot("Heat", "/header", draw, len(zones)) if zones else None


def _recall(result: Mapping[str, Any]) -> Plot | None:
    said = {name: word for name, word in _words(result).items() if word["said"]}

    def draw(axes: Any) -> int:
        for place, word in enumerate(said.values()):
            axes.plot(
                [word["recall_low"], word["recall_high"]],
                [place, place],
                "-",
                color=LIMIT,
                gid=f"line-{place}",
            )
        axes.plot([word["recall"] for word in said.values()], range(len(said)), "o", color=INK, gid=MARKS)
        axes.set_yticks(range(len(said)), list(said))
        axes.set_xlim(0, 1.02)
        axes.set_xlabel("share of recordings that are heard, with its interval")
        axes.invert_yaxis()
        return len(said)

    return _plot("Recall", "/accuracy/words", draw, len(said)) if said else None


def _det(result: Mapping[str, Any]) -> Plot | None:
    curves = {
        name: [p for p in word["det"] if None not in (p["miss"], p["false_accepts_per_hour"])]
        for name, word in _words(result).items()
    }
    curves = {name: points for name, points in curves.items() if points}

    def draw(axes: Any) -> int:
        for place, (name, points) in enumerate(curves.items()):
            rates, misses = zip(*((p["false_accepts_per_hour"], p["miss"]) for p in points), strict=True)
            (line,) = axes.plot(rates, misses, "-", gid=f"line-{place}")
            axes.plot(
                rates, misses, "o", color=line.get_color(), markersize=4, label=name, gid=f"{MARKS}-{place}"
            )
        axes.set_ylim(-0.02, 1.02)
        axes.set_xlim(left=-0.02 * max(1.0, axes.get_xlim()[1]))
        axes.set_xlabel("false accepts per hour")
        axes.set_ylabel("share that is missed")
        axes.legend(loc="best", fontsize="small")
        return sum(map(len, curves.values()))

    title = "Misses against false accepts, over the threshold"
    return _plot(title, "/accuracy/words", draw) if curves else None


def _words(result: Mapping[str, Any]) -> Mapping[str, Any]:
    return result["accuracy"]["words"] if result["accuracy"] else {}


def _plot(title: str, source: str, draw: Callable[[Any], int], rows: int = 0) -> Plot:
    """Draw on a figure of its own; ids get the plot's name, for a page holds several."""
    matplotlib: Any = importlib.import_module("matplotlib")
    figure_module: Any = importlib.import_module("matplotlib.figure")
    name = re.sub(r"\W+", "-", title.lower()).strip("-")
    with matplotlib.rc_context(
        {"svg.fonttype": "none", "svg.hashsalt": name, "font.family": "sans-serif", "font.size": 11}
    ):
        figure = figure_module.Figure(figsize=(WIDTH, max(LEAST, 1.2 + LINE * rows)), layout="constrained")
        axes = figure.add_subplot()
        axes.spines[["top", "right"]].set_visible(False)
        marks = draw(axes)
        out = io.StringIO()
        figure.savefig(out, format="svg", transparent=True, metadata={"Date": None})
    svg = out.getvalue()
    svg = svg[svg.index("<svg") :]
    svg = re.sub(r'(\bid="|href="#|url\(#)', rf"\g<1>{name}-", svg)
    return Plot(title, source, svg.strip(), marks)
