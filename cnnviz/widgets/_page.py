"""One widget as one file: a page that opens from the file system and asks nobody for anything."""

from __future__ import annotations

import base64
import functools
import gzip
import html
import io
import json
from pathlib import Path
from typing import Any

from PIL import Image

__all__ = ["PICTURE", "PNG", "lighter", "opened", "page", "small"]

# The script, the style sheet and the state are packed: unpacked, the script alone takes half of the
# 100 kB that a page may have. They come last, after what unpacks them, so that a page of which the
# end is missing can still say so over its picture.
_PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; img-src data: blob:; \
script-src 'unsafe-inline'; style-src 'unsafe-inline'">
<title>{title}</title>
<style>
:root {{ color-scheme: light dark; }}
body {{ max-width: 860px; margin: 0 auto; padding: 8px; background: #fff; color: #16191d;
  font: 16px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", sans-serif; }}
h1 {{ margin: 12px 0; font-size: 22px; line-height: 1.3; }}
figure {{ margin: 0; }}
figcaption {{ margin: 12px 0; color: #59616c; }}
cnnviz-widget > img {{ max-width: 100%; height: auto; }}
.cnnviz-problem {{ margin: 0 0 8px; padding: 8px 12px; border-left: 4px solid #a4262c; }}
@media (prefers-color-scheme: dark) {{
  body {{ background: #0d0f12; color: #e8eaed; }}
  figcaption {{ color: #a3abb7; }}
  .cnnviz-problem {{ border-color: #ff9a9f; }}
}}
</style>
<script>
addEventListener("DOMContentLoaded", async () => {{
  const widget = document.querySelector("cnnviz-widget");
  const unpacked = async (text) => {{
    const bytes = Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
    const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
    return new Response(stream).json();
  }};
  const add = (tag, text) => document.head.append(Object.assign(document.createElement(tag), \
{{ textContent: text }}));
  let problem = "this browser can't unpack it: a newer one can";
  try {{
    DecompressionStream;
    problem = "this page is damaged or cut off";
    const packed = document.getElementById("packed").textContent;
    const {{ script, style, state }} = await unpacked(packed);
    problem = "this browser can't run its script: a newer one can";
    add("style", style);
    add("script", script);
    widget.setAttribute("state", JSON.stringify(state));
    cnnvizWidget.register(widget.getAttribute("view"), cnnvizWidget.view);
  }} catch (error) {{
    console.warn(error);
    const note = document.createElement("p");
    note.className = "cnnviz-problem";
    note.setAttribute("role", "alert");
    note.textContent = `This widget can't be shown: ${{problem}}.`;
    (widget ?? document.body).prepend(note);
  }}
}});
</script>
</head>
<body>
<main>
<h1>{title}</h1>
<figure>
<cnnviz-widget view="{view}"><img src="{picture}" alt="{caption}"></cnnviz-widget>
<figcaption>{caption}</figcaption>
</figure>
</main>
<script type="text/plain" id="packed">{packed}</script>
</body>
</html>
"""

#: How a picture begins that is written as text, and how a PNG does.
PICTURE = "data:image/"
PNG = f"{PICTURE}png;base64,"


def page(
    view: str,
    script: Path,
    style: Path,
    state: dict[str, Any],
    picture: Image.Image,
    title: str,
    caption: str,
) -> str:
    """Return the page of a widget.

    `script` is a view's file of the front end: a classic script whose last line, the one with
    which Jupyter imports it, is left out. `picture` is what a reader sees where no script runs.
    """
    classic = script.read_text(encoding="utf-8").rpartition("export default ")[0]
    content = {
        "script": classic,
        "style": style.read_text(encoding="utf-8"),
        "state": lighter(state),
    }
    text = json.dumps(content, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
    packed = gzip.compress(text.encode(), 9, mtime=0)
    return _PAGE.format(
        view=view,
        title=html.escape(title),
        caption=html.escape(caption),
        picture=small(picture),
        packed=base64.b64encode(packed).decode("ascii"),
    )


def small(picture: Image.Image) -> str:
    """Return a picture at half its size, as the smaller of two data URIs.

    Drawings are small as PNG with few colours, photographs as WebP.
    """
    half = picture.convert("RGB").resize((picture.width // 2, picture.height // 2))
    drawing, photograph = io.BytesIO(), io.BytesIO()
    half.quantize(32).save(drawing, "PNG", optimize=True)
    half.save(photograph, "WEBP", quality=60, method=6)
    kinds = {"png": drawing.getvalue(), "webp": photograph.getvalue()}
    kind, data = min(kinds.items(), key=lambda item: len(item[1]))
    return _uri(kind, data)


def lighter(value: Any) -> Any:
    """Return a state whose PNG pictures are WebP without loss, which takes a third less."""
    if isinstance(value, dict):
        return {name: lighter(item) for name, item in value.items()}
    return _lighter_picture(value) if isinstance(value, str) and value.startswith(PNG) else value


@functools.lru_cache(maxsize=32)  # most widgets offer the same menu of pictures
def _lighter_picture(png: str) -> str:
    buffer = io.BytesIO()
    opened(png).save(buffer, "WEBP", lossless=True, quality=100, method=6)
    return min(png, _uri("webp", buffer.getvalue()), key=len)


def opened(uri: str) -> Image.Image:
    """Return the picture of a text that begins with `PNG`, or with `PICTURE` and another format."""
    return Image.open(io.BytesIO(base64.b64decode(uri.rpartition(",")[2])))


def _uri(kind: str, data: bytes) -> str:
    return f"{PICTURE}{kind};base64,{base64.b64encode(data).decode('ascii')}"
