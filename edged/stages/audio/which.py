"""Which capture card a name means, and which one is taken where none is named."""

import logging
from collections.abc import Sequence

from edged.errors import AudioDeviceLost
from edged.stages.audio.cards import Card

log = logging.getLogger(__name__)


def named(name: str, cards: Sequence[Card]) -> Card | None:
    """Return the card that a name means: its id, USB path or serial number, else part of its names.

    Raises:
        AudioDeviceLost: It means several.
    """
    exact = [card for card in cards if name in (card.id, card.usb_path, card.usb_serial)]
    part = name.casefold()
    found = exact or [
        card for card in cards if part in f"{card.id}\n{card.name}\n{card.long_name}".casefold()
    ]
    if len(found) > 1:
        raise AudioDeviceLost(f"mic:{name} means several microphones; say one of {_specs(found, cards)}")
    return found[0] if found else None


def default(cards: Sequence[Card], own: Sequence[str]) -> Card | None:
    """Return the card that `mic:` takes: a USB one, one of the board's own by id, any other; never HDMI-in.

    Among several of a kind the order of the ports decides, which does not change when the indices do.
    """
    may = [card for card in cards if not card.why_not]
    kinds = (
        sorted((card for card in may if card.usb), key=lambda card: card.usb_path),
        [card for name in own for card in may if card.id == name],
        sorted((card for card in may if not card.usb), key=lambda card: card.id),
    )
    return next((kind[0] for kind in kinds if kind), None)


def take(name: str, cards: Sequence[Card], own: Sequence[str]) -> Card | None:
    """Return the card to open for `mic:NAME`; None where no card has such a name.

    Raises:
        AudioDeviceLost: There is none, or the name means several.
    """
    if name:
        return named(name, cards)
    card = default(cards, own)
    if card is None:
        left_out = [f"mic:{card.id} is there ({card.why_not})" for card in cards]
        there = "; ".join(left_out) if left_out else "no sound card that captures"
        raise AudioDeviceLost(f"mic: no microphone: {there}; plug one in, or see `edged devices`")
    rivals = [other for other in cards if card.usb and other.usb and not other.why_not]
    if len(rivals) > 1:
        log.warning(
            "mic: several USB microphones; taking %s of %s", spec_of(card, cards), _specs(rivals, cards)
        )
    return card


def spec_of(card: Card, cards: Sequence[Card]) -> str:
    """Return the SPEC that always means this card: by id, or by port where another goes by the same name.

    The kernel numbers equal cards in the order it finds them (`Device`, `Device_1`): their ids may change
    places.
    """
    twins = [other for other in cards if other.usb and other.name == card.name]
    return f"mic:{card.usb_path}" if card.usb and len(twins) > 1 else f"mic:{card.id}"


def _specs(found: Sequence[Card], cards: Sequence[Card]) -> str:
    return ", ".join(sorted(spec_of(card, cards) for card in found))
