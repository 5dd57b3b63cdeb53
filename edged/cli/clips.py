"""`edged clips`: what was kept of wakes and near misses; listed, explained, judged, deleted."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from edged.cli.plain import say

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from edged.config.schema import Config
    from edged.runtime.clips.document import Document
    from edged.runtime.clips.rotation import Entry
    from edged.runtime.clips.store import Listed, Store

app = typer.Typer(help="Clips that explain wakes: list, show, mark, purge.", no_args_is_help=True)

ConfigFile = Annotated[
    Path | None, typer.Option("--config", "-c", help="TOML file; default /etc/edged/edged.toml.")
]
Json = Annotated[bool, typer.Option("--json", help="One JSON document on standard output.")]
Id = Annotated[str, typer.Argument(metavar="ID", help="See `edged clips list`.")]

BARS = " ▁▂▃▄▅▆▇█"


@app.command("list")
def list_clips(config: ConfigFile = None, as_json: Json = False) -> None:
    """List what is kept, the newest first."""
    from rich.console import Console
    from rich.table import Table

    store = _store(_load(config))
    listed = list(store.list())
    if as_json:
        print(json.dumps([_row(each) for each in listed], ensure_ascii=False, indent=2))
        return
    if not listed:
        print(f"no clips in {store.folder}; they are kept where [clips] enabled = true")
        return
    table = Table(box=None, padding=(0, 1, 0, 0))
    for column in ("id", "word", "why", "score", "sound", "kB", "verdict"):
        table.add_column(column, no_wrap=column == "id", overflow="fold")
    for each in listed:
        table.add_row(*_cells(each))
    console = Console(highlight=False)
    console.print(table)
    total = sum(each.size for each in listed)
    say(console, f"{len(listed)} clips, {total / 1e6:.1f} MB, in {store.folder}")
    for each in listed:
        if each.problem:
            say(console, each.problem, "red")


@app.command()
def show(clip: Id, config: ConfigFile = None, as_json: Json = False) -> None:
    """Explain one: score curve, rules, speech, backends, times."""
    from edged.runtime.clips.clip import as_plain, read_clip

    home = located(clip, _load(config))
    document = read_clip(home)
    if as_json:
        print(json.dumps(as_plain(document), ensure_ascii=False, indent=2))
    else:
        print("\n".join(_explained(document, home)))


@app.command()
def mark(
    clip: Id,
    verdict: Annotated[
        Literal["right", "wrong", "none"],
        typer.Argument(help="Whether edged decided right; none takes a mark back."),
    ],
    config: ConfigFile = None,
) -> None:
    """Say whether a decision was right: marked clips are deleted last."""
    _store(_load(config)).mark(clip, None if verdict == "none" else verdict)
    print(f"{clip}: {'no mark' if verdict == 'none' else verdict}")


@app.command()
def purge(
    clips: Annotated[list[str] | None, typer.Argument(metavar="[ID…]", help="Default: all.")] = None,
    keep_marked: Annotated[bool, typer.Option("--keep-marked", help="Not those that you marked.")] = False,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
    config: ConfigFile = None,
) -> None:
    """Delete clips, for good."""
    store = _store(_load(config))
    if clips:
        for clip in clips:
            store.delete(clip)
        print(f"{len(clips)} deleted")
        return

    def keep(entry: "Entry") -> bool:
        return keep_marked and entry.marked

    going = sum(not keep(entry) for entry in store.entries())
    if going and not yes:
        typer.confirm(f"delete {going} clips in {store.folder} for good?", abort=True)
    print(f"{store.purge(keep)} deleted in {store.folder}")


def located(clip: str, config: "Config") -> Path:
    """Return the folder of a clip that is named by its id or its path.

    Raises:
        NoSuchClip: there is none.
    """
    from edged.runtime.clips.clip import NoSuchClip
    from edged.runtime.clips.store import ID

    if ID.fullmatch(clip):
        store = _store(config)
        store.read(clip)
        return store.folder / clip
    path = Path(clip).expanduser()
    try:
        home = path if path.is_dir() else path.parent
        there = path.exists() and (home / "clip.json").exists()
    except (OSError, ValueError) as exc:  # ValueError: a name with a NUL in it
        raise NoSuchClip(f"{clip}: {getattr(exc, 'strerror', None) or exc}") from exc
    if not there:
        raise NoSuchClip(f"{clip}: no such clip; see `edged clips list`")
    return home.absolute()


def _load(config: Path | None) -> "Config":
    from edged.config.load import load

    return load(config, secrets=False).config


def _store(config: "Config") -> "Store":
    from edged.runtime.clips.place import clips_folder
    from edged.runtime.clips.store import Store

    return Store(clips_folder(config.clips.dir))


def _row(each: "Listed") -> dict[str, Any]:
    document = each.document
    row: dict[str, Any] = {"id": each.id, "path": str(each.path), "bytes": each.size}
    if document is None:
        return {**row, "problem": each.problem}
    return {
        **row,
        "kind": document.kind,
        "word": document.word,
        "reason": document.reason,
        "score": document.score,
        "wall": document.wall,
        "stream": document.stream,
        "utterance": document.utterance,
        "sound_s": document.sound.samples / 16_000 if document.sound else None,
        "verdict": document.verdict,
        "problem": None,
    }


def _cells(each: "Listed") -> "Sequence[str]":
    from rich.markup import escape

    document = each.document
    size = f"{each.size / 1e3:.0f}"
    if document is None:
        return each.id, "", "damaged", "", "", size, ""
    seconds = f"{document.sound.samples / 16_000:.1f} s" if document.sound else "none"
    why = document.reason or document.kind.replace("_", " ")
    score = f"{document.score:.3f}"
    return each.id, escape(document.word), escape(why), score, seconds, size, document.verdict or ""


def _explained(document: "Document", home: Path) -> "Iterator[str]":
    from edged.runtime.health import clock

    facts = document.words.get(document.word)
    limit = f", threshold {facts.rule.threshold:g}" if facts else ""
    what = {
        "wake": "was heard",
        "stop": "was heard, and cancelled a command",
        "near_miss": "came close",
        "rejected": f"was held back ({document.reason})",
        "lost": f"led to a command that got no text ({document.reason})",
    }[document.kind]
    who = document.word or "a trigger"
    yield f"{who} {what} at {clock(document.wall)}: score {document.score:.3f}{limit}"
    if document.curve and facts:
        curve = document.curve
        scores = curve.scores[facts.column]
        first, last = ((end - document.sample) / 16_000 for end in (curve.ends[0], curve.ends[-1]))
        yield f"scores  {_bars(scores)}  from {first:+.2f} s to {last:+.2f} s, one each 80 ms"
        asked = [speech for speech in curve.speech[document.word] if speech is not None]
        gate = facts.rule.vad_threshold
        heard = f"highest {max(asked):.2f} of {gate:g} needed" if asked else "not asked"
        yield f"speech  {heard if gate else 'the gate is off'}"
        rule = facts.rule
        yield (
            f"rules   patience {rule.patience} of {rule.patience_window} hops, refractory "
            f"{rule.refractory / 16_000:g} s, armed again below {rule.rearm_below:g}, lag "
            f"{rule.lag / 16:g} ms"
        )
        others = {name: max(row) for name, row in curve.scores.items() if name != facts.column}
        if others:
            yield "others  " + ", ".join(f"{name} {peak:.3f}" for name, peak in others.items())
    if document.backends:
        yield "ran on  " + ", ".join(
            f"{stage} {each.provider} ({each.device}, {each.precision})"
            for stage, each in document.backends.items()
        )
    if document.stages_ms:
        yield "took    " + ", ".join(f"{stage} {ms:g} ms" for stage, ms in document.stages_ms.items())
    if document.latency_ms is not None:
        yield f"decided {document.latency_ms:g} ms after its hop was there"
    if document.wake:
        yield f"wake    {document.wake}"
    if document.sound:
        yield f"sound   {document.sound.samples / 16_000:.1f} s: {home / 'sound.flac'}"
    else:
        yield f"sound   none is kept: {document.no_sound}"
    yield f"verdict {document.verdict or f'none yet: edged clips mark {document.id} right|wrong'}"


def _bars(scores: "Sequence[float]") -> str:
    return "".join(BARS[min(len(BARS) - 1, int(score * len(BARS)))] for score in scores)
