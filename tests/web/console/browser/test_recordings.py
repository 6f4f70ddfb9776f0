"""An officer listens to a recording: why, then the sound, the jump to the opt-out, the keys."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from dialpact.compliance.registers.account import Role
from dialpact.compliance.texts import Language
from tests.web.console.browser.conftest import At, apart
from tests.web.console.recorded_place import ID, Place

PATH = f"/recordings/{ID}"


def second(page: Page) -> float:
    return float(page.evaluate("document.querySelector('audio').currentTime"))


def canvases(page: Page) -> int:
    return int(
        page.evaluate(
            "document.querySelector('#wave > div').shadowRoot.querySelectorAll('.canvases canvas').length"
        )
    )


@pytest.mark.parametrize(("language", "width"), [("zh", 1280), ("en", 390)])
def test_a_recording_is_seen_and_heard(own: At, language: Language, width: int) -> None:
    place = apart(lambda: Place(own.home, 30))
    apart(lambda: place.opted_out(7.5))
    looked = own(Role.OFFICER, language, width)
    page = looked.open(PATH)
    page.wait_for_selector("#wave > div")
    expect(page.locator("#wave-said")).to_be_hidden()
    assert canvases(page) >= 2 and page.locator("figure audio").count() == 0
    page.locator(f'form[action="{PATH}/listen"] input[name=reason]').fill("complaint 7")
    page.locator(f'form[action="{PATH}/listen"] button').click()
    page.wait_for_selector("figure audio")
    page.wait_for_selector("#controls:not([hidden])")
    page.wait_for_selector("#wave > div")
    page.locator("[data-second]").first.click()
    page.locator("[data-play]").click()
    assert 7.4 < second(page) < 9
    page.locator("#player").focus()
    page.keyboard.press("l")
    assert 17.4 < second(page) < 19
    page.keyboard.press("ArrowLeft")
    assert 7.4 < second(page) < 9
    page.keyboard.press(".")
    assert page.evaluate("document.querySelector('audio').playbackRate") == 1.25
    page.locator("#speed").select_option("0.5")
    assert page.evaluate("document.querySelector('audio').playbackRate") == 0.5
    page.locator("#checked button").click()
    expect(page.locator("#checked .verdict.ok")).to_be_visible()
    looked.fits()
    looked.well()
    looked.accessible()  # (which puts a style of its own into the waveform's shadow, and is refused)
    assert len(place.acts("heard")) == 1


def test_without_scripts_there_is_the_browser_s_own_player(own: At) -> None:
    apart(lambda: Place(own.home, 10))
    context = own.chromium.new_context(java_script_enabled=False)
    own.stack.callback(context.close)
    name, value = own.cookies[Role.OFFICER]
    context.add_cookies([{"name": name, "value": value, "url": own.address}])
    page = context.new_page()
    page.goto(f"{own.address}{PATH}")
    page.locator(f'form[action="{PATH}/listen"] input[name=reason]').fill("complaint 7")
    page.locator(f'form[action="{PATH}/listen"] button').click()
    expect(page.locator("audio[controls]")).to_be_visible()
    assert page.locator("#controls").is_hidden()


def test_a_sound_that_does_not_come_says_so(own: At) -> None:
    place = apart(lambda: Place(own.home, 20))
    looked = own(Role.OFFICER)
    page = looked.open(PATH)
    page.locator(f'form[action="{PATH}/listen"] input[name=reason]').fill("complaint 7")
    page.locator(f'form[action="{PATH}/listen"] button').click()
    page.wait_for_selector("figure audio")
    expect(page.locator("#no-sound")).to_be_hidden()
    for path, _ in place.files.values():
        own.home.path.joinpath(path).unlink()
    page.reload()
    expect(page.locator("#no-sound")).to_be_visible()
