"""Which heads share a chain, and what to say of those that a provider cannot serve. Pure."""

from collections.abc import Iterable, Mapping

from edged.backends.backend import HeadBackend
from edged.backends.cpu.heads import HeadModel
from edged.backends.openers import HeadModels, Opener
from edged.backends.select import WAY_OUT, Plan
from edged.errors import ProviderUnavailable

HEADS = "heads"


def grouped(
    wanted: Plan, heads: HeadModels, table: Mapping[str, Opener[HeadModels, HeadBackend]]
) -> list[tuple[Plan, HeadModels]]:
    """Return which heads share a chain: those that the same providers can serve, in the order of the first.

    Raises:
        ProviderUnavailable: a backend was named, nothing may stand in for it, and it cannot serve a head.
    """
    if wanted.last != "cpu":
        for head in heads:
            if not table[wanted.last].serves(head):
                raise ProviderUnavailable(
                    wanted.last, f"[{HEADS}]: {lacks(table[wanted.last], [head])}; {WAY_OUT}"
                )
    found: dict[tuple[str, ...], list[HeadModel]] = {}
    for head in heads:
        able = tuple(provider for provider in wanted.candidates if table[provider].serves(head))
        found.setdefault(able, []).append(head)
    return [
        (Plan(able, wanted.last, wanted.named, wanted.absent), tuple(members))
        for able, members in found.items()
    ]


def lacks(opener: Opener[HeadModels, HeadBackend], heads: Iterable[HeadModel]) -> str:
    """Return what a provider has not got for these heads."""
    names = ", ".join(head.name for head in heads)
    return opener.lacks.format(heads=names) if opener.lacks else f"cannot serve {names}"
