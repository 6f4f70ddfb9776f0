"""The demo's calls, what must become of each, and the words of its table."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

CALLER_ID = "02788880007"

WORDS = {
    "en": {
        "title": "Dialpact demo: calls on Asterisk {version}",
        "columns": "what|dialled|verdict|reasons|agent's phone got|carrier saw|recorded|callee / agent|SHA-256|keep until",
        "allowed": "200, {talk:.1f} s, heard {dbfs:.0f} dBFS",
        "refused": "{status}, {heard:.1f} s announced",
        "invite": "INVITE",
        "none": "nothing",
        "by-dialplan": "(dialplan: blocked)",
        "past-gate": "(dialplan: passed)",
        "ok": "{n} calls, each as the covenant demands, in {seconds:.0f} s.",
        "bad": "{n} calls did not end as they must:",
        "next": "Where to look next: docs/dialplan.md (hook it into your dialplan), tests/lab/demo.py (these calls), "
        "docs/reasons.md (every reason).",
        "starting": "starting Asterisk, SIPp, gate and listener",
        "registers": "loading the sample registers",
        "calling": "calling: {what}",
    },
    "zh": {
        "title": "Dialpact 演示：Asterisk {version} 上的真实呼叫",
        "columns": "情形|拨打号码|裁决|理由|坐席话机|运营商侧|录音|客户 / 坐席|SHA-256|保存至",
        "allowed": "200，{talk:.1f} 秒，听到 {dbfs:.0f} dBFS",
        "refused": "{status}，提示音 {heard:.1f} 秒",
        "invite": "INVITE",
        "none": "无",
        "by-dialplan": "（拨号方案：拦截）",
        "past-gate": "（拨号方案：放行）",
        "ok": "{n} 个呼叫，结果全部符合公约要求，用时 {seconds:.0f} 秒。",
        "bad": "{n} 个呼叫的结果不符合要求：",
        "next": "接下来：docs/dialplan.zh-CN.md（接入您的拨号方案）、tests/lab/demo.py（以上呼叫）、docs/reasons.zh-CN.md（全部理由）。",
        "starting": "正在启动 Asterisk、SIPp、闸门和监听器",
        "registers": "正在载入示例登记册",
        "calling": "正在呼叫：{what}",
    },
}


@dataclass(frozen=True)
class Scene:
    """One call and what must become of it."""

    en: str
    zh: str
    number: str
    reasons: tuple[str, ...] = ()  # none: it passes
    campaign: str = "autumn-loans"
    caller_id: str = CALLER_ID
    recorded: bool = True  # when it passes
    decided: bool = True  # False: no decision is stored, since the gate was not asked or could not answer
    status: int = 403  # of a refusal
    keys: str = ""  # that the callee presses in the call


def instant(text: str) -> datetime:
    return datetime.fromisoformat(f"{text}+08:00")


# In the order of the lab's time, which only goes forward. Each act: instant, daemons that run, calls at once.
SATURDAY = [Scene("not a working day", "非工作日", "13800138555", ("not-a-working-day",))]
MORNING = [
    Scene("consent, in time, mobile", "有同意、时段内（手机）", "13800138000"),
    Scene("the callee presses *9 in the call", "客户在通话中按 *9", "02787654321", keys="*9"),
    Scene("do-not-call", "已明确拒绝", "13800138111", ("do-not-call", "no-consent")),
    Scene("no consent", "未征得同意", "13912345678", ("no-consent",)),
    Scene("withdrawn consent", "已撤回同意", "13800138222", ("consent-withdrawn",)),
    Scene("on no lead list", "不在客户名单内", "13700137000", ("not-on-lead-list",)),
    Scene("script not approved", "话术未经审批", "13800138002", ("script-not-approved",), campaign="winter-loans"),
    Scene("unauthorised caller ID", "主叫号码未核发", "13800138333", ("caller-id-unauthorised",), caller_id="02799990000"),
    Scene("expired caller ID", "主叫号码已过期", "13800138444", ("caller-id-expired",), caller_id="02788880099"),
    Scene("unknown campaign", "未登记的营销活动", "13800138666", ("unknown-campaign",), campaign="mystery"),
    Scene("invalid number", "无效号码", "9521312345", ("invalid-number",)),
    Scene("emergency call of a person", "个人紧急呼叫", "110", recorded=False, decided=False),
]  # fmt: skip
AGAIN = [Scene("called again after *9", "按 *9 之后再次拨打", "02787654321", ("do-not-call", "no-consent"))]
NOON = [Scene("outside hours (lunch)", "时段外（午休）", "13800138777", ("outside-hours",))]
NO_LISTENER = [
    Scene("the listener is stopped", "监听器已停止", "13800138888", ("recording-unavailable",), status=503)
]
NO_GATE = [
    Scene("the gate is stopped", "闸门已停止", "13800138999", ("gate-error",), decided=False, status=503)
]
