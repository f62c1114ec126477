#!/usr/bin/env bash
# Library: jupyter-client 8.10.0, ipykernel 7.4.0, ipywidgets 8.1.9
# Expected: a widget's float that is NaN or infinite reaches the browser as such, as null, or raises an error.
# What happens: it travels as the text "nan" or "inf", inside lists too. The message is valid JSON, and the kernel only
#   warns. In JavaScript the text isn't a number: "inf" + 1 is "inf1", and Number("inf") is NaN.
#
# Output seen, 2026-11-27:
#   sent     [1.5, nan, inf, -inf]
#   received [1.5, 'nan', 'inf', '-inf']
#   warned   True
#
# Why it matters here: the widgets' state is numbers, and a maximum over nothing is −∞, a division by a sum of 0 NaN. A
#   view must not take what arrives for numbers because the Python half holds floats.
set -euo pipefail
source "$(dirname "$0")/_venv.sh"

install jupyter-client==8.10.0 ipykernel==7.4.0 ipywidgets==8.1.9
show <<'PYTHON'
import json
from queue import Empty

from jupyter_client.manager import start_new_kernel

code = """
import ipywidgets, traitlets
class View(ipywidgets.Widget):
    values = traitlets.List(traitlets.Float()).tag(sync=True)
view = View(values=[1.5, float("nan"), float("inf"), -float("inf")])
print(view.values)
"""
manager, client = start_new_kernel(kernel_name="python3", stderr=open("kernel.log", "w"))
messages = []
client.execute_interactive(code, output_hook=messages.append, timeout=120)
client.stop_channels()
manager.shutdown_kernel(now=True)
for message in messages:
    if message["msg_type"] == "stream" and message["content"]["name"] == "stdout":
        print("sent    ", message["content"]["text"].strip())
for message in messages:
    if message["msg_type"] == "comm_open" and "values" in str(message["content"]):
        print("received", message["content"]["data"]["state"]["values"])
said = open("kernel.log").read() + json.dumps([m["content"] for m in messages], default=str)
print("warned  ", "not JSON compliant" in said)
PYTHON
compare
