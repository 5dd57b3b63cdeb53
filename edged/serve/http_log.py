"""What aiohttp has to say, without what any stranger could fill the log with: requests that are none."""

import logging
from typing import Any

from aiohttp.http import HttpProcessingError

log = logging.getLogger(__name__)


class HttpLog(logging.LoggerAdapter[logging.Logger]):
    """In the place of aiohttp's own logger, which writes a stack for each such request."""

    def __init__(self) -> None:
        super().__init__(log, {})

    def exception(self, msg: object, *args: object, exc_info: Any = True, **more: Any) -> None:
        """Log a fault; one that is its client's in a line, where somebody looks for such."""
        if isinstance(exc_info, HttpProcessingError):
            self.debug("%s: %.80s", msg % args if isinstance(msg, str) else msg, exc_info.message)
        else:
            super().exception(msg, *args, exc_info=exc_info, **more)
