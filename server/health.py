"""Does it live, is every part there, and how much does it do."""

import shutil

from flask import Blueprint, Response, jsonify
from flask.typing import ResponseReturnValue

from server.access import journey, public
from server.intake.sandbox import proven
from workflow.errors import SebarError
from workflow.sop import Status

health = Blueprint("health", __name__)


@health.get("/healthz")
@public
def alive() -> ResponseReturnValue:
    return jsonify({"status": "ok"})


@health.get("/readyz")
@public
def ready() -> ResponseReturnValue:
    """Every part by name; 503 where one of them does not do its work."""
    parts: dict[str, str] = {}
    for name, ask in (("records", journey().records.revision), ("sandbox", proven)):
        try:
            ask()
            parts[name] = "ok"
        except SebarError as error:
            parts[name] = error.detail
        except Exception as error:
            parts[name] = type(error).__name__
    free = shutil.disk_usage(journey().settings.home)
    parts["disk"] = "ok" if free.free > free.total // 20 else "less than 5 % free"
    good = all(state == "ok" for state in parts.values())
    return jsonify({"status": "ok" if good else "not ready", "parts": parts}), 200 if good else 503


@health.get("/metrics")
@public
def metrics() -> ResponseReturnValue:
    counts = dict.fromkeys(Status, 0)
    for record in journey().records.submissions():
        counts[record.move.status] += 1
    lines = ["# TYPE sebar_submissions gauge"]
    lines += [f'sebar_submissions{{status="{status.value}"}} {count}' for status, count in counts.items()]
    lines += ["# TYPE sebar_revision counter", f"sebar_revision {journey().records.revision()}"]
    lines += ["# TYPE sebar_open_jobs gauge", f"sebar_open_jobs {len(journey().records.unfinished_builds())}"]
    return Response("\n".join(lines) + "\n", mimetype="text/plain; version=0.0.4")
