"""Somebody at their desk: signs in, opens pages, fills in the forms that are on them and presses their buttons."""

from __future__ import annotations

from io import BytesIO
from typing import Any

from lxml import html
from werkzeug.test import TestResponse

from server.build import build_now
from tests.conftest import PASSWORD, PDF, City

METADATA_FORM = {
    "abstract": "Titik uji coba di Kota Pekalongan; isinya karangan dan tidak menggambarkan keadaan sebenarnya.",
    "topic": "society",
    "keywords": "uji, titik",
    "license": "CC-BY-4.0",
    "period": "2026",
    "update_frequency": "annually",
    "lineage": "Digambar untuk uji coba dari ingatan pada tahun 2026, tanpa pengukuran.",
    "scale": "5000",
    "contact_name": "Sari",
    "contact_email": "sari@example.test",
}


class Seat:
    """One signed-in person. `page` is what is on their screen."""

    def __init__(self, city: City, username: str) -> None:
        self.city, self.http = city, city.app.test_client()
        self.show(self.http.get("/masuk"))
        answer = self.press("/masuk", username=username, password=PASSWORD)
        assert answer.status_code == 200, answer.text

    def open(self, path: str) -> TestResponse:
        return self.show(self.http.get(path, headers={"Accept": "text/html"}, follow_redirects=True))

    def show(self, answer: TestResponse) -> TestResponse:
        self.answer = answer
        self.page = html.fromstring(answer.text)
        return answer

    def form(self, action: str, **hidden: str) -> Any:
        """The form with this action, and these hidden values where there are several."""
        for form in self.page.forms:
            values = dict(form.form_values())
            is_this = form.method == "POST" and form.get("action", self.answer.request.path) == action
            if is_this and all(values.get(k) == v for k, v in hidden.items()):
                return form
        raise AssertionError(f"no form {action} {hidden} on {self.answer.request.path}")

    def press(
        self,
        action: str,
        *,
        hidden: dict[str, str] | None = None,
        files: dict[str, tuple[bytes, str]] | None = None,
        **typed: Any,
    ) -> TestResponse:
        """Fills in the form and sends it as a browser would, hidden fields and defaults included.

        `hidden` tells forms of one action apart.
        """
        form = self.form(action, **(hidden or {}))
        buttons = form.xpath('.//button[@type="submit"]')
        assert buttons
        assert not any(button.get("disabled") is not None for button in buttons), f"{action} is shut"
        data: dict[str, Any] = dict(form.form_values()) | typed
        for name, (content, filename) in (files or {}).items():
            data[name] = (BytesIO(content), filename)
        return self.show(self.http.post(action, data=data, headers={"Accept": "text/html"}, follow_redirects=True))

    def take(self, id: str, step: str, **typed: Any) -> TestResponse:
        return self.press(f"/meja/pengajuan/{id}/langkah", hidden={"step": step}, **typed)

    def says(self, words: str) -> bool:
        return words in " ".join(" ".join(self.page.itertext()).split())

    def fetch(self, path: str) -> bytes:
        """A file."""
        with self.http.get(path, buffered=True) as answer:
            assert answer.status_code == 200, path
            return answer.data

    def offers(self, id: str) -> set[str]:
        """The steps whose buttons can be pressed."""
        forms = (form for form in self.page.forms if form.get("action") == f"/meja/pengajuan/{id}/langkah")
        return {
            dict(form.form_values())["step"]
            for form in forms
            if form.xpath('.//button[@type="submit" and not(@disabled)]')
        }

    def enter(self, title: str, content: bytes, name: str, *, paper: bytes | None = PDF, **typed: Any) -> str:
        """Enters data through the form and lets the worker read it; its id."""
        self.open("/meja/produsen-data/ajukan")
        files = {"file": (content, name)} | ({"berita_acara": (paper, "ba.pdf")} if paper else {})
        said = {"title": title, "number": "500/12/2026", "date": "2026-03-12"} | typed
        answer = self.press("/meja/produsen-data/ajukan", files=files, **said)
        assert answer.request.path.startswith("/meja/pengajuan/"), answer.text
        return self.read(answer.request.path.rpartition("/")[2])

    def read(self, id: str) -> str:
        """The worker's part, and the page after it."""
        build_now(self.city.journey.records, self.city.settings, id)
        self.open(f"/meja/pengajuan/{id}")
        return id

    def complete(self, id: str, **typed: str) -> None:
        """Fills in the metadata form."""
        self.open(f"/meja/pengajuan/{id}?sisi=metadata")
        self.press(f"/meja/pengajuan/{id}/metadata", **METADATA_FORM | typed)
        self.read(id)
