"""The checks: each one a claim about a layer, one line in CHECKS, one sentence in labels.CHECKS."""

from collections.abc import Callable, Iterator

from workflow.checks import interoperabilitas, kode_referensi, metadata, standar_data
from workflow.checks.claims import MOST, Check, Context, Fault, Params
from workflow.checks.metadata import missing_metadata
from workflow.checks.standar_data import mask_niks
from workflow.findings import Finding, Principle, Severity
from workflow.layer import Layer
from workflow.sop import Kind

__all__ = ["CHECKS", "MOST", "Check", "Context", "Fault", "missing_metadata", "principle_of", "run_checks"]

CHECKS: tuple[Check, ...] = (
    Check("NUMBER_AS_TEXT", Principle.STANDAR_DATA, Severity.WARNS, standar_data.numbers_are_numbers),
    Check("NUMBER_DEVIATES", Principle.STANDAR_DATA, Severity.WARNS, standar_data.numbers_are_written_alike),
    Check("NIK", Principle.STANDAR_DATA, Severity.BLOCKS, standar_data.no_nik_is_given),
    Check("PHONE", Principle.STANDAR_DATA, Severity.BLOCKS, standar_data.no_mobile_number_is_given),
    Check("EMAIL", Principle.STANDAR_DATA, Severity.WARNS, standar_data.no_email_is_given),
    Check("METADATA_MISSING", Principle.METADATA, Severity.BLOCKS, metadata.metadata_is_complete),
    Check("BERITA_ACARA_MISSING", Principle.METADATA, Severity.BLOCKS, metadata.berita_acara_is_attached),
    Check("EMPTY", Principle.INTEROPERABILITAS, Severity.BLOCKS, interoperabilitas.layer_has_rows),
    Check("GEOM_ABSENT", Principle.INTEROPERABILITAS, Severity.BLOCKS, interoperabilitas.maps_have_geometry),
    Check("CRS_MISSING", Principle.INTEROPERABILITAS, Severity.BLOCKS, interoperabilitas.crs_is_declared),
    Check("COORD_NONFINITE", Principle.INTEROPERABILITAS, Severity.BLOCKS, interoperabilitas.coordinates_are_finite),
    Check("COORD_SWAPPED", Principle.INTEROPERABILITAS, Severity.WARNS, interoperabilitas.axes_are_in_order),
    Check("ELSEWHERE", Principle.INTEROPERABILITAS, Severity.WARNS, interoperabilitas.most_lies_in_the_city),
    Check("OUTSIDE_CITY", Principle.INTEROPERABILITAS, Severity.WARNS, interoperabilitas.all_lies_in_the_city),
    Check("GEOM_INVALID", Principle.INTEROPERABILITAS, Severity.BLOCKS, interoperabilitas.geometries_are_valid),
    Check("GEOM_MIXED", Principle.INTEROPERABILITAS, Severity.BLOCKS, interoperabilitas.geometries_are_of_one_family),
    Check("GEOM_NULL", Principle.INTEROPERABILITAS, Severity.WARNS, interoperabilitas.rows_have_geometry),
    Check("KEY_UNKNOWN", Principle.INTEROPERABILITAS, Severity.BLOCKS, interoperabilitas.key_is_a_column),
    Check("KEY_NULL", Principle.INTEROPERABILITAS, Severity.BLOCKS, interoperabilitas.key_is_filled),
    Check("KEY_DUPLICATE", Principle.INTEROPERABILITAS, Severity.BLOCKS, interoperabilitas.key_is_unique),
    Check("KEY_ABSENT", Principle.INTEROPERABILITAS, Severity.INFORMS, interoperabilitas.key_is_declared),
    Check(
        "AREA_CODE_UNKNOWN",
        Principle.KODE_REFERENSI,
        Severity.BLOCKS,
        kode_referensi.area_codes_are_known,
        on_maps=Severity.WARNS,
    ),
    Check(
        "AREA_CODE_NAME",
        Principle.KODE_REFERENSI,
        Severity.BLOCKS,
        kode_referensi.area_codes_fit_their_names,
        on_maps=Severity.WARNS,
    ),
    Check(
        "AREA_NAME_UNKNOWN",
        Principle.KODE_REFERENSI,
        Severity.BLOCKS,
        kode_referensi.area_names_are_known,
        on_maps=Severity.WARNS,
    ),
    Check(
        "AREA_CODE_MIXED",
        Principle.KODE_REFERENSI,
        Severity.BLOCKS,
        kode_referensi.codes_are_of_one_system,
        on_maps=Severity.WARNS,
    ),
    Check("AREA_PARENT", Principle.KODE_REFERENSI, Severity.WARNS, kode_referensi.kelurahan_lie_in_their_kecamatan),
    Check("AREA_INCOMPLETE", Principle.KODE_REFERENSI, Severity.WARNS, kode_referensi.all_areas_are_present),
)


def run_checks(
    layer: Layer, context: Context, progress: Callable[[str, int, int], None] | None = None
) -> list[Finding]:
    """Every finding, in the order of CHECKS; `progress` hears (code, checks done, checks in all)."""
    found: list[Finding] = []
    for done, check in enumerate(CHECKS):
        if progress:
            progress(check.code, done, len(CHECKS))
        found.extend(_findings(check, check.claim(layer, context), context.kind))
    return found


def principle_of(code: str) -> Principle:
    """Of a check, or of a remark of reading (those are all about interoperability)."""
    return next((check.principle for check in CHECKS if check.code == code), Principle.INTEROPERABILITAS)


def _findings(check: Check, faults: Iterator[Fault], kind: Kind) -> Iterator[Finding]:
    severity = check.severity_for(kind)
    more = 0
    for n, fault in enumerate(faults):
        if n >= MOST:
            more += 1
            continue
        yield Finding(
            check.code, severity, _discreet(fault.params), fault.row, fault.column, fault.place, fault.suggestion
        )
    if more:
        yield Finding(check.code, severity, {"more": more})


def _discreet(params: Params) -> Params:
    """A key or value that is somebody's NIK is not repeated in a message."""
    return {name: mask_niks(value) if isinstance(value, str) else value for name, value in params.items()}
