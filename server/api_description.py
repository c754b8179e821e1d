"""/api/v1 in OpenAPI 3.0, one line per call."""

from __future__ import annotations

import re
from typing import Any

from workflow.sop import STEP_NAMES

TEXT = {"type": "string"}
FILE = {"type": "string", "format": "binary"}
OBJECT = {"type": "object"}
HASH = {"type": "string", "pattern": "^[0-9a-f]{64}$"}

METADATA: dict[str, Any] = {
    "type": "object",
    "required": ["title"],
    "description": "What is missing stops the submit step, not the draft.",
    "properties": {
        "title": TEXT,
        "abstract": TEXT,
        "kind": {"type": "string", "enum": ["geospatial", "statistics"]},
        "topic": {**TEXT, "description": "MD_TopicCategoryCode of ISO 19115"},
        "keywords": {"type": "array", "items": TEXT},
        "license": {**TEXT, "description": "SPDX identifier"},
        "period": TEXT,
        "update_frequency": {**TEXT, "description": "MD_MaintenanceFrequencyCode of ISO 19115"},
        "lineage": TEXT,
        "scale": {"type": "integer", "description": "denominator"},
        "access": {"type": "string", "enum": ["terbuka", "terbatas", "tertutup"]},
        "contact": {"type": "object", "properties": {"name": TEXT, "organization": TEXT, "email": TEXT}},
        "berita_acara": {"type": "object", "properties": {"number": TEXT, "date": {**TEXT, "format": "date"}}},
        "crs": {**TEXT, "description": "asked only where the file does not say"},
        "key": {**TEXT, "description": "the column that identifies a feature for life"},
        "fields": {"type": "array", "items": OBJECT},
        "concept": TEXT,
        "definition": TEXT,
        "measure": TEXT,
        "unit": TEXT,
    },
}
READING: dict[str, Any] = {
    "type": "object",
    "properties": {
        "header_rows": {"type": "integer"},
        **dict.fromkeys(
            ("decimal", "thousands", "delimiter", "encoding", "sheet", "layer", "code", "period_column"), TEXT
        ),
    },
}
STEP: dict[str, Any] = {"note": TEXT, "content_hash": HASH, "at": {**TEXT, "format": "date-time"}}

# method, path, sentence, media type of the body, its properties or schema, success
CALLS: tuple[tuple[str, str, str, str, dict[str, Any], int], ...] = (
    ("post", "/tokens", "Token baru, ditunjukkan sekali.", "application/json", {"name": TEXT}, 201),
    (
        "post",
        "/batches",
        "Daftar Data baru dengan Berita Acaranya.",
        "multipart/form-data",
        {"berita_acara": FILE, "number": TEXT, "date": TEXT, "period": TEXT},
        201,
    ),
    (
        "post",
        "/submissions",
        "Pengajuan baru; pembacaan dan pemeriksaan berjalan sebagai pekerjaan.",
        "multipart/form-data",
        {"file": FILE, "metadata": METADATA, "batch": TEXT, "berita_acara": FILE, "dataset": TEXT, "reading": READING},
        201,
    ),
    ("get", "/submissions", "Pengajuan yang boleh Anda lihat, menurut tenggat.", "", {}, 200),
    ("get", "/submissions/{id}", "Satu pengajuan.", "", {}, 200),
    (
        "patch",
        "/submissions/{id}",
        "Metadata atau cara membaca yang lain, selama konsep atau dikembalikan.",
        "application/json",
        {"metadata": METADATA, "reading": READING, "crs": TEXT, "version": {"type": "integer"}},
        200,
    ),
    (
        "put",
        "/submissions/{id}/file",
        "Berkas yang lain, selama konsep atau dikembalikan.",
        "multipart/form-data",
        {"file": FILE, "reading": READING},
        200,
    ),
    ("get", "/submissions/{id}/findings", "Temuan sebagai GeoJSON.", "", {}, 200),
    (
        "post",
        "/submissions/{id}/findings/{key}/waive",
        "Kesampingkan satu peringatan.",
        "application/json",
        {"reason": TEXT},
        200,
    ),
    ("get", "/submissions/{id}/comparison", "Beda dengan rilis yang berlaku.", "", {}, 200),
    ("post", "/submissions/{id}/steps/{step}", "Ambil satu langkah SOP.", "application/json", STEP, 200),
    (
        "post",
        "/datasets/{id}/steps/{step}",
        "Tarik, atau berlakukan lagi sebuah rilis.",
        "application/json",
        {"note": TEXT, "release": {"type": "integer"}},
        200,
    ),
    ("get", "/submissions/{id}/events", "Perjalanan satu pengajuan.", "", {}, 200),
    ("get", "/ledger", "Buku besar: rantai semua tindakan.", "", {}, 200),
)
FAULTS = {
    "400": "Permintaan tidak dapat dipahami",
    "401": "Belum masuk",
    "403": "Bukan peran ini",
    "404": "Tidak ada, atau milik OPD lain",
    "409": "Berubah sementara itu, atau bukan dari status ini",
    "410": "Sudah ditarik",
    "413": "Melebihi batas",
    "422": "Syarat belum terpenuhi, atau berkas tidak dapat diterima",
    "429": "Terlalu sering mencoba",
}


def describe(url: str) -> dict[str, Any]:
    paths: dict[str, Any] = {}
    for method, path, sentence, media_type, body, success in CALLS:
        paths.setdefault(path, {})[method] = _operation(path, sentence, media_type, body, success)
    problem = {"type": "object", "properties": {"code": TEXT, "detail": TEXT, "mend": TEXT}}
    return {
        "openapi": "3.0.3",
        "info": {"title": "Sebar: SOP Penyebarluasan Data", "version": "1"},
        "servers": [{"url": f"{url}/api/v1"}],
        "security": [{"token": []}, {"password": []}],
        "paths": paths,
        "components": {
            "schemas": {"Problem": problem},
            "securitySchemes": {
                "token": {"type": "http", "scheme": "bearer"},
                "password": {"type": "http", "scheme": "basic"},
            },
        },
    }


def _operation(path: str, sentence: str, media_type: str, body: dict[str, Any], success: int) -> dict[str, Any]:
    fault = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
    answers: dict[str, Any] = {str(success): {"description": sentence, "content": {"application/json": {}}}}
    answers |= {status: {"description": text, "content": fault} for status, text in FAULTS.items()}
    operation: dict[str, Any] = {"summary": sentence, "responses": answers}
    names = re.findall(r"{(\w+)}", path)
    if names:
        operation["parameters"] = [_parameter(name) for name in names]
    if media_type:
        schema = {"type": "object", "properties": body}
        operation["requestBody"] = {"content": {media_type: {"schema": schema}}}
    return operation


def _parameter(name: str) -> dict[str, Any]:
    schema = {**TEXT, "enum": list(STEP_NAMES)} if name == "step" else TEXT
    return {"name": name, "in": "path", "required": True, "schema": schema}
