"""Whether one recognizer may stand in for another: it must speak the same languages. Pure."""

from collections.abc import Sequence


def lacking(wanted: Sequence[str], spoken: Sequence[str]) -> tuple[str, ...]:
    """Return those of the wanted languages that are not spoken; of `en-GB` only the `en` counts."""
    known = {primary(each) for each in spoken}
    return tuple(each for each in wanted if primary(each) not in known)


def primary(language: str) -> str:
    """Return the language of a tag with a country: `en` of `en-GB` or `en_GB`."""
    return language.lower().replace("_", "-").partition("-")[0]


def mismatch(key: str, usual: str, wanted: Sequence[str], name: str, spoken: Sequence[str]) -> str | None:
    """Return why a model may not stand in for the usual one, or None.

    Args:
        key: of the section [recognize] that names it.
        usual: name of the model that it stands in for.
        wanted: languages of that, or the one that was asked for.
        name: of the stand-in.
        spoken: its languages.
    """
    if not wanted:
        return f"[recognize] {key}: {usual} does not say in its model.toml which languages it speaks"
    if missing := lacking(wanted, spoken):
        speaks = ", ".join(spoken) or "no language that its model.toml names"
        return f"[recognize] {key} = {name!r}: speaks {speaks}, and {usual} also {', '.join(missing)}"
    return None
