"""``python -m cnnviz.training``: see `cnnviz.training._shell`."""

import sys

from cnnviz.training._shell import main

if __name__ == "__main__":
    sys.exit(main())
