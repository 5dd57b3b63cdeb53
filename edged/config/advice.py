"""What is allowed and yet hardly meant: said by `edged config check`, refused by nobody. Pure."""

from collections.abc import Iterator

from edged.config.schema import Config


def advice(config: Config, cores: int) -> Iterator[str]:
    """Yield a sentence for each.

    cores: that may recognize: the fast ones, where a machine has two kinds.
    """
    workers, threads = config.serve.workers, config.recognize.threads
    if workers > 1 and workers * threads > cores:
        most = max(1, cores // threads)
        yield (
            f"[serve] workers: {workers} processes of {threads} threads each are more than the {cores} cores"
            f" that may recognize: recordings would slow each other down instead of waiting; {most} fit"
        )
