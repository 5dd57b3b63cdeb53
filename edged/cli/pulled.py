"""What `edged models pull` tells of what came: where it lies, what nobody checked, and its licence."""

from collections.abc import Sequence

from rich.console import Console

from edged.catalog.licence import non_commercial
from edged.catalog.pull import Pulled
from edged.cli.plain import say
from edged.cli.runnable import not_run_yet


def tell(pulled: Sequence[Pulled], console: Console) -> None:
    """Print a line for each model, and a few for each licence."""
    for each in pulled:
        model, how = each.model, "pulled" if each.fresh else "was there, whole"
        say(console, f"{model.name}: {how} ({model.folder})")
        if each.fresh and model.unverified:
            text = "its sha256 was recorded now; whether it is what its makers published, nobody checked"
            say(console, f"{model.name}: {text}")
        if missing := not_run_yet(model):
            text = f"this version cannot run it: {missing}"
            say(console, f"{model.name}: {text}")
    for licence in dict.fromkeys(each.model.licence for each in pulled):
        ours = [each.model for each in pulled if each.model.licence == licence]
        text = f"licence {licence}: {', '.join(model.name for model in ours)}"
        say(console, text)
        for maker in dict.fromkeys(maker for model in ours for maker in model.attribution.split("; ")):
            say(console, f"  by {maker}")
        if non_commercial(licence):
            text = f'  not for commercial use; to use them: [models] accept_licences = ["{licence}"]'
            say(console, text)
