"""``make docs``: builds the pages in both languages into .docs/site, strictly, and looks at what came out.

A broken link, a page that no other leads to or that one language lacks, and anything that a reader's browser
would fetch from elsewhere are failures.
"""

from __future__ import annotations

import re
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path

ROOT = Path(__file__).parents[2]
HOME = ROOT / ".docs"
SITE = HOME / "site"
CACHE = HOME / "cache"
STRICT = ("-W", "--keep-going", "-q", "-E", "-a", "-b", "html", "-c", str(ROOT / "docs" / "site"))
FRONT = """<!doctype html>
<html lang="zh"><head><meta charset="utf-8"><title>Dialpact</title></head>
<body style="font: 1.5rem sans-serif; text-align: center; padding-top: 20vh">
<h1>Dialpact</h1>
<p><a href="zh/docs/index.zh-CN.html">中文</a> &nbsp; <a href="en/docs/index.html">English</a></p>
</body></html>
"""


class Fetched(HTMLParser):
    """What a browser loads for a page without being asked."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag != "a":
            self.found += [value for name, value in attrs if name in ("src", "href", "srcset") and value]


def build(language: str) -> None:
    """Sphinx with each warning as an error."""
    subprocess.run(
        [
            sys.executable,
            "-m",
            "sphinx",
            *STRICT,
            "-t",
            language,
            "-d",
            CACHE / language,
            ROOT,
            SITE / language,
        ],
        check=True,
    )


def outside() -> list[str]:
    """What the built site would load over a network, each with the file that does."""
    found = []
    for file in sorted(SITE.rglob("*.html")):
        parser = Fetched()
        parser.feed(file.read_text("utf-8"))
        found += [f"{file.relative_to(SITE)}: {url}" for url in parser.found if re.match(r"(\w+:)?//", url)]
    for file in sorted(SITE.rglob("*.css")):
        urls = re.findall(r"(?:url\(|@import)\s*[\"']?((?:\w+:)?//[^\"')]+)", file.read_text("utf-8"))
        found += [f"{file.relative_to(SITE)}: {url}" for url in urls]
    return found


def in_one_language() -> list[str]:
    """Pages that one language lacks."""
    pages = {file.name for file in (ROOT / "docs").glob("*.md")}
    english = {name for name in pages if not name.endswith(".zh-CN.md")}
    chinese = {name.replace(".zh-CN.md", ".md") for name in pages - english}
    return sorted(english ^ chinese)


def main() -> int:
    if problems := in_one_language():
        print(f"in one language only: {', '.join(problems)}", file=sys.stderr)
        return 1
    for language in ("en", "zh"):
        build(language)
    (SITE / "index.html").write_text(FRONT, "utf-8")
    if problems := outside():
        print("a reader's browser would fetch:", *problems, sep="\n", file=sys.stderr)
        return 1
    print(f"{len(list(SITE.rglob('*.html')))} pages: {(SITE / 'index.html').relative_to(ROOT)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
