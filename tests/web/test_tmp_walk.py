from pathlib import Path
from tests.web.test_api_page import *  # noqa
from tests.web.test_api_page import Walk, installed, page, walking  # noqa
import subprocess, pytest
@pytest.mark.parametrize("skip", ["none","scrub","evidence","all"])
def test_see(installed: Path, skip) -> None:
    with walking(installed) as walk:
        for step in page("api.md"):
            c=step.command
            if "look at" in c: break
            if skip in("scrub","all") and "scrubs" in c: continue
            if skip in("evidence","all") and "evidence" in c: continue
            if skip=="all" and not ("api-key add crm" in c or c.strip().startswith("dialpact web") or "/v1/leads" in c): continue
            if c.strip().startswith("dialpact web"): walk.go(step); continue
            r=subprocess.run(["bash","-c",c.replace("127.0.0.1:9080",walk._address)],cwd=installed,env=walk._environment,capture_output=True,text=True)
            if "/v1/leads" in c: print(skip, c[:60], r.stdout[:300]); break
    assert 0
