"""The checks: each one a claim about a layer, one line in CHECKS, one sentence in labels.CHECKS."""

from collections.abc import Callable
from itertools import islice

from workflow.checks import (
    events,
    figures,
    interoperabilitas,
    kode_referensi,
    metadata,
    networks,
    other_data,
    personal,
    places,
    releases,
    shapes,
    standar_data,
)
from workflow.checks.claims import MOST, Check, Context, Fault
from workflow.checks.columns import plain
from workflow.checks.metadata import missing_metadata
from workflow.checks.standar_data import mask_niks
from workflow.findings import Finding, Principle, Severity
from workflow.layer import Layer
from workflow.sop import Kind

__all__ = ["CHECKS", "MOST", "RULES", "Check", "Context", "Fault", "missing_metadata", "principle_of", "run_checks"]

BLOCKS, WARNS, INFORMS = Severity

RULES = "4"
"""Version of the set of checks, kept with every result."""

CHECKS: tuple[Check, ...] = (
    Check("NUMBER_AS_TEXT", Principle.STANDAR_DATA, WARNS, standar_data.numbers_are_numbers),
    Check("NUMBER_DEVIATES", Principle.STANDAR_DATA, WARNS, standar_data.numbers_are_written_alike),
    Check("PERCENT_RANGE", Principle.STANDAR_DATA, WARNS, figures.percentages_lie_within_a_hundred),
    Check("COUNT_STRANGE", Principle.STANDAR_DATA, WARNS, figures.counts_are_whole_and_not_negative),
    Check("SUM_OF_SEXES", Principle.STANDAR_DATA, WARNS, figures.women_and_men_make_all),
    Check("SUM_OF_AREAS", Principle.STANDAR_DATA, WARNS, figures.areas_make_the_area_above),
    Check("UNIT_CHANGED", Principle.STANDAR_DATA, WARNS, figures.units_stay_the_same),
    Check("SERIES_JUMP", Principle.STANDAR_DATA, WARNS, figures.series_do_not_jump),
    Check("PERIOD_COPIED", Principle.STANDAR_DATA, WARNS, figures.periods_are_no_copies),
    Check("PERIOD_FUTURE", Principle.STANDAR_DATA, WARNS, figures.no_period_is_yet_to_come),
    Check("SUM_OF_PARTS", Principle.STANDAR_DATA, WARNS, figures.parts_make_the_whole),
    Check("SUM_OF_CATEGORIES", Principle.STANDAR_DATA, WARNS, figures.categories_make_the_total),
    Check("PERCENT_SUM", Principle.STANDAR_DATA, WARNS, figures.shares_make_a_hundred),
    Check("RATIO_DIFFERS", Principle.STANDAR_DATA, WARNS, figures.ratios_are_what_they_divide),
    Check("OUTLIER", Principle.STANDAR_DATA, WARNS, figures.values_are_of_one_size),
    Check("DIGITS_ROUND", Principle.STANDAR_DATA, INFORMS, figures.last_digits_are_mixed),
    Check("CONSTANT", Principle.STANDAR_DATA, INFORMS, figures.figures_are_not_all_one),
    Check("AREA_EXCEEDED", Principle.STANDAR_DATA, WARNS, figures.areas_fit_into_their_area),
    Check("RULE_BROKEN", Principle.STANDAR_DATA, WARNS, standar_data.values_follow_their_rules),
    Check("CELLS_EMPTY", Principle.STANDAR_DATA, INFORMS, standar_data.cells_are_filled),
    Check("DATE_AS_TEXT", Principle.STANDAR_DATA, WARNS, standar_data.dates_are_iso),
    Check("DATE_FUTURE", Principle.STANDAR_DATA, WARNS, standar_data.no_date_is_yet_to_come),
    Check("EVENT_DATE", Principle.STANDAR_DATA, WARNS, events.events_say_when),
    Check("EVENT_SOURCE", Principle.STANDAR_DATA, INFORMS, events.events_say_how_they_are_known),
    Check("RELEASE_ROWS", Principle.STANDAR_DATA, INFORMS, releases.rows_are_about_as_many),
    Check("RELEASE_UNIT", Principle.STANDAR_DATA, WARNS, releases.units_are_those_of_the_release),
    Check("RELEASE_COPIED", Principle.STANDAR_DATA, WARNS, releases.figures_are_no_copies_of_the_release),
    Check("CONTENT_TWICE", Principle.STANDAR_DATA, WARNS, releases.content_is_given_once),
    Check("CONCEPT_TWICE", Principle.STANDAR_DATA, WARNS, other_data.concept_is_given_once),
    Check("PEOPLE_EXCEEDED", Principle.STANDAR_DATA, WARNS, other_data.people_are_no_more_than_live_there),
    Check("NIK", Principle.STANDAR_DATA, BLOCKS, standar_data.no_nik_is_given),
    Check("PHONE", Principle.STANDAR_DATA, BLOCKS, standar_data.no_mobile_number_is_given),
    Check("EMAIL", Principle.STANDAR_DATA, WARNS, standar_data.no_email_is_given),
    Check("KK", Principle.STANDAR_DATA, BLOCKS, personal.KK),
    Check("NIP", Principle.STANDAR_DATA, BLOCKS, personal.NIP),
    Check("NPWP", Principle.STANDAR_DATA, BLOCKS, personal.NPWP),
    Check("BPJS", Principle.STANDAR_DATA, BLOCKS, personal.BPJS),
    Check("ACCOUNT", Principle.STANDAR_DATA, BLOCKS, personal.ACCOUNT),
    Check("PLATE", Principle.STANDAR_DATA, BLOCKS, personal.PLATE),
    Check("PEOPLE_LISTED", Principle.STANDAR_DATA, BLOCKS, personal.rows_are_of_no_single_person),
    Check("CELL_SMALL", Principle.STANDAR_DATA, WARNS, personal.no_cell_counts_a_few_people),
    Check("PEOPLE_RARE", Principle.STANDAR_DATA, WARNS, personal.nobody_is_alone_in_what_is_known),
    Check("POINT_OF_HOME", Principle.STANDAR_DATA, WARNS, personal.points_are_no_homes),
    Check("METADATA_MISSING", Principle.METADATA, BLOCKS, metadata.metadata_is_complete),
    Check("ABSTRACT_SHORT", Principle.METADATA, WARNS, metadata.abstract_says_enough),
    Check("CONTACT_FORM", Principle.METADATA, WARNS, metadata.contact_can_be_reached),
    Check("CONCEPT_NAME", Principle.METADATA, INFORMS, metadata.concept_is_no_measure),
    Check("PERIOD_DECLARED", Principle.METADATA, WARNS, metadata.declared_period_is_in_the_data),
    Check("BERITA_ACARA_MISSING", Principle.METADATA, BLOCKS, metadata.berita_acara_is_attached),
    Check("EMPTY", Principle.INTEROPERABILITAS, BLOCKS, interoperabilitas.layer_has_rows),
    Check("GEOM_ABSENT", Principle.INTEROPERABILITAS, BLOCKS, interoperabilitas.maps_have_geometry),
    Check("CRS_MISSING", Principle.INTEROPERABILITAS, BLOCKS, interoperabilitas.crs_is_declared),
    Check("COORD_NONFINITE", Principle.INTEROPERABILITAS, BLOCKS, interoperabilitas.coordinates_are_finite),
    Check("COORD_SWAPPED", Principle.INTEROPERABILITAS, WARNS, interoperabilitas.axes_are_in_order),
    Check("ELSEWHERE", Principle.INTEROPERABILITAS, WARNS, interoperabilitas.most_lies_in_the_city),
    Check("OUTSIDE_CITY", Principle.INTEROPERABILITAS, WARNS, interoperabilitas.all_lies_in_the_city),
    Check("GEOM_INVALID", Principle.INTEROPERABILITAS, BLOCKS, interoperabilitas.geometries_are_valid),
    Check("GEOM_MIXED", Principle.INTEROPERABILITAS, BLOCKS, interoperabilitas.geometries_are_of_one_family),
    Check("GEOM_NULL", Principle.INTEROPERABILITAS, WARNS, interoperabilitas.rows_have_geometry),
    Check("GEOM_DUPLICATE", Principle.INTEROPERABILITAS, WARNS, shapes.no_shape_is_drawn_twice),
    Check("GEOM_SLIVER", Principle.INTEROPERABILITAS, WARNS, shapes.areas_are_no_slivers),
    Check("GEOM_OVERLAP", Principle.INTEROPERABILITAS, WARNS, shapes.areas_do_not_overlap),
    Check("GEOM_GAP", Principle.INTEROPERABILITAS, WARNS, shapes.areas_leave_no_gap),
    Check("LINE_DANGLE", Principle.INTEROPERABILITAS, WARNS, networks.lines_reach_one_another),
    Check("LINE_CROSSED", Principle.INTEROPERABILITAS, INFORMS, networks.lines_cross_at_nodes),
    Check("FLOW_AGAINST", Principle.INTEROPERABILITAS, WARNS, networks.water_flows_on),
    Check("LINE_ZERO", Principle.INTEROPERABILITAS, WARNS, networks.lines_are_long_enough),
    Check("GEOM_SPIKE", Principle.INTEROPERABILITAS, WARNS, shapes.outlines_have_no_spikes),
    Check("VERTEX_REPEATED", Principle.INTEROPERABILITAS, INFORMS, shapes.vertices_are_apart),
    Check("SCALE_COARSE", Principle.INTEROPERABILITAS, WARNS, shapes.vertices_are_dense_enough),
    Check("VERTEX_DENSE", Principle.INTEROPERABILITAS, INFORMS, shapes.vertices_are_no_denser_than_they_help),
    Check("LAYER_HEAVY", Principle.INTEROPERABILITAS, INFORMS, shapes.layer_is_light_enough),
    Check("LENGTH_MEASURED", Principle.INTEROPERABILITAS, WARNS, shapes.written_lengths_are_those_measured),
    Check("KUGI_EMPTY", Principle.INTEROPERABILITAS, INFORMS, interoperabilitas.names_of_the_catalogue_are_filled),
    Check("KUGI_FORM", Principle.INTEROPERABILITAS, WARNS, interoperabilitas.codes_have_the_form_of_the_catalogue),
    Check("KUGI_FAMILY", Principle.INTEROPERABILITAS, WARNS, interoperabilitas.codes_are_of_one_family),
    Check("KUGI_NAME", Principle.INTEROPERABILITAS, WARNS, interoperabilitas.name_says_what_is_drawn),
    Check("AREA_MEASURED", Principle.INTEROPERABILITAS, WARNS, shapes.written_areas_are_those_measured),
    Check("KEY_UNKNOWN", Principle.INTEROPERABILITAS, BLOCKS, interoperabilitas.key_is_a_column),
    Check("KEY_NULL", Principle.INTEROPERABILITAS, BLOCKS, interoperabilitas.key_is_filled),
    Check("KEY_DUPLICATE", Principle.INTEROPERABILITAS, BLOCKS, interoperabilitas.key_is_unique),
    Check("KEY_ABSENT", Principle.INTEROPERABILITAS, INFORMS, interoperabilitas.key_is_declared),
    Check("AREA_CODE_UNKNOWN", Principle.KODE_REFERENSI, BLOCKS, kode_referensi.area_codes_are_known, on_maps=WARNS),
    Check("AREA_CODE_NAME", Principle.KODE_REFERENSI, BLOCKS, kode_referensi.area_codes_fit_their_names, on_maps=WARNS),
    Check("AREA_NAME_UNKNOWN", Principle.KODE_REFERENSI, BLOCKS, kode_referensi.area_names_are_known, on_maps=WARNS),
    Check("CODE_NAME_VARIES", Principle.KODE_REFERENSI, WARNS, kode_referensi.codes_and_names_go_together),
    Check("AREA_CODE_MIXED", Principle.KODE_REFERENSI, BLOCKS, kode_referensi.codes_are_of_one_system, on_maps=WARNS),
    Check("AREA_NAME_OLD", Principle.KODE_REFERENSI, WARNS, kode_referensi.area_names_are_todays),
    Check("AREA_PARENT", Principle.KODE_REFERENSI, WARNS, kode_referensi.kelurahan_lie_in_their_kecamatan),
    Check("AREA_INCOMPLETE", Principle.KODE_REFERENSI, WARNS, kode_referensi.all_areas_are_present),
    Check("BOUNDARY_BESIDE", Principle.KODE_REFERENSI, WARNS, places.borders_are_those_published),
    Check("AREA_PLACE", Principle.KODE_REFERENSI, WARNS, places.codes_are_those_of_their_place),
)


def run_checks(
    layer: Layer, context: Context, progress: Callable[[str, int, int], None] | None = None
) -> list[Finding]:
    """Every finding, in the order of CHECKS; `progress` hears (code, checks done, checks in all)."""
    found: list[Finding] = []
    for done, check in enumerate(CHECKS):
        if progress:
            progress(check.code, done, len(CHECKS))
        usual = check.on_maps if check.on_maps and context.kind is Kind.GEOSPATIAL else check.severity
        severity = context.severities.get(check.code, usual)
        faults = check.claim(layer, context)
        found += (_finding(check.code, severity, fault, layer) for fault in islice(faults, MOST))
        if more := sum(1 for _ in faults):
            found.append(Finding(check.code, severity, {"more": more}))
    return found


def principle_of(code: str) -> Principle:
    """Of a check, or of a remark of reading (those are all about interoperability)."""
    return next((check.principle for check in CHECKS if check.code == code), Principle.INTEROPERABILITAS)


def _finding(code: str, severity: Severity, fault: Fault, layer: Layer) -> Finding:
    """In the words of the file. A value that is somebody's NIK is not repeated, and nothing has a place before the
    file says in which CRS it is."""
    params = ({"column": plain(fault.field)} if fault.field else {}) | dict(fault.params)
    return Finding(
        code,
        severity,
        {name: mask_niks(value) if isinstance(value, str) else value for name, value in params.items()},
        row=None if fault.n is None else int(layer.rows[fault.n]),
        column=fault.field.name if fault.field else None,
        place=fault.place if layer.source_crs else None,
        suggestion=fault.suggestion,
    )
