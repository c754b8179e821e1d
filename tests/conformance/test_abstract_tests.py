"""Every conformance class that /ogc/conformance declares, walked in the words of its abstract test suite.

The OGC's own executable suite for Features 1 and 2 is run by `make ets`.
"""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask import Flask

from server.ogc.words import WORDS
from tests.conformance import walk as w
from tests.conformance.walk import SPEC, Walk

Step = Callable[[Walk], None]

LANDING_PAGE: dict[str, Step] = {
    "root-op": w.page_in_json("/"),
    "root-success": w.landing_links,
    "conformance-op": w.page_in_json("/conformance"),
    "conformance-success": w.page_in_json("/conformance", "conformsTo"),
    "api-definition-op": w.api_definition,
    "api-definition-success": w.openapi_is_valid,
}
OAS30: dict[str, Step] = {
    "completeness": w.openapi_is_complete,
    "exceptions-codes": w.openapi_is_complete,
    "oas-definition-1": w.api_definition,
    "oas-definition-2": w.openapi_is_valid,
    "oas-impl": w.openapi_operations_answer,
    "security": w.no_security,
}
HTML: dict[str, Step] = {"definition": w.in_html, "content": w.in_html}
SCHEMAS: dict[str, Step] = {
    "basic-schema-inspection": w.schema_inspected,
    "role": w.schema_roles,
    "role-id": w.schema_roles,
    "property-seq": w.schema_roles,
    "unit": w.schema_roles,
    "response-1": w.features_fit_the_schema,
}
RECORD_CORE: dict[str, Step] = {
    "mandatory-properties-record": w.records,
    "record-links": w.records,
    "time-instant": w.record_times,
    "time-interval": w.record_times,
}
RECORD_COLLECTION: dict[str, Step] = {"itemType": w.katalog, "links-records": w.katalog}
RECORD_PARAMETERS: dict[str, Step] = {
    "query-param-bbox": w.record_parameters,
    "query-param-externalIds-response": w.record_parameters,
    "query-param-ids-response": w.record_parameters,
    "query-param-q-response": w.record_parameters,
    "query-param-type-response": w.record_parameters,
}
RECORD_API: dict[str, Step] = {
    "mandatory-params": w.record_parameters_declared,
    "records-op": w.geojson,
    "record-op": w.feature_by_id,
}

ABSTRACT_TESTS: dict[str, dict[str, Step]] = {
    "ogcapi-common-1/1.0/conf/core": {
        "http": w.http,
        "query-param-name-unknown": w.unknown_parameters,
        "query-param-value-invalid": w.invalid_parameters,
        "query-param-capitalization": w.capitalization,
    },
    "ogcapi-common-1/1.0/conf/landing-page": LANDING_PAGE,
    "ogcapi-common-1/1.0/conf/oas30": OAS30,
    "ogcapi-common-1/1.0/conf/html": HTML,
    "ogcapi-common-1/1.0/conf/json": {"definition": w.in_json, "content": w.in_json},
    "ogcapi-common-2/1.0/conf/collections": {
        "rc-md-op": w.page_in_json("/collections", "links", "collections"),
        "rc-md-success": w.collections_list,
        "src-md-op": w.collection_described,
        "src-md-success": w.collection_described,
        "rc-md-extent": w.extents,
    },
    "ogcapi-common-2/1.0/conf/html": HTML,
    "ogcapi-common-2/1.0/conf/json": {"definition": w.in_json, "content": w.in_json},
    "ogcapi-common-3/1.0/conf/schemas": SCHEMAS,
    "ogcapi-features-1/1.0/conf/core": {
        "http": w.http,
        **LANDING_PAGE,
        "fc-md-op": w.collections_list,
        "fc-md-success": w.collections_list,
        "fc-md-links": w.collections_list,
        "fc-md-items": w.collection_described,
        "fc-md-extent": w.extents,
        "sfc-md-op": w.collection_described,
        "sfc-md-success": w.collection_described,
        "fc-op": w.geojson,
        "fc-limit-definition": w.items_parameters,
        "fc-bbox-definition": w.items_parameters,
        "fc-time-definition": w.items_parameters,
        "fc-limit-response": w.limits,
        "fc-bbox-response": w.boxes,
        "fc-time-response": w.times,
        "fc-response": w.pages_are_the_whole,
        "fc-links": w.pages_are_the_whole,
        "fc-timeStamp": w.pages_are_the_whole,
        "fc-numberMatched": w.pages_are_the_whole,
        "fc-numberReturned": w.limits,
        "f-op": w.feature_by_id,
        "f-success": w.feature_by_id,
        "f-links": w.feature_by_id,
        "query-param-invalid": w.invalid_parameters,
        "query-param-unknown": w.unknown_parameters,
    },
    "ogcapi-features-1/1.0/conf/geojson": {"definition": w.geojson, "content": w.geojson},
    "ogcapi-features-1/1.0/conf/html": HTML,
    "ogcapi-features-1/1.0/conf/oas30": OAS30,
    "ogcapi-features-2/1.0/conf/crs": {
        "crs-uri": w.crs_uris,
        "default-crs": w.default_crs,
        "storageCrs": w.storage_crs,
        "crs-parameter": w.crs_of_answers,
        "crs-parameter-default": w.default_crs,
        "crs-parameter-invalid": w.crs_refused,
        "crs-parameter-transform": w.crs_of_answers,
        "bbox-crs-parameter": w.crs_of_answers,
        "bbox-crs-parameter-default": w.bbox_crs_default,
        "bbox-crs-parameter-invalid": w.crs_refused,
    },
    "ogcapi-features-3/1.0/conf/queryables": {
        "get-queryables-uris": w.fields_link("queryables"),
        "get-queryables": w.queryables_are_schemas,
    },
    "ogcapi-features-3/1.0/conf/queryables-query-parameters": {"query-param": w.queryables_as_parameters},
    "ogcapi-features-3/1.0/conf/filter": {
        "filter-param": w.filter_parameter,
        "filter-lang-default": w.filter_parameter,
        "expression-construction": w.unknown_queryable,
        "filter-crs-wgs84": w.filter_crs_default,
        "filter-crs-param": w.filter_crs_named,
    },
    "ogcapi-features-3/1.0/conf/features-filter": {
        "get-collections": w.collections_list,
        "get-collection": w.fields_link("queryables"),
        "filter-on-items": w.filter_parameter,
        "mixing-expression": w.filter_and_box,
    },
    "ogcapi-features-5/1.0/conf/schemas": SCHEMAS,
    "ogcapi-features-5/1.0/conf/returnables-and-receivables": {"link": w.schema_link, **SCHEMAS},
    "ogcapi-features-5/1.0/conf/sortables": {"op-and-response": w.sortables_are_schemas},
    "ogcapi-features-5/1.0/conf/advanced-property-roles": {"role-primary-geometry": w.schema_roles},
    "ogcapi-features-8/1.0/conf/sortables": {
        "get-sortables-uris": w.fields_link("sortables"),
        "get-sortables": w.sortables_are_schemas,
    },
    "ogcapi-features-8/1.0/conf/sorting": {"sortby-param": w.sorted_items, "expression-construction": w.sorted_items},
    "ogcapi-features-8/1.0/conf/features-sorting": {
        "get-collection": w.fields_link("sortables"),
        "filter-sorting": w.sorted_items,
    },
    "cql2/1.0/conf/cql2-text": {"validate": w.filter_parameter, "escaping": w.escaped_text},
    "cql2/1.0/conf/cql2-json": {"validate": w.cql2_json},
    "cql2/1.0/conf/basic-cql2": {
        "basic-test": w.basic,
        "comparison": w.comparisons("{name} {sign} {value}"),
        "is-null": w.is_null,
        "boolean": w.booleans,
        "logical": w.logical(w.BASIC),
    },
    "cql2/1.0/conf/advanced-comparison-operators": {
        "like": w.like,
        "between": w.between,
        "in": w.among,
        "logical": w.logical(w.ADVANCED),
    },
    "cql2/1.0/conf/case-insensitive-comparison": {
        "casei": w.folded("CASEI", w.CASEI, alike=False),
        "casei-like": w.folded("CASEI", w.CASEI_LIKE, alike=True),
        "logical": w.logical(("CASEI(nama) = casei('FOO BAR')", *w.BASIC)),
    },
    "cql2/1.0/conf/accent-insensitive-comparison": {
        "accenti": w.folded("ACCENTI", w.ACCENTI, alike=False),
        "accenti-like": w.folded("ACCENTI", w.ACCENTI_LIKE, alike=True),
        "accenti-casei": w.folded("ACCENTI", w.ACCENTI_CASEI, alike=True),
        "accenti-casei-like": w.folded("ACCENTI", w.ACCENTI_CASEI_LIKE, alike=True),
        "logical": w.logical(("ACCENTI(nama) = accenti('Aeo')", *w.BASIC)),
    },
    "cql2/1.0/conf/basic-spatial-functions": {"s_intersects": w.s_intersects, "logical": w.logical(w.SPATIAL)},
    "cql2/1.0/conf/basic-spatial-functions-plus": {"s_intersects": w.s_intersects_plus},
    "cql2/1.0/conf/spatial-functions": {
        "s_intersects": w.spatial_function("S_INTERSECTS", True),
        "s_disjoint": w.spatial_function("S_DISJOINT", False),
        "s_equals": w.spatial_function("S_EQUALS", False),
        "s_touches": w.spatial_function("S_TOUCHES", False),
        "s_crosses": w.spatial_function("S_CROSSES", False),
        "s_within": w.spatial_function("S_WITHIN", True),
        "s_contains": w.spatial_function("S_CONTAINS", False),
        "s_overlaps": w.spatial_function("S_OVERLAPS", False),
        "logical": w.logical(w.SPATIAL),
    },
    "cql2/1.0/conf/temporal-functions": {
        "temporal-functions-1": w.temporal_functions,
        "temporal-functions-2": w.temporal_intervals,
        "logical": w.logical(w.TEMPORAL),
    },
    "cql2/1.0/conf/property-property": {
        "comparison-value-property": w.comparisons("{value} {sign} {name}"),
        "comparison-property-property": w.property_and_property,
        "comparison-value-value": w.value_and_value,
    },
    "ogcapi-records-1/1.0/conf/record-core": RECORD_CORE,
    "ogcapi-records-1/1.0/conf/record-collection": RECORD_COLLECTION,
    "ogcapi-records-1/1.0/conf/record-core-query-parameters": RECORD_PARAMETERS,
    "ogcapi-records-1/1.0/conf/record-api": RECORD_API,
    "ogcapi-records-1/1.0/conf/filtering": {"response": w.records_filtered},
    "ogcapi-records-1/1.0/conf/sorting": {"sortby-response": w.records_sorted, "get-sortables-success": w.sorted_items},
    "ogcapi-records-1/1.0/conf/searchable-catalog": {
        "mandatory-catalog-properties": w.katalog,
        "mandatory-record-properties": w.records,
        **RECORD_API,
        **RECORD_CORE,
        **RECORD_COLLECTION,
        **RECORD_PARAMETERS,
    },
    "ogcapi-records-1/1.0/conf/searchable-catalog-filtering": {
        "filtering": w.records_filtered,
        "mandatory-queryables": w.records_filtered,
    },
    "ogcapi-records-1/1.0/conf/searchable-catalog-sorting": {"sorting": w.records_sorted},
    "ogcapi-records-1/1.0/conf/json": {"record-response": w.records, "catalog-response": w.katalog},
    "ogcapi-records-1/1.0/conf/html": HTML,
    "ogcapi-records-1/1.0/conf/oas30": OAS30,
    "ogcapi-tiles-1/1.0/conf/core": {"tc-op": w.tiles, "tc-success": w.tiles},
    "ogcapi-tiles-1/1.0/conf/tileset": {"tileset-description": w.tileset_described},
    "ogcapi-tiles-1/1.0/conf/tilesets-list": {"tileset-links": w.tileset_list},
    "ogcapi-tiles-1/1.0/conf/geodata-tilesets": {"desc-links": w.tileset_list},
    "ogcapi-tiles-1/1.0/conf/mvt": {"content": w.tiles},
    "ogcapi-tiles-1/1.0/conf/oas30": {"completeness": w.openapi_is_complete},
}
DECLARED = [uri.removeprefix(SPEC) for uri in WORDS["conformance"]]
CASES = [(uri, name) for uri in DECLARED for name in ABSTRACT_TESTS.get(uri, ())]


@pytest.fixture(scope="session")
def walk(service: Flask) -> Walk:
    return Walk(service)


def test_every_declared_class_is_walked(walk: Walk) -> None:
    assert [uri.removeprefix(SPEC) for uri in walk.declared] == DECLARED
    assert [uri for uri in DECLARED if not ABSTRACT_TESTS.get(uri)] == []


@pytest.mark.parametrize(("uri", "name"), CASES, ids=[f"{uri}/{name}" for uri, name in CASES])
def test_a_declared_class_holds(walk: Walk, uri: str, name: str) -> None:
    ABSTRACT_TESTS[uri][name](walk)
