"""What a page holds of a widget."""

from html.parser import HTMLParser


class Element(HTMLParser):
    """The custom element of a widget's HTML and the picture in it."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: dict[str, dict[str, str | None]] = {}
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.found[tag] = dict(attrs)
