"""A child that writes as many bytes as it is told, more than a pipe holds."""

import os
import sys

if __name__ == "__main__":
    os.write(int(sys.argv[1]), b"x" * int(sys.argv[2]))
