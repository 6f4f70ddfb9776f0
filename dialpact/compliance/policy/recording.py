"""Will the call be recorded? 所有营销外呼行为均保留至少12个月的电话录音: no recorder, no call."""

from __future__ import annotations

from dialpact.compliance.policy.case import Case, Findings, Why, failed, passed, skipped, timeless
from dialpact.compliance.reasons import Reason
from dialpact.compliance.sections import RecordingRule

NAME = "recording"
LOOKS_AT = ()
turns = timeless


def judge(case: Case, section: RecordingRule) -> Findings:
    recorder = case.facts.recorder
    if not section.required:
        return passed(NAME, case)
    if recorder is None:
        if not case.recorder_required:
            return skipped(NAME, case, Why.RECORDER_NOT_ASKED)
        return (failed(NAME, case, Reason.RECORDING_UNAVAILABLE, Why.RECORDER_SILENT),)
    if not recorder.ready:
        why = Why.RECORDER_NOT_READY
        return (failed(NAME, case, Reason.RECORDING_UNAVAILABLE, why, said=recorder.why),)
    return passed(NAME, case)
