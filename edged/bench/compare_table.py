"""A comparison as text for people."""

from collections.abc import Iterator, Mapping
from typing import Any, cast

from edged.bench.rounds import MEASURES


def table(result: Mapping[str, Any]) -> str:
    """Return a result of `run` as text for people."""
    form = "{:<30}{:>14}{:>10}{:>14}{:>10}   {}"
    sides = result["sides"]
    a, b = sides["a"], sides["b"]
    lines = [f"A: {_named(a)}", f"B: {_named(b)}"]
    lines += [
        f"{result['rounds']} rounds each in turn ({result['order']}), {result['warm_up_rounds']} before them"
        f" not counted; {len(result['recordings'])} recordings, {result['hops']} hops",
        "",
        form.format("median, iqr", "A", "", "B", "", "B / A [95 %], n"),
    ]
    stages = [*a["stages_ms"], *b["stages_ms"]]
    for stage in dict.fromkeys(key.partition(" ")[0] for key in stages):
        ratio_ = _ratio(result["b_over_a"]["stages_ms"][stage])
        lines += [form.format(*row, ratio_) for row in _stage(stage, a["stages_ms"], b["stages_ms"])]
    for name in MEASURES:
        cells = [_cell(side[name]) for side in (a, b)]
        lines.append(form.format(name, *cells[0], *cells[1], _ratio(result["b_over_a"][name])))
    lines.append(form.format("late hops", str(a["late_hops"]), "", str(b["late_hops"]), "", ""))
    peaks = [f"{side['peak_memory_mb']['together']:.1f}" for side in (a, b)]
    lines += [form.format("peak memory MiB", peaks[0], "", peaks[1], "", ""), ""]
    return "\n".join([*lines, *_quality(result)])


def _named(side: Mapping[str, Any]) -> str:
    ran = ", ".join(f"{stage} {provider}" for stage, provider in side["ran"].items())
    fell = "".join(f"; fell back: {each}" for each in side["fallbacks"])
    away = [each for each in side["verdicts"] if each["state"] != "serving"]
    not_run = "".join(f"\n   not {each['stage']} {each['provider']}: {each['reason']}" for each in away)
    return f"{side['label']}: ran {ran}{fell}{not_run}"


def _stage(stage: str, a: Mapping[str, Any], b: Mapping[str, Any]) -> Iterator[tuple[str, ...]]:
    """Yield the rows of a stage: one, or one for each backend where a side fell back from one to another."""
    ran = [[key for key in side if key.partition(" ")[0] == stage] for side in (a, b)]
    if max(map(len, ran)) <= 1:
        here, there = (keys[0] if keys else None for keys in ran)
        names = dict.fromkeys(key.partition(" ")[2] for key in (here, there) if key)
        mine, theirs = _cell(a[here] if here else None), _cell(b[there] if there else None)
        yield f"{stage} ms, {' / '.join(names)}", *mine, *theirs
        return
    for key in dict.fromkeys(key for keys in ran for key in keys):
        yield f"{stage} ms, {key.partition(' ')[2]}", *_cell(a.get(key)), *_cell(b.get(key))


def _cell(value: Mapping[str, Any] | None) -> tuple[str, str]:
    return (f"{value['median']:.4g}", f"{value['iqr']:.2g}") if value else ("-", "")


def _ratio(value: Mapping[str, Any] | None) -> str:
    if value is None:
        return "-"
    return f"{value['median']:.3f} [{value['low']:.3f} … {value['high']:.3f}], n = {value['n']}"


def _quality(result: Mapping[str, Any]) -> list[str]:
    scores, decisions, texts = result["scores"], result["decisions"], result["texts"]
    said = "the same" if decisions["equal"] else f"other in {len(decisions['differing'])} recordings"
    counts = f"{decisions['a']}, {decisions['b']}"
    lines = [f"scores: at most {scores['max_dscore']} apart; decisions: {said} ({counts})"]
    if scores["words_of_one_side"]:
        lines.append(f"not compared, of one side alone: {', '.join(scores['words_of_one_side'])}")
    wer = "-" if texts["wer"] is None else f"{texts['wer']:.2%}"
    lines.append(f"texts: {'the same' if texts['equal'] else f'WER of B against A {wer}'}")
    rows = cast("list[dict[str, str]]", texts["differing"])
    return lines + [f"  {row['file']}: {row['a']!r} / {row['b']!r}" for row in rows]
