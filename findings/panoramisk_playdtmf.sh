#!/usr/bin/env bash
# panoramisk 1.4: the answer of PlayDTMF costs the whole manager connection.
#
# Asterisk (16 to 22) answers the action PlayDTMF with "Response: Success / Message: DTMF successfully queued". panoramisk
# takes every "successfully queued" for the answer of an Originate and reads the header Async of what it had sent. PlayDTMF
# has no such header: the read raises KeyError in the protocol's data_received, asyncio closes the connection, and the
# caller's future is never answered. A header "Async: false" that Asterisk does not know, and passes over, avoids it.
#
# Installs panoramisk in a temporary folder, plays Asterisk's side on a socket with the answers that Asterisk 22.10.1 gives,
# and fails when it behaves otherwise. Seen with Python 3.11.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check panoramisk==1.4 2>/dev/null
"$folder/venv/bin/python" - <<'PY'
import asyncio
from importlib.metadata import version

from panoramisk import Manager


async def asterisk(reader, writer):
    """A manager port that accepts the login and queues every tone."""
    writer.write(b"Asterisk Call Manager/11.0.0\r\n")
    while True:
        try:
            raw = (await reader.readuntil(b"\r\n\r\n")).decode()
        except (asyncio.IncompleteReadError, ConnectionError):
            return
        fields = dict(line.split(": ", 1) for line in raw.split("\r\n") if ": " in line)
        said = {"Login": "Authentication accepted", "PlayDTMF": "DTMF successfully queued"}
        message = said.get(fields.get("Action"), "Pong")
        writer.write(f"Response: Success\r\nActionID: {fields['ActionID']}\r\nMessage: {message}\r\n\r\n".encode())


async def play(port, more):
    raised, lost = [], asyncio.Event()
    loop = asyncio.get_running_loop()
    loop.set_exception_handler(lambda _, context: raised.append(repr(context.get("exception"))))
    manager = Manager(host="127.0.0.1", port=port, username="u", secret="s", ping_delay=3600, reconnect_timeout=3600)
    manager.on_disconnect = lambda *_: lost.set()
    await manager.connect()
    await asyncio.sleep(0.3)
    action = {"Action": "PlayDTMF", "Channel": "PJSIP/carrier-00000001", "Digit": "D", "Duration": "100"} | more
    future = manager.send_action(action)
    done, _ = await asyncio.wait([asyncio.ensure_future(future)], timeout=1.0)
    manager.close()
    return bool(done), raised, lost.is_set()


async def main():
    server = await asyncio.start_server(asterisk, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    print("panoramisk", version("panoramisk"))
    plain = await play(port, {})
    print("PlayDTMF as documented: answered", plain[0], "raised", plain[1], "connection lost", plain[2])
    helped = await play(port, {"Async": "false"})
    print("with Async: false     : answered", helped[0], "raised", helped[1])
    assert plain == (False, ["KeyError('async')"], True), plain
    assert helped[0] and not helped[1], helped
    print("as described")


asyncio.run(main())
PY
