"""Registry of the checks. Each takes a `mixengine.jobs.lint.context.LintContext` and yields its findings."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from mixengine.jobs.lint import (
    fault_checks,
    level_checks,
    masked,
    pair_checks,
    session_checks,
    stereo_checks,
    voice_checks,
)
from mixengine.jobs.lint.context import LintContext
from mixengine.jobs.lint.findings import Finding

CHECKS: dict[str, Callable[[LintContext], Iterator[Finding]]] = {
    "missing_media": session_checks.missing_media,
    "incomplete_media": session_checks.incomplete_media,
    "sample_rates": session_checks.sample_rates,
    "overlaps": session_checks.overlaps,
    "edge_clicks": session_checks.edge_clicks,
    "clipped": level_checks.clipped,
    "inter_sample_peaks": level_checks.inter_sample_peaks,
    "silent": level_checks.silent,
    "non_finite": level_checks.non_finite,
    "outliers": fault_checks.outliers,
    "clicks": fault_checks.clicks,
    "drop_outs": fault_checks.drop_outs,
    "hum": fault_checks.hum,
    "sibilance": voice_checks.sharp_sibilants,
    "plosives": voice_checks.pops,
    "dc_offset": level_checks.dc_offset,
    "noisy": level_checks.noisy,
    "long_silence": level_checks.long_silence,
    "mono": stereo_checks.mono,
    "mono_mix": stereo_checks.mono_mix,
    "one_sided": stereo_checks.one_sided,
    "dual_mono": stereo_checks.dual_mono,
    "duplicates": pair_checks.duplicates,
    "polarity": pair_checks.polarity,
    "offset": pair_checks.offset,
    "bleed": pair_checks.bleed,
    "always_masked": masked.always_masked,
}
