"""Sphinx: the pages of one language. ``-t zh`` chooses Chinese; ``docs/site/build.py`` builds both.

The pages are plain Markdown that reads as well without this. The table of contents is the list of links in
docs/index.md: a page that is missing there is a warning, and warnings are failures.
"""

import re
from pathlib import Path

from sphinx.application import Sphinx
from sphinx.search import SearchLanguage

ROOT = Path(__file__).parents[2]
CHINESE = tags.has("zh")  # type: ignore[name-defined]  # noqa: F821
SUFFIX = ".zh-CN" if CHINESE else ""

project = "Dialpact"
language = "zh_CN" if CHINESE else "en"
root_doc = f"docs/index{SUFFIX}"
extensions = ["myst_parser"]
source_suffix = {".md": "markdown"}
ABOUT = [f"README{SUFFIX}", "CHANGELOG", "CONTRIBUTING", f"SECURITY{SUFFIX}"]
include_patterns = [f"docs/*{SUFFIX}.md", f"docs/model/README{SUFFIX}.md", *(f"{name}.md" for name in ABOUT)]
exclude_patterns = [".*"] + ([] if CHINESE else ["**/*.zh-CN.md"])
templates_path = ["templates"]
nitpicky = True
myst_heading_anchors = 4
html_theme = "furo"
html_title = "Dialpact"
html_copy_source = False
html_show_sourcelink = False
html_show_sphinx = False
html_static_path = ["static"]
html_css_files = ["wide.css"]
html_context = {"chinese": CHINESE}
html_sidebars = {
    "**": [
        "sidebar/brand.html",
        "sidebar/language.html",
        "sidebar/search.html",
        "sidebar/scroll-start.html",
        "sidebar/navigation.html",
        "sidebar/scroll-end.html",
    ]
}
# Fonts of the reader's own system: nothing is fetched.
_FONTS = (
    "system-ui, 'Noto Sans', 'Noto Sans CJK SC', 'Microsoft YaHei', 'PingFang SC', "
    "'WenQuanYi Micro Hei', sans-serif"
)
html_theme_options = {
    "light_css_variables": {"font-stack": _FONTS},
    "dark_css_variables": {"font-stack": _FONTS},
}

_SWITCH = re.compile(r"^\[(?:中文|English)\]\([^)]*\)\n", re.MULTILINE)
_LINK = re.compile(r"\[([^\]]+)\]\(([^)#:]+?)\)")
_WIDE = "\u2018-\u201d\u3000-\u9fff\uff00-\uffef"
_BREAK = re.compile(f"(?<=[{_WIDE}])\n *(?=[{_WIDE}])")


def _read(app: Sphinx, docname: str, source: list[str]) -> None:
    """The site has its own switch of languages, its own contents, and no page for a folder."""
    here = (ROOT / docname).parent

    def link(found: re.Match[str]) -> str:
        if (here / found[2]).is_dir():
            return found[1]
        other = found[2].replace(".md", f"{SUFFIX}.md")  # from a page that is in English only
        return f"[{found[1]}]({other})" if SUFFIX not in found[2] and (here / other).is_file() else found[0]

    text = _LINK.sub(link, _SWITCH.sub("", source[0], count=1))
    if CHINESE:  # a line that ends between two characters is no space between them
        parts = re.split(r"(^```.*?^```$)", text, flags=re.MULTILINE | re.DOTALL)
        text = "".join(part if part.startswith("```") else _BREAK.sub("", part) for part in parts)
    source[0] = text + _contents(text) if docname == root_doc else text


def _contents(index: str) -> str:
    """A tree for each heading of the index, of the pages that are linked below it."""
    trees = []
    for part in index.split("\n## ")[1:]:
        heading, _, rest = part.partition("\n")
        pages = re.findall(r"^- \[[^\]]+\]\(([^)]+)\.md\)", rest, re.MULTILINE)
        trees.append((heading, pages))
    trees.append(("关于项目" if CHINESE else "About the project", [f"/{name}" for name in ABOUT]))
    return "".join(
        f"\n```{{toctree}}\n:hidden:\n:caption: {heading}\n\n" + "\n".join(pages) + "\n```\n"
        for heading, pages in trees
    )


def _context(app: Sphinx, pagename: str, _t: str, context: dict, doctree: object) -> None:
    """Where the other language's page is, relative to this one: a page of Sphinx's own leads to the index."""
    other = pagename.removesuffix(".zh-CN") if CHINESE else f"{pagename}.zh-CN"
    if pagename in ("CHANGELOG", "CONTRIBUTING"):  # in one language, shown in both
        other = pagename
    elif not (ROOT / f"{other}.md").is_file():
        other = "docs/index" if CHINESE else "docs/index.zh-CN"
    context["other"] = "../" * (pagename.count("/") + 1) + f"{'en' if CHINESE else 'zh'}/{other}.html"


class Pairs(SearchLanguage):
    """Chinese has no spaces: a run of characters is found by each two that stand together.

    Sphinx's own way needs a dictionary that is not maintained; without one it finds no Chinese at all.
    """

    lang = "zh"
    language_name = "Chinese"
    js_splitter_code = """
var splitQuery = (query) =>
  (query.match(/[\\u4e00-\\u9fff]+|(?:(?![\\u4e00-\\u9fff])[\\p{L}\\p{N}_])+/gu) || []).flatMap((run) =>
    /^[\\u4e00-\\u9fff]{3,}$/.test(run) ? [...run].slice(1).map((last, i) => run[i] + last) : [run]);
"""

    def split(self, text: str) -> list[str]:
        found = []
        for run in re.findall(r"[\u4e00-\u9fff]+|(?:(?![\u4e00-\u9fff])\w)+", text):
            chinese = "\u4e00" <= run[0] <= "\u9fff" and len(run) > 2
            found += [run[i : i + 2] for i in range(len(run) - 1)] if chinese else [run]
        return found


def setup(app: Sphinx) -> None:
    app.add_search_language(Pairs)
    app.connect("source-read", _read)
    app.connect("html-page-context", _context)
