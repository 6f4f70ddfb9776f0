"""Pages: escaped, complete, in both languages, and the same on paper."""

from __future__ import annotations

import io
import re
import subprocess
import sys
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import jinja2
import pytest
from jinja2 import ChoiceLoader, DictLoader, PackageLoader
from pypdf import PdfReader

from dialpact.compliance.registers.fault import Fault
from dialpact.compliance.texts import LANGUAGES, Language
from dialpact.presentation import page, texts
from dialpact.presentation.page import paper, template
from tests.lab import bootstrap

TEMPLATES = Path(template.__file__).parent / "templates"
BASE = '{% extends "base.html" %}{% block title %}T{% endblock %}{% block body %}<h1>T</h1>'
SAMPLES = {
    "hostile.html": BASE + "<p>{{ name }}</p>{% endblock %}",
    "missing.html": BASE + "{{ nobody }}{% endblock %}",
    "unknown.html": BASE + '{{ text("no.such") }}{% endblock %}',
    "reason.html": BASE + '{{ reason("do-not-call") }}{% endblock %}',
    "filters.html": "{{ at | moment }}|{{ on | day }}|{{ n | count }}|{{ f | count }}|{{ none | moment }}",
    "fetch.html": BASE + '<img src="{{ url }}">{% endblock %}',
    "style.html": BASE + '<p style="background: url({{ url }})">x</p>{% endblock %}',
    "charts.html-sample": BASE
    + '{% from "charts.html" import bars, columns, key %}'
    + '{{ bars(labels, values) }}{{ columns(labels, [values, values], marked) }}{{ key(labels, "M") }}'
    + "{% endblock %}",
}


# The product's templates, and beside them those of the tests.
LOADER = ChoiceLoader([DictLoader(SAMPLES), PackageLoader("dialpact.presentation.page")])


def html(name: str, language: Language, /, **context: Any) -> str:
    return template.environment(language, LOADER).get_template(name).render(context)


def text_of(content: bytes) -> str:
    return "\n".join(part.extract_text() for part in PdfReader(io.BytesIO(content)).pages)


def test_what_others_wrote_is_escaped() -> None:
    made = html("hostile.html", "zh", name="<script>alert(1)</script>某某&公司")
    assert "<script>" not in made
    assert "&lt;script&gt;alert(1)&lt;/script&gt;某某&amp;公司" in made


def test_a_value_that_nobody_gave_is_an_error() -> None:
    with pytest.raises(jinja2.UndefinedError, match="nobody"):
        html("missing.html", "zh")


def test_a_text_that_is_in_no_catalogue_is_an_error() -> None:
    with pytest.raises(KeyError, match=r"no\.such"):
        html("unknown.html", "zh")


@pytest.mark.parametrize(("language", "tag", "said"), [("zh", "zh-CN", "拒"), ("en", "en", "opted out")])
def test_the_language_is_the_readers(language: Language, tag: str, said: str) -> None:
    made = html("reason.html", language, url="")
    assert f'<html lang="{tag}">' in made
    assert said in made


def test_figures_are_written_alike() -> None:
    made = html(
        "filters.html",
        "zh",
        at=datetime(2026, 11, 24, 2, tzinfo=UTC),
        on=date(2026, 11, 24),
        n=1234567,
        f=1234.56,
        none=None,
    )
    assert made == "2026-11-24 10:00:00+08:00|2026-11-24|1,234,567|1,234.6|–"


@pytest.mark.parametrize(
    ("share", "shown"),
    [
        (1.0, "100.00 %"),
        (9999 / 10000, "99.99 %"),
        (999_999 / 1_000_000, "99.99 %"),  # one gap in a million is no 100 %
        (0.29, "29.00 %"),  # 28.999999999999996 in floating point
        (0.0, "0.00 %"),
        (None, "–"),
    ],
)
def test_a_share_is_never_rounded_up(share: float | None, shown: str) -> None:
    assert template.percent(share) == shown


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_text_that_a_template_uses_is_there(language: str) -> None:
    catalogue = texts.catalogue(language)  # type: ignore[arg-type]
    for file in TEMPLATES.rglob("*.html"):
        for key in re.findall(r'text\("([\w.-]+)"[,)]', file.read_text("utf-8")):
            assert key in catalogue, (file.name, key)


def test_paper_shows_chinese_and_is_a4(caplog: pytest.LogCaptureFixture) -> None:
    content = page.pdf(html("hostile.html", "zh", name="杜绝骚扰电话自律公约"))
    assert not caplog.records  # nothing in our style that WeasyPrint does not know
    (sheet,) = PdfReader(io.BytesIO(content)).pages
    assert [round(float(side)) for side in sheet.mediabox[2:]] == [595, 842]
    assert "杜绝骚扰电话自律公约" in text_of(content)


def test_the_same_page_is_the_same_file_in_another_process(tmp_path: Path) -> None:
    made = html("hostile.html", "zh", name="湖北 2018")
    (tmp_path / "a.html").write_text(made, "utf-8")
    program = (
        "import hashlib, sys, pathlib; from dialpact.presentation import page;"
        "print(hashlib.sha256(page.pdf(pathlib.Path(sys.argv[1]).read_text('utf-8'))).hexdigest())"
    )
    digests = {
        subprocess.run(
            [sys.executable, "-c", program, str(tmp_path / "a.html")],
            check=True,
            capture_output=True,
            text=True,
            env={"PYTHONPATH": str(Path(__file__).parents[2]), "PYTHONHASHSEED": seed, "PATH": "/usr/bin"},
        ).stdout
        for seed in ("1", "2")
    }
    assert len(digests) == 1


@pytest.mark.parametrize("name", ["fetch.html", "style.html"])
@pytest.mark.parametrize(
    "url", ["http://192.0.2.1/a.png", "file:///etc/passwd", "data:image/png;base64,AA=="]
)
def test_nothing_is_fetched(name: str, url: str) -> None:
    with pytest.raises(Fault) as failed:
        page.pdf(html(name, "zh", url=url))
    assert failed.value.key == "page-fetches"


def test_without_the_extra_it_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "weasyprint", None)
    with pytest.raises(Fault) as failed:
        page.pdf("<p>x</p>")
    assert "dialpact[pdf]" in texts.fault_text(failed.value, "zh")


def test_without_pango_it_names_the_packages(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """As WeasyPrint does it: advice printed, then OSError."""
    (tmp_path / "weasyprint.py").write_text(
        "print('----- advice')\nraise OSError(\"cannot load library 'libpango-1.0-0'\\nmore\")"
    )
    monkeypatch.delitem(sys.modules, "weasyprint", raising=False)
    monkeypatch.syspath_prepend(str(tmp_path))
    with pytest.raises(Fault) as failed:
        page.pdf("<p>x</p>")
    said = texts.fault_text(failed.value, "en")
    assert "libpango-1.0-0'" in said and "libpangoft2-1.0-0" in said
    assert "more" not in said


def test_without_a_chinese_font_there_are_no_empty_boxes(tmp_path: Path) -> None:
    """A fontconfig that knows no font at all, in a process of its own: it reads its configuration once."""
    empty = tmp_path / "fonts.conf"
    empty.write_text('<?xml version="1.0"?><fontconfig><dir>/nowhere</dir></fontconfig>')
    asked = subprocess.run(
        [
            sys.executable,
            "-c",
            "from dialpact.presentation.page.paper import has_chinese_font as has; print(has())",
        ],
        check=True,
        capture_output=True,
        text=True,
        env={"FONTCONFIG_FILE": str(empty), "PYTHONPATH": str(Path(__file__).parents[2]), "PATH": "/usr/bin"},
    )
    assert asked.stdout == "False\n"
    assert paper.has_chinese_font()
    with pytest.raises(Fault) as failed:
        page.pdf("<p>电话</p>", lambda: False)
    assert "fonts-wqy-microhei" in texts.fault_text(failed.value, "en")
    assert page.pdf("<p>plain</p>", lambda: False).startswith(b"%PDF")  # needs none


@pytest.mark.parametrize(
    ("labels", "values"),
    [
        ([], []),
        (["a"], [0]),
        (["某某公司的一个名字很长很长很长很长很长很长很长很长的外呼活动", "b"], [1, 1_000_000]),
    ],
    ids=["nothing", "zero", "long names and large figures"],
)
def test_charts_stay_within_their_frame(labels: list[str], values: list[int]) -> None:
    made = html("charts.html-sample", "zh", labels=labels, values=values, marked=[True] * len(labels))
    for svg in re.findall(r"<svg.*?</svg>", made, re.DOTALL):
        width, height = map(float, re.search(r'viewBox="0 0 (\S+) (\S+)"', svg).groups())  # type: ignore[union-attr]
        for x, y, broad, tall in re.findall(
            r'<rect x="([\d.]+)" y="([\d.-]+)" width="([\d.]+)" height="([\d.]+)"', svg
        ):
            assert float(x) >= 0 and float(x) + float(broad) <= width + 0.1
            assert float(y) >= -0.1 and float(y) + float(tall) <= height + 0.1
    assert all(f">{value:,}<" in made for value in values)
    assert page.pdf(made).startswith(b"%PDF")


def test_the_bootstrap_names_the_packages_of_what_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bootstrap.shutil, "which", lambda tool: f"/usr/bin/{tool}")
    monkeypatch.setattr(bootstrap, "LIBRARIES", {"libnowhere.so.9": "libnowhere9", "libc.so.6": "libc6"})
    monkeypatch.setattr(bootstrap, "has_chinese_font", lambda: False)
    assert bootstrap.missing_packages() == ["fonts-wqy-microhei", "libnowhere9"]
