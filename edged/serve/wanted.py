"""Which front ends are asked for: what serves them is imported only then, and costs no memory else."""

from edged.config.rules import FRONT_ENDS
from edged.config.schema import Config
from edged.runtime.pipeline import Pipeline
from edged.runtime.run import Run


def wanted(config: Config) -> tuple[str, ...]:
    """Return the names of the front ends that are switched on."""
    return tuple(name for name in FRONT_ENDS if getattr(config.serve, name).enabled)


def around(run: Pipeline, config: Config) -> Run:
    """Return the run with the front ends that the configuration asks for; itself where there are none.

    Raises:
        ConfigError: the certificate cannot be used.
        SinkError: there is no place on disk for recordings of clients.
    """
    names = wanted(config)
    if not names:
        return run
    from edged.serve.house import with_front_ends

    return with_front_ends(run, config, names)
