"""Why was it blocked?"""

from tests.web.api.furnished import CALL
from tests.web.console.visitor import Visitor


def test_pages(visitor: Visitor) -> None:
    opened = visitor.get("/why")
    print(opened.status, opened.text)
    opened = visitor.post("/why", {"what": "13800138000"}, htmx=True)
    print(opened.status, opened.text)
    opened = visitor.get(f"/calls/{CALL}")
    print(opened.status, opened.text)
    opened = visitor.post("/why/ask", {"number": "13800138000", "campaign": "spring", "caller_id": "02788880007"})
    print(opened.status, opened.text)
    opened = visitor.post(f"/calls/{CALL}", {"campaign": "spring", "caller_id": "02788880007"}, htmx=True)
    print(opened.status, opened.text)
    assert 0

def test_inc(visitor: Visitor) -> None:
    for role in ("officer", "supervisor"):
        for path in ("/incidents", "/incidents?kind=recording-failed", "/incidents?kind=x"):
            opened = visitor.as_(role).get(path)
            print(opened.status, opened.page.rows, opened.text[-100:])
    assert 0
