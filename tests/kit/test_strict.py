"""Tests that ought to fail do: each is run as the project of somebody else would run it."""

from __future__ import annotations

import pytest

import dialpact.testing.fixtures
import dialpact.testing.story  # noqa: F401 - imported before pytester keeps the list of modules

REASONS: dict[str, tuple[str, str]] = {
    "a block that the story expects to be an allowed call": (
        """
        async def test_it(dialpact):
            dialpact.at("2026-11-24T12:00+08:00")
            call = await dialpact.agent("1001").dials("13800138000", campaign="loans")
            assert call.allowed
        """,
        "*expected: 1001 dials 13800138000 for loans: allowed; came: blocked: outside-hours*",
    ),
    "another reason than the one expected": (
        """
        async def test_it(dialpact):
            dialpact.registers.opt_out("13800138000")
            call = await dialpact.agent("1001").dials("13800138000", campaign="loans")
            assert call.blocked("outside-hours")
        """,
        "*loans: blocked: outside-hours; came: blocked: do-not-call*",
    ),
    "one reason expected, two given": (
        """
        async def test_it(dialpact):
            dialpact.registers.opt_out("13800138000")
            dialpact.at("2026-11-24T12:00+08:00")
            call = await dialpact.agent("1001").dials("13800138000", campaign="loans")
            assert call.blocked("do-not-call")
        """,
        "*came: blocked: do-not-call, outside-hours*",
    ),
    "a reason that does not exist": (
        """
        async def test_it(dialpact):
            call = await dialpact.agent("1001").dials()
            assert not call.blocked("lunch")
        """,
        "*no such reason: lunch; there are invalid-number, *",
    ),
    "a block that nobody looks at": (
        """
        async def test_it(dialpact):
            dialpact.at("2026-11-24T12:00+08:00")
            await dialpact.agent("1001").dials("13800138000", campaign="loans")
        """,
        "*1001 dials 13800138000 for loans: blocked: outside-hours, and the story does not look at it*",
    ),
    "an answer without assert": (
        """
        async def test_it(dialpact):
            call = await dialpact.agent("1001").dials()
            call.blocked("outside-hours")
        """,
        "*asked and never looked at (put `assert` in front): *came: allowed*",
    ),
    "an incident that the story does not tell": (
        """
        async def test_it(dialpact):
            await dialpact.listens()
            call = await dialpact.agent("1001").goes_round_the_gate()
            await dialpact.pbx.seen("Hangup", timeout=20)
            await dialpact.listening.cut(call.leg)
        """,
        "*the listener reported 'no-decision', and the story does not look at it*",
    ),
    "a cut for another reason": (
        """
        async def test_it(dialpact):
            await dialpact.listens()
            call = await dialpact.agent("1001").goes_round_the_gate()
            assert await call.cut("stale-decision")
        """,
        "*is cut and reported: stale-decision; came: cut and reported: no-decision*",
    ),
    "an action that the story forbids": (
        """
        async def test_it(dialpact):
            await dialpact.listens()
            dialpact.pbx.forbid("MixMonitor")
            call = await dialpact.agent("1001").dials()
            await call.answered()
            await call.hung_up()
        """,
        "*the fake Asterisk: forbidden: MixMonitor*",
    ),
    "an action expected in vain": (
        """
        async def test_it(dialpact):
            await dialpact.listens()
            dialpact.pbx.expect("StopMixMonitor", Channel="PJSIP/carrier-00000001")
        """,
        "*the fake Asterisk: never came: StopMixMonitor with Channel=PJSIP/carrier-00000001 (what*",
    ),
    "a blocked call that is answered": (
        """
        async def test_it(dialpact):
            await dialpact.listens()
            dialpact.at("2026-11-24T12:00+08:00")
            call = await dialpact.agent("1001").dials()
            assert call.blocked("outside-hours")
            await call.answered()
        """,
        "*expected a call that the dialplan dials; came: blocked: outside-hours*",
    ),
    "a call that ends before it began": (
        """
        async def test_it(dialpact):
            await dialpact.listens()
            await (await dialpact.agent("1001").dials()).hung_up()
        """,
        "*it is not up; `await call.answered()` comes first*",
    ),
    "a recording without a listener": (
        """
        async def test_it(dialpact):
            await (await dialpact.agent("1001").dials()).answered()
        """,
        "*nobody listens in this story: `await dialpact.listens()` comes first*",
    ),
    "a bridge that the interlock does not allow": (
        """
        async def test_it(dialpact):
            await dialpact.listens()
            dialpact.pbx.monitor_mode = "refuses"
            await (await dialpact.agent("1001").dials()).answered()
        """,
        "*expected that it is recorded and bridged; came: not recorded, hung up (recording*",
    ),
    "a time without a zone": (
        """
        async def test_it(dialpact):
            dialpact.at("2026-11-24T12:00")
        """,
        "*say the zone as well, for example 2026-11-24T12:00+08:00*",
    ),
    "an entry that the register refuses": (
        """
        def test_it(dialpact_registers):
            dialpact_registers.consent("1380013800")
        """,
        "*BadEntry: '1380013800'*",
    ),
    "an AMI program that says something else": (
        """
        import asyncio

        async def test_it(fake_ami):
            reader, writer = await asyncio.open_connection("127.0.0.1", fake_ami.port)
            writer.write(b"Action: Login\\r\\nUsername: dialpact\\r\\nSecret: hush\\r\\n\\r\\n")
            writer.write(b"Action: Originate\\r\\nChannel: PJSIP/x\\r\\n\\r\\n")
            await fake_ami.seen("Originate", timeout=20)
            writer.close()
        """,
        "*FakeFailure: unexpected action Originate*",
    ),
    "an AMI program that says nothing": (
        """
        async def test_it(fake_ami):
            fake_ami.expect("Hangup", Channel="PJSIP/x")
        """,
        "*FakeFailure: never came: Hangup with Channel=PJSIP/x (what came: nothing)*",
    ),
    "a FastAGI call that is described and not made": (
        """
        def test_it(fastagi):
            fastagi("127.0.0.1:4573", expect=["ANSWER"])
        """,
        "*FastAGI on 127.0.0.1:4573: expected *'ANSWER'*, and no call was made*",
    ),
    "a script that says something else": (
        """
        async def test_it(process_agi):
            await process_agi(["sh", "-c", "echo HANGUP; read -r reply"], expect=["ANSWER"]).call()
        """,
        "*UnexpectedCommand: expected 'ANSWER' as command 1, then came 'HANGUP'; all commands: *",
    ),
    "a script that says less": (
        """
        async def test_it(process_agi):
            await process_agi(["true"], expect=["ANSWER"]).call()
        """,
        "*UnexpectedCommand: expected 'ANSWER' as command 1, then came the end of the session; it sent no*",
    ),
    "a script that says more": (
        """
        async def test_it(process_agi):
            await process_agi(["sh", "-c", "echo HANGUP; read -r reply"], expect=[]).call()
        """,
        "*UnexpectedCommand: more than was expected: *'HANGUP'*",
    ),
    "a script that does not end": (
        """
        async def test_it(process_agi):
            await process_agi(["cat"], expect=[], patience=0.3, raw=b"").call()
        """,
        "*the AGI side neither said anything more nor ended within 0.3 s; it sent no command*",
    ),
    "a request that the API refuses and nobody looks at": (
        """
        import urllib.error
        import urllib.request

        def test_it(dialpact_api):
            try:
                urllib.request.urlopen(dialpact_api.url + "/v1/key")
            except urllib.error.HTTPError as error:
                error.close()
        """,
        "*GET /v1/key was refused (401 not-authenticated), and the test does not look at it*",
    ),
    "a fault of the API that never comes to pass": (
        """
        def test_it(dialpact_api):
            dialpact_api.drops()
        """,
        "*1 of the API's faults never came to pass: nobody asked*",
    ),
    "a key with a scope that there is not": (
        """
        def test_it(dialpact_api):
            dialpact_api.key("crm", scopes=["everything"])
        """,
        "*BadEntry: scopes must be one of check, *",
    ),
    "a call that is begun and not awaited": (
        """
        import asyncio

        async def test_it(fastagi):
            asked = asyncio.Event()
            open_ = []

            def take(_, writer):
                open_.append(writer)
                asked.set()

            server = await asyncio.start_server(take, "127.0.0.1", 0)
            caller = fastagi(server.sockets[0].getsockname(), expect=["ANSWER"])
            task = asyncio.create_task(caller.call())
            await asked.wait()
            server.close()
            open_[0].transport.abort()
        """,
        "*FastAGI on 127.0.0.1:*: a call was begun and not awaited to its end*",
    ),
}


@pytest.mark.parametrize("what", REASONS)
def test_fails(pytester: pytest.Pytester, what: str) -> None:
    code, said = REASONS[what]
    pytester.makepyfile(code)
    pytester.makeini("[pytest]\nasyncio_mode = auto\nasyncio_default_fixture_loop_scope = function\n")
    # (Native: pytest's own tracebacks parse the source, at which CPython before 3.11.5 fails now and then:
    # "AST constructor recursion depth mismatch".)
    result = pytester.runpytest_inprocess(
        "-p", "dialpact.testing.plugin", "-p", "no:cacheprovider", "--tb=native"
    )
    outcomes = result.parseoutcomes()
    assert outcomes.get("failed", 0) + outcomes.get("errors", 0) == 1, outcomes
    result.stdout.fnmatch_lines(said)
