"""/ogc: pygeoapi behind our own blueprint, always at the registry's current revision."""

from collections.abc import Callable
from typing import Any

import orjson
from flask import Blueprint, Response, render_template, request
from flask.blueprints import BlueprintSetupState
from werkzeug.datastructures import MultiDict
from werkzeug.routing import PathConverter

from server.ogc.answers import METHODS, Answer, Asked, answer, answered, read, refusal
from server.ogc.engine import adopt_pygeoapi
from server.ogc.fast_path import FastPath
from server.ogc.snapshot import Served, Snapshot, Snapshots, build
from server.pages.language import _, language
from server.settings import Settings
from workflow.errors import Broken, SebarError
from workflow.store import Registry, Release

EVERY_METHOD = (*METHODS, "POST", "PUT", "PATCH", "DELETE")


class Rest(PathConverter):
    """The rest of an address with its line ends: a key may hold them, and every refusal below /ogc is ours."""

    regex = "(?s:.+)"
    # werkzeug takes a pattern without a slash for one of a single part.
    part_isolating = False


def create_ogc(
    registry: Callable[[], Registry],
    revision: Callable[[], int],
    settings: Settings,
    release: Callable[[str, int], Release | None] = lambda dataset, number: None,
) -> Blueprint:
    """`release` gives one that is not current any more. What registers the blueprint gets the fast path before it."""
    adopt_pygeoapi()
    snapshots = Snapshots(registry, revision, settings, release)
    blueprint = Blueprint("ogc", __name__, template_folder="templates")

    @blueprint.record_once
    def in_front(state: BlueprintSetupState) -> None:
        app: Any = state.app
        app.wsgi_app = FastPath(app.wsgi_app, snapshots)

    blueprint.record_once(lambda state: state.app.url_map.converters.update(rest=Rest))

    @blueprint.route("/ogc", methods=EVERY_METHOD, provide_automatic_options=False)
    @blueprint.route("/ogc/", methods=EVERY_METHOD, provide_automatic_options=False)
    @blueprint.route("/ogc/<rest:path>", methods=EVERY_METHOD, provide_automatic_options=False)
    def ogc(path: str = "") -> Response:
        asked = _asked(path)
        return _response(answered(snapshots, asked, request.method), asked)

    @blueprint.errorhandler(SebarError)
    def refused(error: SebarError) -> Response:
        """What was refused on the way here, as OGC clients read it."""
        asked = _asked((request.view_args or {}).get("path", ""))
        return _response(refusal(error, asked), asked)

    @blueprint.app_template_filter("here")
    def here(address: str) -> str:
        """An absolute address of ours as the browser's own, so that pages also work under another name."""
        return address.removeprefix(settings.url)

    blueprint.add_app_template_global(field_title)
    return blueprint


def field_title(served: Served, name: str) -> str:
    """Agencies name the fields of their data, english.po those of the catalogue."""
    said = str(served.fields.get(name, {}).get("title") or name)
    return said if served.release else _(said)


def _asked(path: str) -> Asked:
    """A page speaks the language of the portal, whatever Accept-Language says."""
    asked = read(path, request.args, request.headers.get)
    return asked._replace(language=language()) if asked.html else asked


def _response(answer: Answer, asked: Asked) -> Response:
    body = answer.body
    if answer.page:
        body = render_template(answer.page, asked=asked, **body)
    return Response(body, answer.status, headers=dict(answer.headers))


def probe(release: Release, settings: Settings) -> None:
    """Asks a staged release, in this process, what a GIS would ask.

    Raises Broken where an answer is missing or the count is not the manifest's.
    """
    adopt_pygeoapi()
    snapshot = build(Registry(0, (release,)), settings)
    _staged(snapshot)
    for entry in release.manifest["collections"]:
        address = ("collections", entry["id"])
        _staged(snapshot, *address)
        _staged(snapshot, *address, "schema")
        page = _staged(snapshot, *address, "items", limit="1000")
        if page["numberMatched"] != entry["count"] or len(page["features"]) != min(entry["count"], 1000):
            raise Broken(f"{entry['id']} answers {page['numberMatched']} features, not {entry['count']}")


def _staged(snapshot: Snapshot, *path: str, **args: str) -> dict[str, Any]:
    try:
        found: dict[str, Any] = orjson.loads(answer(snapshot, Asked(path, MultiDict(args))).body)
    except SebarError as error:
        raise Broken(f"/ogc/{'/'.join(path)} does not answer: {error.detail}") from error
    return found
