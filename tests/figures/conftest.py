"""Modules beside the tests, such as `figure_cases`, are found by name."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
