#!/usr/bin/env bash
# Library: ipython 9.18.1, ipykernel 7.4.0, jupyter-client 8.10.0
# Expected: a semicolon at the end of a cell hides that cell's value.
# What happens: what counts is the last cell in the kernel's history. Run with store_history=False, as nbval and other
#   tools run cells, a cell isn't in it: its own semicolon does nothing, and an earlier cell's hides its value.
#
# Output seen, 2026-11-27:
#   history kept: "1 + 1" shows, "1 + 1;" hides
#   after "1 + 1", no history: "2 + 2;" shows
#   after "1 + 1;", no history: "2 + 2" hides
#
# Why it matters here: the chapters' outputs are compared with a second run. A cell that ends in a semicolon is quiet where
#   it was written and speaks in the test, so figures end with plt.show() instead.
set -euo pipefail
source "$(dirname "$0")/_venv.sh"

install ipython==9.18.1 ipykernel==7.4.0 jupyter-client==8.10.0
show <<'PYTHON'
from jupyter_client.manager import start_new_kernel

manager, client = start_new_kernel(kernel_name="python3", stderr=open("kernel.log", "w"))


def run(code, store_history=True):
    kinds = []
    client.execute_interactive(
        code,
        store_history=store_history,
        output_hook=lambda message: kinds.append(message["msg_type"]),
        timeout=120,
    )
    return "shows" if "execute_result" in kinds else "hides"


print(f'history kept: "1 + 1" {run("1 + 1")}, "1 + 1;" {run("1 + 1;")}')
run("1 + 1")
print(f'after "1 + 1", no history: "2 + 2;" {run("2 + 2;", store_history=False)}')
run("1 + 1;")
print(f'after "1 + 1;", no history: "2 + 2" {run("2 + 2", store_history=False)}')
client.stop_channels()
manager.shutdown_kernel(now=True)
PYTHON
compare
