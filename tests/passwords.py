"""``python -m tests.passwords FILE...``: makes the list of passwords that have leaked anew.

A file is text, a password a line, or a JSON list. What ships was made of the frequency lists of zxcvbn
(github.com/dropbox/zxcvbn, MIT licence), as npm's package popular-passwords 1.0.3 has them in data.json; a
longer list may take its place: those of Have I Been Pwned, say, as text.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from dialpact.compliance.registers import passwords

FILE = Path(passwords.__file__).with_name("breached.bin")


def listed(file: Path) -> list[str]:
    text = file.read_text("utf-8", "replace")
    return list(map(str, json.loads(text))) if file.suffix == ".json" else text.splitlines()


if __name__ == "__main__":
    content = passwords.packed(each for name in sys.argv[1:] for each in listed(Path(name)))
    FILE.write_bytes(content)
    print(f"{FILE}: {len(content) // passwords.BYTES} passwords of {passwords.LEAST} characters or more")
