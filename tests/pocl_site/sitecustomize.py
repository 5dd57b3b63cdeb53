"""On PYTHONPATH of a child that computes with PoCL: does what `tests.pocl_cpu` does before pyopencl loads."""

import sys
from pathlib import Path


class _BeforePyopencl:
    """No finder: it only sees the moment."""

    @staticmethod
    def find_spec(name, path=None, target=None):
        if name == "pyopencl._cl":
            sys.path.append(str(Path(__file__).parents[2]))
            from tests.pocl_cpu import mend

            sys.path.pop()
            mend(Path(path[0]))


sys.meta_path.insert(0, _BeforePyopencl)
