"""The service's user, its groups, and whether who asks could run edged by hand."""

from collections.abc import Iterator, Mapping

from edged.doctor.accounts import SERVICE_GROUPS, SERVICE_USER, Account, account, groups
from edged.doctor.case import Case
from edged.doctor.finding import Finding, State

NAME = "groups"
INSTALL = "sudo scripts/install-on-board, or install the package: both make the user and its groups"


def check(case: Case) -> Iterator[Finding]:
    """Say who is missing, and what the service would end with."""
    here = groups()
    for name in SERVICE_GROUPS:
        if name not in here:
            what = f"group {name} does not exist, and the service asks for it: it would end with 216/GROUP"
            yield Finding(NAME, "degraded", what, f"sudo groupadd --system {name}")
    user = account(SERVICE_USER)
    if user is None:
        what = f"user {SERVICE_USER} does not exist: the service would end with 217/USER"
        yield Finding(NAME, "degraded", what, INSTALL)
    elif lacking := _lacking(user, here):
        # no problem of the service: its unit names the groups as well
        what = f"user {SERVICE_USER} is in {', '.join(lacking)} only while the service runs"
        yield Finding(NAME, "good", what)
    else:
        yield Finding(NAME, "good", f"user {SERVICE_USER} is in its groups")
    yield _by_hand(case.me, here, "degraded" if user is None else "good")


def _by_hand(me: Account, here: Mapping[str, int], state: State) -> Finding:
    lacking = _lacking(me, here)
    if me.uid == 0 or not lacking:
        return Finding(NAME, "good", f"you are {me.name}, and may open what edged needs")
    joined = ",".join(lacking)
    what = f"you are {me.name}, not in {joined}: `edged run` by hand may not open microphone, GPU or NPU"
    remedy = f"sudo usermod -aG {joined} {me.name}, then log in again"
    return Finding(NAME, state, what, None if state == "good" else remedy)


def _lacking(who: Account, here: Mapping[str, int]) -> list[str]:
    return [name for name in SERVICE_GROUPS if name in here and here[name] not in who.gids]
