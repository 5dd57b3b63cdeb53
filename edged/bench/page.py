"""A report as one page that needs nothing else: no script, no font, no address on the network."""

import html
from collections.abc import Mapping, Sequence
from typing import Any

from edged.bench import sections
from edged.bench.plots import Plot

STYLE = """
:root { color-scheme: light; }
body { font: 16px/1.5 system-ui, sans-serif; color: #1a1a1a; background: #fff; max-width: 60rem;
  margin: 0 auto; padding: 1rem; }
h1 { font-size: 1.6rem; margin: .5rem 0; }
h2 { font-size: 1.2rem; margin: 2rem 0 .5rem; }
.wide { overflow-x: auto; }
table { border-collapse: collapse; font-size: .85rem; }
th, td { text-align: left; vertical-align: top; padding: .25rem .7rem .25rem 0; }
tr > * { border-bottom: 1px solid #ddd; }
td.number { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
td.long { overflow-wrap: anywhere; }
figure { margin: 1.5rem 0; }
figcaption { font-weight: 600; }
svg { max-width: 100%; height: auto; }
.note { color: #555; font-size: .85rem; }
"""

TITLE = "edged: what was measured here"

ABOUT = (
    'Every number is in <a href="report.json">report.json</a>, where <code>data-at</code> of its element'
    ' says; the table to post is in <a href="report.md">report.md</a>. What was not measured is not here,'
    " and – is what this machine does not tell."
)


def page(result: Mapping[str, Any], plots: Sequence[Plot]) -> str:
    """Return the page of a report."""
    parts = [
        f'<h1>{TITLE}</h1><p class="note">{ABOUT}</p>',
        sections.results(result),
        *map(_figure, plots),
        sections.absent(result),
        sections.stages(result),
        sections.whole(result),
        sections.memory(result),
        sections.accuracy(result),
        sections.setup(result),
    ]
    head = (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{TITLE}</title><style>{STYLE}</style></head><body>"
    )
    return f"{head}\n" + "\n".join(part for part in parts if part) + "\n</body></html>\n"


def _figure(plot: Plot) -> str:
    title = html.escape(plot.title)
    return f'<figure data-from="{plot.source}"><figcaption>{title}</figcaption>{plot.svg}</figure>'
